"""Why a rule is true or false of some facts, condition by condition. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from routing.conditions import MATCHES, Facts, Group, Item, is_true, satisfied
from routing.wording import said


@dataclass(frozen=True)
class Finding:
    """What came of a condition, or of a group with what came of its items.

    `actual` is the value that a condition was compared with, empty when nothing is known.
    """

    is_true: bool
    words: str
    actual: str = ""
    is_group: bool = False
    items: tuple["Finding", ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the API."""
        if self.is_group:
            items = [item.as_json() for item in self.items]
            return {"is_true": self.is_true, "words": self.words, "conditions": items}
        return {"is_true": self.is_true, "words": self.words, "actual": self.actual}


def explain(item: Item, facts: Facts, *, shown: Callable[[str, str], str]) -> Finding:
    """What came of it. `shown` writes a field's value as the reader may see it (numbers masked, perhaps)."""
    if isinstance(item, Group):
        items = tuple(explain(one, facts, shown=shown) for one in item.items)
        words = dict(MATCHES)[item.match] if items else "There is no condition"
        return Finding(is_true(item, facts), words, is_group=True, items=items)
    actual = shown(item.field, facts.get(item.field, ""))
    return Finding(satisfied(item, facts), said(item), actual)
