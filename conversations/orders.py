"""The orders of a list, and the keys that say where a page of it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from conversations.filters import Order
from conversations.models import Conversation

LARGEST_ID = 10**18
# Begins the keys of a list's second section.
THEN = "then"
Key = tuple[int | datetime, ...]

# All ascending or all descending, so that one index walks along.
FIELDS = {
    Order.ACTIVITY: ("-last_message_at", "-id"),
    Order.CREATED: ("-id",),
    Order.TRANSFERS: ("-transfer_count", "-id"),
}


@dataclass(frozen=True)
class Section:
    """Rows of a list that have one order; a list is its sections one after another."""

    rows: QuerySet[Conversation]
    order: tuple[str, ...]


def sections_of(
    rows: QuerySet[Conversation], order: Order, *, own: tuple[str, ...], now: datetime
) -> list[Section]:
    """The rows in an order; two sections where some rows have nothing to be sorted by."""
    if order is Order.WAITING:
        waiting = rows.filter(customer_waits_since__isnull=False)
        return [
            Section(waiting, ("customer_waits_since", "id")),
            Section(rows.filter(customer_waits_since=None), own),
        ]
    if order is Order.WINDOW:
        over = rows.filter(Q(window_closes_at=None) | Q(window_closes_at__lt=now))
        return [
            Section(rows.filter(window_closes_at__gte=now), ("window_closes_at", "id")),
            Section(over, own),
        ]
    return [Section(rows, FIELDS.get(order, own))]


# --- keys: where a page starts ----------------------------------------------------------------------


def write_key(row: Conversation, order: tuple[str, ...], section: int = 0) -> str:
    """The place of a row in the order of its section, for an address."""
    parts = [THEN] * section
    for field in order:
        value: Any = row
        for name in field.lstrip("-").split("__"):
            value = getattr(value, name)
        parts.append(value.isoformat() if isinstance(value, datetime) else str(value))
    return "~".join(parts)


def read_key(text: str, orders: Sequence[tuple[str, ...]]) -> tuple[int, Key | None]:
    """What write_key wrote: the section and the place in it; the beginning for anything else."""
    parts = text.split("~")
    section = 1 if parts[0] == THEN else 0
    if section >= len(orders) or len(parts) - section != len(orders[section]):
        return 0, None
    try:
        return section, tuple(map(_value, orders[section], parts[section:]))
    except ValueError:
        return 0, None


def _value(field: str, text: str) -> int | datetime:
    """One part of a key; raises ValueError."""
    if not field.endswith(("_at", "_since")):
        number = int(text)
        if not 0 <= number < LARGEST_ID:
            raise ValueError(text)
        return number
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 2000 < moment.year < 9000:
        raise ValueError(text)
    return moment


def beyond(order: tuple[str, ...], key: Key) -> Q:
    """Rows after `key` in `order`: the first field that differs decides.

    The first field is also bounded by itself, which is what an index can begin at.
    """
    wanted = Q(pk=None)
    same: dict[str, int | datetime] = {}
    for field, value in zip(order, key, strict=True):
        name = field.lstrip("-")
        way = "lt" if field.startswith("-") else "gt"
        wanted |= Q(**same, **{f"{name}__{way}": value})
        same[name] = value
    first = order[0].lstrip("-")
    return Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": key[0]}) & wanted
