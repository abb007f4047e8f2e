"""What is handed in as conditions, by tables; and that what is let in can always be used."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.conditions import FIELDS, OPERATORS, Condition, all_of, any_of, from_json, is_true
from routing.conditions_input import DEEPEST, MOST_CONDITIONS, BadConditions, read
from routing.wording import sentence

ROW = {"field": "first_message", "operator": "contains", "value": "bill"}
BILL = Condition("first_message", "contains", "bill")


def nest(levels: int) -> dict[str, Any]:
    group: dict[str, Any] = {"match": "all", "conditions": [ROW]}
    for _ in range(levels - 1):
        group = {"match": "any", "conditions": [group]}
    return group


@pytest.mark.parametrize(
    ("data", "group"),
    [
        ({}, all_of()),
        ({"match": "any", "conditions": []}, any_of()),
        ({"conditions": [ROW]}, all_of(BILL)),
        ({"conditions": [{**ROW, "value": "  bill "}]}, all_of(BILL)),
        (
            {"conditions": [{"field": "account.name", "operator": "has_data", "value": "x"}]},
            all_of(Condition("account.name", "has_data")),
        ),
        (
            {
                "conditions": [
                    {"field": "customer_number", "operator": "one_of", "value": "425 555 0100,,72345"}
                ]
            },
            all_of(Condition("customer_number", "one_of", "+14255550100, 72345")),
        ),
        ({"conditions": [ROW, {"match": "any", "conditions": [ROW]}]}, all_of(BILL, any_of(BILL))),
    ],
)
def test_what_is_let_in(data: dict[str, Any], group: Any) -> None:
    assert read(data, region="US") == group


@pytest.mark.parametrize(
    ("data", "path", "part"),
    [
        ([], (), "conditions"),
        (None, (), "conditions"),
        ({"match": "some"}, (), "match"),
        ({"match": ["all"]}, (), "match"),
        ({"conditions": {}}, (), "conditions"),
        ({"conditions": [None]}, (0,), "conditions"),
        ({"conditions": [ROW, "x"]}, (1,), "conditions"),
        ({"conditions": [ROW, {**ROW, "field": "shoe_size"}]}, (1,), "field"),
        ({"conditions": [{**ROW, "field": ["first_message"]}]}, (0,), "field"),
        ({"conditions": [{**ROW, "operator": None}]}, (0,), "operator"),
        ({"conditions": [{**ROW, "value": 7}]}, (0,), "value"),
        ({"conditions": [{**ROW, "value": "\ud800"}]}, (0,), "value"),
        ({"conditions": [{"match": "all", "conditions": []}]}, (0,), "conditions"),
        ({"conditions": [{"match": "all", "conditions": [ROW, {**ROW, "value": ""}]}]}, (0, 1), "value"),
        ({"conditions": [ROW] * (MOST_CONDITIONS + 1)}, (), "conditions"),
        ({"conditions": [{"conditions": [ROW] * 30}, {"conditions": [ROW] * 30}]}, (), "conditions"),
        (nest(DEEPEST + 1), (0,) * DEEPEST, "conditions"),
        (nest(900), (0,) * DEEPEST, "conditions"),
    ],
)
def test_what_is_refused_and_where(data: Any, path: tuple[int, ...], part: str) -> None:
    with pytest.raises(BadConditions) as refused:
        read(data, region="US")
    assert list(refused.value.faults) == [path]
    assert list(refused.value.faults[path]) == [part]


def test_the_most_and_the_deepest_are_let_in() -> None:
    assert read({"conditions": [ROW] * MOST_CONDITIONS}, region="US")
    assert read(nest(DEEPEST), region="US")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["match", "conditions", "field", "operator", "value"]), inner)
    ),
    max_leaves=12,
)
ROWS = st.fixed_dictionaries(
    {
        "field": st.sampled_from([name for name, _ in FIELDS] + ["shoe_size"]),
        "operator": st.sampled_from([name for name, _ in OPERATORS]),
        "value": st.sampled_from(["", "a", "a, b", "+14255550100", "72345", "\x00"]),
    }
)


@given(JSON | st.builds(lambda rows: {"conditions": rows}, st.lists(ROWS | JSON, max_size=4)))
def test_whatever_comes_is_refused_or_can_be_used(data: Any) -> None:
    try:
        group = read(data, region="US")
    except BadConditions:
        return
    assert from_json(group.as_json()) == group
    assert is_true(group, {}) in {True, False}
    assert sentence(group)
    assert read(group.as_json(), region="US") == group


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (all_of(), "Always: there is no condition."),
        (all_of(BILL), "If Customer First Message contains “bill”."),
        (
            any_of(BILL, Condition("contact.last_name", "one_of", "Meier, Keller,Ott")),
            "If Customer First Message contains “bill” or Contact: Last Name is one of “Meier”, “Keller” or "
            "“Ott”.",
        ),
        (
            all_of(any_of(BILL, BILL), all_of(BILL), Condition("account.name", "no_data")),
            "If (Customer First Message contains “bill” or Customer First Message contains “bill”) and "
            "Customer First Message contains “bill” and Account: Name does not contain data.",
        ),
        (all_of(Condition("account.name", "one_of", "x")), "If Account: Name is one of “x”."),
        (all_of(Condition("account.name", "one_of", "")), "If Account: Name is one of “”."),
        (all_of(Condition("", "", "x")), "If … … “x”."),
    ],
)
def test_conditions_read_as_a_sentence(group: Any, said: str) -> None:
    assert sentence(group) == said
