"""What is said of a list of rules: by tables, and never wrongly, against brute force over small facts."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.conditions import MATCHES, OPERATORS, Condition, Group, all_of, any_of, is_true
from routing.lint import can_be_true, implies, is_always_true, remarks_on
from routing.rules import Rule

TEXT, NAME, PHONE = "first_message", "contact.last_name", "customer_number"


def text(operator: str, value: str = "") -> Condition:
    return Condition(TEXT, operator, value)


def name(operator: str, value: str = "") -> Condition:
    return Condition(NAME, operator, value)


def phone(operator: str, value: str = "") -> Condition:
    return Condition(PHONE, operator, value)


# --- never wrongly --------------------------------------------------------------------------------

SHORT = ["".join(letters) for n in range(4) for letters in product("ab", repeat=n)]
NUMBERS = ["", "1", "12", "+1", "2", "21", "112", "12 1"]
CONDITIONS = st.one_of(
    st.builds(
        Condition,
        st.sampled_from([TEXT, NAME]),
        st.sampled_from([o for o, _ in OPERATORS]),
        st.sampled_from(["", "a", "b", "A", "ab", "ba", "aa", "a, b", "ab, b,a", " , "]),
    ),
    st.builds(
        Condition,
        st.just(PHONE),
        st.sampled_from([o for o, _ in OPERATORS]),
        st.sampled_from(["1", "+1", "12", "1, 2", "2 1", "x"]),
    ),
)
MATCH = st.sampled_from([match for match, _ in MATCHES])
FLAT = st.builds(Group, MATCH, st.lists(CONDITIONS, max_size=3).map(tuple))
GROUPS = st.builds(Group, MATCH, st.lists(CONDITIONS | FLAT, max_size=3).map(tuple))
FACTS = [
    {TEXT: one, NAME: other, PHONE: number} for one in SHORT for other in SHORT[:7] for number in NUMBERS
]


@settings(max_examples=150, deadline=None)
@given(GROUPS, GROUPS)
def test_nothing_is_proved_that_is_wrong(one: Group, other: Group) -> None:
    truths = [(is_true(one, facts), is_true(other, facts)) for facts in FACTS]
    if not can_be_true(one):
        assert not any(first for first, _ in truths)
    if is_always_true(one):
        assert all(first for first, _ in truths)
    if implies(one, other):
        assert all(second for first, second in truths if first)


@settings(max_examples=80, deadline=None)
@given(st.lists(GROUPS, max_size=4))
def test_no_remark_is_wrong(groups: list[Group]) -> None:
    rules = [Rule(n, str(n), 1, group) for n, group in enumerate(groups)]
    for remark in remarks_on(rules):
        mine = groups[remark.rule_id]
        above = groups[: remark.rule_id]
        for facts in FACTS[::3]:
            holds = is_true(mine, facts)
            if remark.code in {"always", "catch_all"}:
                assert holds
            elif remark.code == "never":
                assert not holds
            else:
                assert not holds or any(is_true(one, facts) for one in above)


# --- what is found --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "group",
    [
        all_of(name("equals", "Meier"), name("equals", "Keller")),
        all_of(name("equals", "Meier"), name("not_equals", "MEIER")),
        all_of(name("has_data"), name("no_data")),
        all_of(name("no_data"), name("equals", "Meier")),
        all_of(name("no_data"), name("contains", "e")),
        all_of(name("equals", "Meier"), name("begins_with", "K")),
        all_of(name("one_of", "Meier, Keller"), name("ends_with", "mann")),
        all_of(name("begins_with", "Me"), name("begins_with", "Mo")),
        all_of(name("ends_with", "er"), name("ends_with", "en")),
        all_of(text("contains", "invoice"), text("not_contains", "voice")),
        all_of(text("begins_with", "my bill"), text("not_contains", "bill")),
        all_of(text("not_contains", "")),
        all_of(phone("equals", "+1 425 555-0100"), phone("begins_with", "+44")),
        all_of(any_of(name("equals", "a"), name("equals", "b")), name("equals", "c")),
        any_of(all_of(name("has_data"), name("no_data")), all_of(name("equals", "a"), name("equals", "b"))),
        all_of(name("one_of", " , ")),
    ],
)
def test_a_rule_that_can_never_be_true(group: Group) -> None:
    assert not can_be_true(group)


@pytest.mark.parametrize(
    "group",
    [
        all_of(),
        any_of(),
        any_of(name("has_data"), name("no_data")),
        any_of(name("equals", "Meier"), name("not_equals", "meier")),
        any_of(text("contains", "a"), text("not_contains", "a")),
        any_of(text("not_contains", "invoice"), text("contains", "voice")),
        all_of(text("begins_with", "")),
        any_of(name("not_equals", "a"), name("not_equals", "b")),
        any_of(name("one_of", "a, b"), name("not_one_of", "b")),
        any_of(phone("equals", "+1425"), phone("not_equals", "1 425")),
        any_of(all_of(name("has_data"), text("has_data")), name("no_data"), text("no_data")),
    ],
)
def test_a_rule_that_is_always_true(group: Group) -> None:
    assert is_always_true(group)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (all_of(name("equals", "a"), text("contains", "x")), all_of(name("equals", "a"))),
        (all_of(name("equals", "a")), any_of(name("equals", "A"), text("contains", "x"))),
        (all_of(name("equals", "Meier")), all_of(name("begins_with", "m"))),
        (all_of(name("one_of", "a, b")), all_of(name("one_of", "b, a, c"))),
        (all_of(text("contains", "my invoice")), all_of(text("contains", "invoice"))),
        (all_of(text("begins_with", "my invoice")), all_of(text("contains", "invoice"))),
        (all_of(text("not_contains", "in")), all_of(text("not_contains", "invoice"))),
        (all_of(name("not_one_of", "a, b")), all_of(name("not_equals", "a"))),
        (all_of(name("begins_with", "a")), all_of(name("not_equals", "b"))),
        (all_of(phone("begins_with", "+1 425")), all_of(phone("begins_with", "+1"))),
        (all_of(name("begins_with", "a")), all_of(name("has_data"))),
    ],
)
def test_one_is_contained_in_the_other(one: Group, other: Group) -> None:
    assert implies(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (all_of(name("equals", "a")), all_of(name("equals", "a"), text("contains", "x"))),
        (all_of(text("contains", "invoice")), all_of(text("begins_with", "invoice"))),
        (all_of(text("contains", "in")), all_of(text("contains", "invoice"))),
        (all_of(), all_of(name("has_data"))),
        (any_of(name("equals", "a"), name("equals", "b")), all_of(name("equals", "a"))),
    ],
)
def test_one_is_not_contained_in_the_other(one: Group, other: Group) -> None:
    assert not implies(one, other)


def codes(*groups: Group) -> list[tuple[int, str]]:
    rules = [Rule(n, f"rule {n}", 1, group) for n, group in enumerate(groups, start=1)]
    return [(remark.rule_id, remark.code) for remark in remarks_on(rules)]


BILL, MEIER = all_of(text("contains", "bill")), all_of(name("equals", "Meier"))


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], []),
        ([BILL, MEIER], []),
        ([BILL, all_of()], [(2, "catch_all")]),
        ([all_of(), BILL], [(1, "always"), (2, "unreachable")]),
        ([all_of(), all_of()], [(1, "always"), (2, "unreachable")]),
        ([BILL, BILL], [(2, "unreachable")]),
        ([BILL, MEIER, all_of(*BILL.items, *MEIER.items)], [(3, "unreachable")]),
        ([all_of(name("has_data"), name("no_data")), BILL], [(1, "never")]),
        ([all_of(name("has_data")), all_of(name("no_data")), BILL], [(3, "unreachable")]),
    ],
)
def test_remarks_on_a_list(groups: list[Group], expected: list[tuple[int, str]]) -> None:
    assert codes(*groups) == expected


def test_the_rule_that_is_in_the_way_is_named() -> None:
    (remark,) = remarks_on([Rule(1, "Bills", 1, BILL), Rule(2, "Late bills", 1, BILL)])
    assert "“Bills” above it" in remark.sentence


def test_what_takes_too_long_is_left_unsaid() -> None:
    wide = [any_of(*(text("contains", f"{n} {m}") for m in range(50))) for n in range(40)]
    rules = [Rule(n, str(n), 1, group) for n, group in enumerate(wide)]
    assert remarks_on(rules) == []
    assert remarks_on([Rule(1, "x", 1, all_of()), *rules], most_steps=10)[0].code == "always"
