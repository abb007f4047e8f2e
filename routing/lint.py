"""What is surely wrong with a list of rules: never true, always true, never reached. Pure.

It never warns wrongly: whatever it says follows for every possible customer and text. It does not find
everything: fields are looked at one by one, and what takes too long to prove is left unsaid.

All three questions are one: is there a fact for which a formula is true? A rule can never be true when there
is none for it, is always true when there is none for its opposite, and is never reached when there is none
for "it, and not the rules above it".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from routing.conditions import COMPARE, Condition, Group, Item, comparable
from routing.rules import Rule

MOST_STEPS = 60_000  # for a whole list; some tenths of a second
OPPOSITES = {
    "not_equals": "equals",
    "not_contains": "contains",
    "not_one_of": "one_of",
    "has_data": "no_data",
}


@dataclass(frozen=True)
class Remark:
    """`code` is never, unreachable, always, or catch_all (which is only worth knowing)."""

    rule_id: int
    code: str
    sentence: str


@dataclass(frozen=True)
class Literal:
    """One condition or its opposite. `kind` is in (the values), contains, begins_with or ends_with."""

    field: str
    kind: str
    values: frozenset[str]
    is_true: bool

    def holds(self, actual: str) -> bool:
        """Whether it is true of a value in its compared form."""
        if self.kind == "in":
            return (actual in self.values) is self.is_true
        return COMPARE[self.kind](actual, tuple(self.values)) is self.is_true


Term = frozenset[Literal]  # all of them


class _TooMuch(Exception):
    """It cannot be proved in time."""


class _Steps:
    """How much more may be tried."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _TooMuch


# --- remarks --------------------------------------------------------------------------------------


def remarks_on(rules: Sequence[Rule], *, most_steps: int = MOST_STEPS) -> list[Remark]:
    """What is wrong with the rules of a work stream, which stand in their order."""
    steps = _Steps(most_steps)
    found: list[Remark] = []
    above: list[Rule] = []  # those that can be true
    for n, rule in enumerate(rules):
        remark = _never(rule, steps) or _unreachable(rule, above, steps)
        if remark is None:
            remark = _always(rule, rules[n + 1 :], steps)
            above.append(rule)
        if remark:
            found.append(remark)
    return found


def can_be_true(group: Group, steps: _Steps | None = None) -> bool:
    """False when there is surely no customer and no text for which it is true."""
    return not _surely_none(_terms, group, True, steps or _Steps(MOST_STEPS))


def is_always_true(group: Group, steps: _Steps | None = None) -> bool:
    """True when it is surely true of every customer and every text."""
    return _surely_none(_terms, group, False, steps or _Steps(MOST_STEPS))


def implies(one: Group, *others: Group, steps: _Steps | None = None) -> bool:
    """True when surely everything that is true of one is true of one of the others."""
    return _surely_none(_without, one, list(others), steps or _Steps(MOST_STEPS))


def _surely_none(find: Callable[..., set[Term]], *about: object) -> bool:
    """Whether it is proved, in the steps there are, that there is no way at all."""
    try:
        return not find(*about)
    except _TooMuch:
        return False


def _never(rule: Rule, steps: _Steps) -> Remark | None:
    if can_be_true(rule.condition, steps):
        return None
    return Remark(rule.id, "never", "Can never be true: its conditions contradict one another.")


def _unreachable(rule: Rule, above: list[Rule], steps: _Steps) -> Remark | None:
    for earlier in above:
        if implies(rule.condition, earlier.condition, steps=steps):
            told = f"Never reached: whenever it is true, “{earlier.name}” above it is true, and wins."
            return Remark(rule.id, "unreachable", told)
    others = [earlier.condition for earlier in above]
    if len(others) > 1 and implies(rule.condition, *others, steps=steps):
        told = "Never reached: whenever it is true, one of the rules above it is true, and wins."
        return Remark(rule.id, "unreachable", told)
    return None


