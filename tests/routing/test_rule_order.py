"""Rules keep the positions 1, 2, 3 … whatever is done to them, by whom and in which order."""

import pytest

from routing.models import RoutingRule, WorkStream
from routing.services import Stale, delete_rule, move_rule, reorder_rules, save_rule


@pytest.fixture
def rules(world):
    return [
        save_rule(RoutingRule(work_stream=world.stream, name=name, queue=world.billing)) for name in "abcd"
    ]


def order(stream: WorkStream) -> str:
    found = list(stream.rules.order_by("position").values_list("name", "position"))
    assert [position for _, position in found] == list(range(1, len(found) + 1))
    return "".join(name for name, _ in found)


@pytest.mark.parametrize(
    ("name", "position", "expected"),
    [("a", 1, "abcd"), ("a", 3, "bcad"), ("a", 99, "bcda"), ("d", 1, "dabc"), ("c", None, "abcd")],
)
def test_a_saved_rule_takes_its_place(world, rules, name, position, expected):
    save_rule(RoutingRule.objects.get(name=name), position=position)
    assert order(world.stream) == expected


def test_a_new_rule_comes_last_or_where_it_is_put(world, rules):
    save_rule(RoutingRule(work_stream=world.stream, name="e", queue=world.billing))
    save_rule(RoutingRule(work_stream=world.stream, name="f", queue=world.billing), position=2)
    assert order(world.stream) == "afbcde"


def test_a_rule_that_goes_to_another_stream_leaves_no_gap(world, rules):
    other = WorkStream.objects.create(name="Other")
    save_rule(RoutingRule(work_stream=other, name="x", queue=world.billing))
    rules[1].work_stream = other
    save_rule(rules[1])
    assert (order(world.stream), order(other)) == ("acd", "xb")


def test_a_deleted_rule_leaves_no_gap(world, rules):
    delete_rule(rules[1])
    assert order(world.stream) == "acd"


@pytest.mark.parametrize(
    ("name", "by", "expected"), [("b", -1, "bacd"), ("b", 1, "acbd"), ("a", -1, "abcd"), ("d", 1, "abcd")]
)
def test_a_rule_moves_as_far_as_there_is_room(world, rules, name, by, expected):
    place = move_rule(rule=RoutingRule.objects.get(name=name), by=by)
    assert order(world.stream) == expected
    assert place == expected.index(name) + 1


def test_all_rules_are_put_in_order_at_once(world, rules):
    a, b, c, d = (rule.pk for rule in rules)
    assert reorder_rules(work_stream=world.stream, ids=[d, b, a, c], seen=[a, b, c, d]) == [d, b, a, c]
    assert order(world.stream) == "dbac"


@pytest.mark.parametrize("change", ["one too few", "one twice", "one of another stream"])
def test_an_order_of_other_rules_is_refused(world, rules, change):
    ids = [rule.pk for rule in reversed(rules)]
    stranger = save_rule(
        RoutingRule(work_stream=WorkStream.objects.create(name="O"), name="x", queue=world.billing)
    )
    wrong = {
        "one too few": ids[1:],
        "one twice": [*ids[1:], ids[1]],
        "one of another stream": [*ids, stranger.pk],
    }
    with pytest.raises(Stale, match="others meanwhile"):
        reorder_rules(work_stream=world.stream, ids=wrong[change])
    assert order(world.stream) == "abcd"


def test_an_order_that_somebody_changed_meanwhile_is_refused(world, rules):
    a, b, c, d = (rule.pk for rule in rules)
    move_rule(rule=rules[3], by=-1)
    with pytest.raises(Stale, match="ordered these rules meanwhile"):
        reorder_rules(work_stream=world.stream, ids=[b, a, c, d], seen=[a, b, c, d])
    assert order(world.stream) == "abdc"


def test_moving_a_deleted_rule_is_refused(world, rules):
    gone = RoutingRule.objects.get(name="a")
    delete_rule(rules[0])
    with pytest.raises(Stale, match="deleted meanwhile"):
        move_rule(rule=gone, by=1)
