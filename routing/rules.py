"""Which queue? Pure: facts in, a decision with each rule's verdict out. Knows no conversation."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
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
    ("has_data", "Contains data"),
    ("no_data", "Does not contain data"),
]
COMPARE: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda actual, expected: actual == expected,
    "not_equals": lambda actual, expected: actual != expected,
    "contains": lambda actual, expected: expected in actual,
    "not_contains": lambda actual, expected: expected not in actual,
    "begins_with": lambda actual, expected: actual.startswith(expected),
    "ends_with": lambda actual, expected: actual.endswith(expected),
    "has_data": lambda actual, _: bool(actual),
    "no_data": lambda actual, _: not actual,
}
WITHOUT_VALUE = frozenset({"has_data", "no_data"})

Facts = dict[str, str]  # field name -> value; a missing field is an empty one


@dataclass(frozen=True)
class Condition:
    """One row: field, operator, value."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True)
class Rule:
    """A rule as it stands in the list."""

    id: int
    name: str
    queue_id: int
    match_all: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Verdict:
    """What came of one rule: true, false, or skipped because an earlier one was true."""

    rule_id: int
    name: str
    result: str

    def as_dict(self) -> dict[str, Any]:
        """For storing."""
        return asdict(self)


@dataclass(frozen=True)
class Decision:
    """The queue (None: the Default queue) and why."""

    queue_id: int | None
    rule_id: int | None
    verdicts: tuple[Verdict, ...]


def decide(rules: Sequence[Rule], facts: Facts) -> Decision:
    """Try the rules from top to bottom; the first true one wins, the rest are skipped.

    No rule true, or none defined: queue_id is None, which stands for the Default queue.
    """
    verdicts: list[Verdict] = []
    winner: Rule | None = None
    for rule in rules:
        if winner:
            verdicts.append(Verdict(rule.id, rule.name, "skipped"))
            continue
        if holds(rule, facts):
            winner = rule
        verdicts.append(Verdict(rule.id, rule.name, "true" if winner else "false"))
    return Decision(winner.queue_id if winner else None, winner.id if winner else None, tuple(verdicts))


def holds(rule: Rule, facts: Facts) -> bool:
    """Whether a rule's conditions are true of the facts; a rule without conditions is always true."""
    results = [satisfied(condition, facts) for condition in rule.conditions]
    if not results:
        return True
    return all(results) if rule.match_all else any(results)


def satisfied(condition: Condition, facts: Facts) -> bool:
    """Whether one condition is true. Letters compare without case, numbers by digits.

    Raises KeyError for an operator that is not in OPERATORS.
    """
    actual = facts.get(condition.field, "")
    expected = condition.value
    if condition.field in PHONE_FIELDS:
        actual, expected = _bare_number(actual), _bare_number(expected)
    actual, expected = actual.casefold().strip(), expected.casefold().strip()
    return COMPARE[condition.operator](actual, expected)


def _bare_number(text: str) -> str:
    """Digits only, so that +1 425 555 0100, 14255550100 and a prefix such as +1425 compare alike."""
    return "".join(phones.DIGITS.findall(text)) if any(c.isdigit() for c in text) else text