def _always(rule: Rule, below: Sequence[Rule], steps: _Steps) -> Remark | None:
    if not is_always_true(rule.condition, steps):
        return None
    if below:
        return Remark(rule.id, "always", "Always true: the rules below it are never reached.")
    told = "Always true: it takes every conversation that no rule above it takes."
    return Remark(rule.id, "catch_all", told)


# --- proofs ---------------------------------------------------------------------------------------


def _terms(item: Item, is_true: bool, steps: _Steps) -> set[Term]:
    """The ways in which an item is true (or false): any of them will do. Impossible ones are left out."""
    if isinstance(item, Condition):
        literal = _literal(item, is_true)
        return {frozenset([literal])} if _is_possible(frozenset([literal]), steps) else set()
    parts = [_terms(one, is_true, steps) for one in item.items]
    if not parts:
        return {frozenset()} if is_true else set()
    if (item.match == "all") is is_true:
        return _both(parts, steps)
    return set().union(*parts)


def _without(group: Group, others: Sequence[Group], steps: _Steps) -> set[Term]:
    """The ways in which a group is true and none of the others is."""
    return _both([_terms(group, True, steps), *(_terms(one, False, steps) for one in others)], steps)


def _both(parts: Sequence[set[Term]], steps: _Steps) -> set[Term]:
    """The ways in which all parts are true at once."""
    found: set[Term] = {frozenset()}
    for part in parts:
        found = {one | other for one in found for other in part if _is_possible(one | other, steps)}
    return found


def _is_possible(term: Term, steps: _Steps) -> bool:
    """False when its literals surely contradict one another."""
    steps.take(1 + len(term))
    by_field: dict[str, list[Literal]] = {}
    for literal in term:
        by_field.setdefault(literal.field, []).append(literal)
    return all(_one_field_is_possible(literals, steps) for literals in by_field.values())


def _one_field_is_possible(literals: list[Literal], steps: _Steps) -> bool:
    named = next((one for one in literals if one.kind == "in" and one.is_true), None)
    if named:  # only these values can be: try them
        steps.take(len(named.values) * len(literals))
        return any(all(one.holds(value) for one in literals) for value in named.values)
    steps.take(len(literals) ** 2 // 2)
    if any(_is_void(one) for one in literals):
        return False
    return not any(
        _contradict(one, other) or _contradict(other, one) for one, other in combinations(literals, 2)
    )


def _is_void(literal: Literal) -> bool:
    """Whether there is no value at all: everything contains, begins and ends with nothing."""
    return not literal.is_true and literal.kind != "in" and literal.values == {""}


def _contradict(one: Literal, other: Literal) -> bool:
    """Whether surely no value satisfies both. `one` demands a part, which `other` forbids or cannot fit."""
    if not one.is_true:
        return False
    part = next(iter(one.values))
    if other.kind == "in":  # not in: only what is the empty value can be excluded by a part
        return False
    wanted = next(iter(other.values))
    if other.is_true:
        return one.kind == other.kind and one.kind != "contains" and not _fit(one.kind, part, wanted)
    return other.kind in {one.kind, "contains"} and COMPARE[other.kind](part, (wanted,))


def _fit(kind: str, one: str, other: str) -> bool:
    """Whether a value can begin (end) with both."""
    return COMPARE[kind](one, (other,)) or COMPARE[kind](other, (one,))


def _literal(condition: Condition, is_true: bool) -> Literal:
    """A condition in its compared form, without opposites."""
    values = frozenset(comparable(condition.field, value) for value in condition.values)
    operator = OPPOSITES.get(condition.operator, condition.operator)
    is_true = is_true is (operator == condition.operator)
    if operator == "no_data":
        return Literal(condition.field, "in", frozenset([""]), is_true)
    kind = "in" if operator in {"equals", "one_of"} else operator
    return Literal(condition.field, kind, values, is_true)
