"""Conditions: rows of field, operator and value, in groups of all or any. Pure; knows no rule, no queue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from omnichannel.lib import phones

PHONE_FIELDS = frozenset({"contact.mobile_phone", "account.phone", "customer_number"})
FIELDS = [
    ("contact.mobile_phone", "Contact: Mobile Phone"),
    ("contact.first_name", "Contact: First Name"),
    ("contact.last_name", "Contact: Last Name"),
    ("contact.full_name", "Contact: Full Name"),
    ("contact.email", "Contact: Email"),
    ("account.name", "Account: Name"),
    ("account.phone", "Account: Phone"),
    ("customer_number", "Customer Phone Number"),
    ("first_message", "Customer First Message"),
]
OPERATORS = [
    ("equals", "Equals"),
    ("not_equals", "Does not equal"),
    ("contains", "Contains"),
    ("not_contains", "Does not contain"),
    ("begins_with", "Begins with"),
    ("ends_with", "Ends with"),
    ("one_of", "Is one of"),
    ("not_one_of", "Is not one of"),
    ("has_data", "Contains data"),
    ("no_data", "Does not contain data"),
]
MATCHES = [("all", "All of these are true"), ("any", "Any of these is true")]
# What is compared: the value of the fact, and the values of the condition (one, unless it is a list).
COMPARE: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "equals": lambda actual, expected: actual == expected[0],
    "not_equals": lambda actual, expected: actual != expected[0],
    "contains": lambda actual, expected: expected[0] in actual,
    "not_contains": lambda actual, expected: expected[0] not in actual,
    "begins_with": lambda actual, expected: actual.startswith(expected[0]),
    "ends_with": lambda actual, expected: actual.endswith(expected[0]),
    "one_of": lambda actual, expected: actual in expected,
    "not_one_of": lambda actual, expected: actual not in expected,
    "has_data": lambda actual, _: bool(actual),
    "no_data": lambda actual, _: not actual,
}
WITHOUT_VALUE = frozenset({"has_data", "no_data"})
LISTS = frozenset({"one_of", "not_one_of"})

Facts = dict[str, str]  # field name -> value; a missing field is an empty one


@dataclass(frozen=True)
class Condition:
    """One row: field, operator, value. The value of a list is written with commas between."""

    field: str
    operator: str
    value: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """What the fact is compared with."""
        return tuple(split_list(self.value)) if self.operator in LISTS else (self.value,)


@dataclass(frozen=True)
class Group:
    """Conditions and further groups, of which all or any must be true. An empty group is true."""

    match: str  # "all" or "any"
    items: tuple["Condition | Group", ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is stored, and as the API writes it."""
        return {"match": self.match, "conditions": [_item_as_json(item) for item in self.items]}


Item = Condition | Group


def all_of(*items: Item) -> Group:
    """True when all are true."""
    return Group("all", items)


def any_of(*items: Item) -> Group:
    """True when any is true; true when there is none."""
    return Group("any", items)


def from_json(stored: dict[str, Any]) -> Group:
    """The group that was stored; raises KeyError for what conditions_input.read never lets in."""
    items = (from_json(i) if "conditions" in i else Condition(**i) for i in stored["conditions"])
    return Group(stored["match"], tuple(items))


def _item_as_json(item: Item) -> dict[str, Any]:
    if isinstance(item, Group):
        return item.as_json()
    return {"field": item.field, "operator": item.operator, "value": item.value}


def split_list(text: str) -> list[str]:
    """The values of a list that was written with commas between, without blanks and empty ones."""
    return [value for part in text.split(",") if (value := part.strip())]


# --- whether they are true ------------------------------------------------------------------------


def is_true(group: Group, facts: Facts) -> bool:
    """Whether a group is true of the facts; without conditions it is."""
    results = [
        is_true(item, facts) if isinstance(item, Group) else satisfied(item, facts) for item in group.items
    ]
    if not results:
        return True
    return all(results) if group.match == "all" else any(results)


def satisfied(condition: Condition, facts: Facts) -> bool:
    """Whether one condition is true. Letters compare without case, numbers by digits.

    Raises KeyError for an operator that is not in OPERATORS.
    """
    actual = comparable(condition.field, facts.get(condition.field, ""))
    expected = tuple(comparable(condition.field, value) for value in condition.values)
    return COMPARE[condition.operator](actual, expected)


def comparable(field: str, text: str) -> str:
    """A value as it is compared."""
    return (_bare_number(text) if field in PHONE_FIELDS else text).casefold().strip()


def _bare_number(text: str) -> str:
    """Digits only, so that +1 425 555 0100, 14255550100 and a prefix such as +1425 compare alike."""
    return "".join(phones.DIGITS.findall(text)) if any(c.isdigit() for c in text) else text
