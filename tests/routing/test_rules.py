"""Which queue? Conditions, rules and decisions, by tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions import (
    FIELDS,
    MATCHES,
    OPERATORS,
    Condition,
    Group,
    all_of,
    any_of,
    from_json,
    is_true,
    satisfied,
)
from routing.models import Queue, RoutingRule, WorkStream
from routing.rules import Rule, decide
from routing.services import (
    Protected,
    decide_among,
    default_queue,
    delete_queue,
    ensure_default_queue,
    queue_ids_of,
    rules_of,
)

FACTS = {
    "contact.mobile_phone": "+14255550100",
    "contact.first_name": "Mia",
    "contact.last_name": "MÜLLER",
    "contact.email": "",
    "account.name": "Bike & Sons Ltd",
    "account.phone": "+14255550111",
    "customer_number": "+14255550100",
    "first_message": "Where is my Bill?\n",
}


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("contact.first_name", "equals", "mia", True),
        ("contact.first_name", "equals", " MIA ", True),
        ("contact.first_name", "equals", "Mi", False),
        ("contact.last_name", "equals", "müller", True),
        ("contact.first_name", "not_equals", "Max", True),
        ("contact.first_name", "not_equals", "mia", False),
        ("first_message", "contains", "bill", True),
        ("first_message", "contains", "repair", False),
        ("first_message", "not_contains", "repair", True),
        ("first_message", "not_contains", "BILL", False),
        ("first_message", "begins_with", "where", True),
        ("first_message", "begins_with", "is", False),
        ("first_message", "ends_with", "bill?", True),
        ("account.name", "contains", "& sons", True),
        ("contact.email", "has_data", "", False),
        ("contact.email", "no_data", "", True),
        ("contact.first_name", "has_data", "", True),
        ("contact.first_name", "no_data", "", False),
        ("contact.full_name", "no_data", "", True),
        ("contact.full_name", "equals", "", True),
        ("customer_number", "equals", "+1 (425) 555-0100", True),
        ("customer_number", "equals", "14255550100", True),
        ("customer_number", "equals", "+14255550101", False),
        ("customer_number", "begins_with", "+1425", True),
        ("customer_number", "begins_with", "1 425", True),
        ("customer_number", "begins_with", "+44", False),
        ("customer_number", "ends_with", "0100", True),
        ("account.phone", "not_equals", "+1 425 555 0111", False),
        ("contact.mobile_phone", "contains", "555-01", True),
        ("contact.first_name", "one_of", "Max, MIA", True),
        ("contact.first_name", "one_of", "Max, Moritz", False),
        ("contact.first_name", "one_of", " ,Mia,, ", True),
        ("contact.first_name", "one_of", "", False),
        ("contact.first_name", "not_one_of", "Max, Moritz", True),
        ("contact.first_name", "not_one_of", "Max, mia", False),
        ("customer_number", "one_of", "+14255550199, +1 425 555-0100", True),
        ("customer_number", "not_one_of", "+14255550199", True),
    ],
)
def test_a_condition(field, operator, value, expected):
    assert satisfied(Condition(field, operator, value), FACTS) is expected


def test_a_name_as_customer_number_is_compared_as_it_is():
    assert satisfied(Condition("customer_number", "equals", "mybank"), {"customer_number": "MYBANK"})


def test_an_unknown_operator_raises():
    with pytest.raises((ValueError, KeyError), match="sounds_like"):
        satisfied(Condition("first_message", "sounds_like", "x"), FACTS)


@pytest.mark.parametrize("operator", [name for name, _ in OPERATORS])
@pytest.mark.parametrize("field", [name for name, _ in FIELDS])
@pytest.mark.parametrize("facts", [{}, FACTS], ids=["no facts", "facts"])
def test_each_field_and_operator_is_answered(field, operator, facts):
    assert satisfied(Condition(field, operator, "x"), facts) in {True, False}


@given(st.sampled_from([name for name, _ in FIELDS]), st.text(), st.text())
def test_opposites_never_agree(field, actual, value):
    facts = {field: actual}
    pairs = (
        ("equals", "not_equals"),
        ("contains", "not_contains"),
        ("one_of", "not_one_of"),
        ("has_data", "no_data"),
    )
    for one, other in pairs:
        assert satisfied(Condition(field, one, value), facts) != satisfied(
            Condition(field, other, value), facts
        )


TRUE, FALSE = Condition("first_message", "contains", "bill"), Condition("first_message", "contains", "repair")


def rule(number: int, *conditions: Condition) -> Rule:
    return Rule(number, f"rule {number}", number * 10, all_of(*conditions))


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (all_of(), True),
        (any_of(), True),
        (all_of(TRUE), True),
        (all_of(FALSE), False),
        (all_of(TRUE, FALSE), False),
        (any_of(TRUE, FALSE), True),
        (any_of(FALSE, FALSE), False),
        (all_of(TRUE, TRUE), True),
        (all_of(TRUE, any_of(FALSE, TRUE)), True),
        (all_of(TRUE, any_of(FALSE, FALSE)), False),
        (any_of(FALSE, all_of(TRUE, TRUE)), True),
        (any_of(FALSE, all_of(TRUE, any_of(FALSE, all_of(TRUE)))), True),
    ],
)
def test_conditions_combine(group, expected):
    assert is_true(group, FACTS) is expected


VALUES = st.sampled_from(["", "a", "ab", "b", "1", "+1425", "a, b"])
CONDITIONS = st.builds(
    Condition,
    st.sampled_from(["first_message", "contact.last_name", "customer_number"]),
    st.sampled_from([name for name, _ in OPERATORS]),
    VALUES,
)
MATCH = st.sampled_from([name for name, _ in MATCHES])
GROUPS = st.builds(
    Group,
    MATCH,
    st.recursive(
        st.lists(CONDITIONS, max_size=3).map(tuple),
        lambda items: st.lists(CONDITIONS | st.builds(Group, MATCH, items), max_size=3).map(tuple),
        max_leaves=8,
    ),
)
SMALL_FACTS = st.dictionaries(
    st.sampled_from(["first_message", "contact.last_name", "customer_number"]),
    st.sampled_from(["", "a", "AB", "b", "1425", "+1 425"]),
)


def naive(item, facts):
    """As one would explain it: write it down with and and or, and read it."""
    if isinstance(item, Condition):
        return str(satisfied(item, facts))
    joint = " and " if item.match == "all" else " or "
    return f"({joint.join(naive(one, facts) for one in item.items) or 'True'})"


@given(GROUPS, SMALL_FACTS)
def test_a_tree_is_true_when_its_reading_is(group, facts):
    assert is_true(group, facts) is eval(naive(group, facts))


@given(GROUPS)
def test_what_is_stored_is_what_was_meant(group):
    assert from_json(group.as_json()) == group


@pytest.mark.parametrize(
    ("rules", "queue", "verdicts"),
    [
        ([], None, []),
        ([rule(1, FALSE)], None, ["false"]),
        ([rule(1, FALSE), rule(2, FALSE)], None, ["false", "false"]),
        ([rule(1, FALSE), rule(2, TRUE), rule(3, TRUE)], 20, ["false", "true", "skipped"]),
        ([rule(1, TRUE), rule(2, FALSE)], 10, ["true", "skipped"]),
        ([rule(1)], 10, ["true"]),
    ],
)
def test_the_first_true_rule_wins(rules, queue, verdicts):
    decision = decide(rules, FACTS)
    assert decision.queue_id == queue
    assert [verdict.result for verdict in decision.verdicts] == verdicts
    assert decision.rule_id == (queue // 10 if queue else None)


@given(st.lists(st.booleans(), max_size=12))
def test_at_most_one_verdict_is_true_and_all_after_it_are_skipped(truths):
    decision = decide([rule(n + 1, TRUE if t else FALSE) for n, t in enumerate(truths)], FACTS)
    first = truths.index(True) if True in truths else len(truths)
    expected = ["false"] * first + ["true"] * (first < len(truths)) + ["skipped"] * (len(truths) - first - 1)
    assert [verdict.result for verdict in decision.verdicts] == expected


# --- from the database ----------------------------------------------------------------------------


def test_rules_are_read_in_their_order(world, django_assert_num_queries):
    for position, name in ((2, "second"), (1, "first"), (2, "third")):
        RoutingRule.objects.create(
            work_stream=world.stream,
            position=position,
            name=name,
            queue=world.billing,
            condition=all_of(Condition("first_message", "contains", name)).as_json(),
        )
    with django_assert_num_queries(1):
        read = rules_of(world.stream)
    assert [one.name for one in read] == ["first", "second", "third"]
    assert read[0].condition == all_of(Condition("first_message", "contains", "first"))


def test_without_a_true_rule_it_is_the_default_queue(world):
    queue, decision = decide_among(rules_of(world.stream), FACTS)
    assert queue == default_queue()
    assert decision.queue_id is None


def test_there_is_always_one_default_queue(world):
    assert ensure_default_queue() == ensure_default_queue() == default_queue()
    assert Queue.objects.filter(is_default=True).count() == 1


def test_the_default_queue_cannot_be_deleted(world):
    with pytest.raises(Protected, match="cannot be deleted"):
        delete_queue(default_queue())
    assert Queue.objects.filter(is_default=True).exists()


def test_a_queue_that_rules_lead_to_cannot_be_deleted(world):
    RoutingRule.objects.create(
        work_stream=WorkStream.objects.get(channel="sms"), name="x", queue=world.billing
    )
    with pytest.raises(Protected, match="Billing"):
        delete_queue(world.billing)


def test_a_queue_without_history_can_be_deleted(world):
    delete_queue(world.billing)
    assert not Queue.objects.filter(name="Billing").exists()


def test_everybody_sees_the_default_queue_and_their_own(world):
    assert set(queue_ids_of(world.agents["alice"])) == {world.default_queue.pk}
    assert set(queue_ids_of(world.agents["bob"])) == {world.default_queue.pk, world.billing.pk}
