"""Why a rule is true or false: never otherwise than what the rules themselves say."""

from hypothesis import given

from routing.conditions import Condition, Group, all_of, any_of, is_true
from routing.explain import Finding, explain
from tests.routing.test_rules import GROUPS, SMALL_FACTS


def plain(_field: str, value: str) -> str:
    return value


@given(GROUPS, SMALL_FACTS)
def test_the_explanation_ends_where_the_rule_does(group: Group, facts: dict[str, str]) -> None:
    assert explain(group, facts, shown=plain).is_true is is_true(group, facts)


def test_each_condition_tells_the_value_it_was_compared_with() -> None:
    group = all_of(Condition("contact.last_name", "equals", "Meier"), any_of())
    assert explain(group, {"contact.last_name": "Keller"}, shown=plain) == Finding(
        False,
        "All of these are true",
        is_group=True,
        items=(
            Finding(False, "Contact: Last Name equals “Meier”", "Keller"),
            Finding(True, "There is no condition", is_group=True),
        ),
    )
