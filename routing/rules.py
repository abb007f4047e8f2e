"""Which queue? Pure: facts in, a decision with each rule's verdict out. Knows no conversation."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from routing.conditions import Facts, Group, is_true


@dataclass(frozen=True)
class Rule:
    """A rule as it stands in the list."""

    id: int
    name: str
    queue_id: int
    condition: Group


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
        if is_true(rule.condition, facts):
            winner = rule
        verdicts.append(Verdict(rule.id, rule.name, "true" if winner else "false"))
    return Decision(winner.queue_id if winner else None, winner.id if winner else None, tuple(verdicts))
