"""The three streams of work on the desk: what is in them, in which order, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery

from agents.models import Agent, User
from agents.roles import sees_everything
from conversations.models import Conversation, Message, State
from routing.services import queues_of

PAGE = 50
# Counting stops here, so that a backlog costs the navigation no more than a quiet day.
MOST_COUNTED = 100
CLOSED_FOR = timedelta(hours=24)
LARGEST_ID = 10**18

Key = tuple[int | datetime, ...]


@dataclass(frozen=True)
class Seat:
    """Somebody at the desk."""

    user: User
    agent: Agent

    @property
    def sees_everything(self) -> bool:
        """Whether all queues are theirs to see."""
        return sees_everything(self.user)


@dataclass(frozen=True)
class Worklist:
    """One stream: its name, what an empty one says, and its order (all ascending or all descending)."""

    slug: str
    title: str
    empty: str
    order: tuple[str, ...]


MY = Worklist(
    "my",
    "My work items",
    "You have no conversations. Pick one from Open work items.",
    ("-last_message_at", "-id"),
)
OPEN = Worklist(
    "open",
    "Open work items",
    "Nobody is waiting. New texts appear here by themselves.",
    ("queue__priority", "state_changed_at", "id"),
)
CLOSED = Worklist(
    "closed",
    "Closed work items",
    "You have closed nothing in the past 24 hours.",
    ("-closed_at", "-id"),
)
WORKLISTS = {worklist.slug: worklist for worklist in (MY, OPEN, CLOSED)}


@dataclass(frozen=True)
class Page:
    """Up to PAGE conversations; `older` is the key after which the next page starts, empty on the last."""

    rows: Sequence[Conversation]
    older: str


def items(worklist: Worklist, *, seat: Seat, now: datetime) -> QuerySet[Conversation]:
    """Everything in a stream, unordered."""
    everything = Conversation.objects.all()
    if worklist is MY:
        return everything.filter(agent=seat.agent, state__in=[State.ACTIVE, State.WRAP_UP, State.WAITING])
    if worklist is CLOSED:
        return everything.filter(state=State.CLOSED, closed_by=seat.agent, closed_at__gt=now - CLOSED_FOR)
    waiting = everything.filter(state=State.OPEN)
    return waiting if seat.sees_everything else waiting.filter(queue__in=queues_of(seat.agent).values("pk"))


def page_of(worklist: Worklist, *, seat: Seat, after: str, now: datetime) -> QuerySet[Conversation]:
    """The conversations of one page and one more, in order; a key that cannot be read is the first page."""
    rows = items(worklist, seat=seat, now=now).order_by(*worklist.order)
    key = read_key(worklist, after)
    if key is not None:
        rows = rows.filter(_beyond(worklist.order, key))
    return rows[: PAGE + 1]


def page(worklist: Worklist, *, seat: Seat, after: str, now: datetime) -> Page:
    """One page with what its rows show: `last_direction`, `last_author_id`, `last_delivery`."""
    said = Message.objects.filter(conversation=OuterRef("pk")).order_by("-seq")
    spoken = said.exclude(direction=Message.Direction.SYSTEM)
    sent = said.filter(direction=Message.Direction.OUTBOUND)
    rows = list(
        page_of(worklist, seat=seat, after=after, now=now)
        .select_related("queue", "number", "agent__user")
        .annotate(
            last_direction=Subquery(spoken.values("direction")[:1]),
            last_author_id=Subquery(spoken.values("author_id")[:1]),
            last_delivery=Subquery(sent.values("delivery__state")[:1]),
        )
    )
    older = write_key(worklist, rows[PAGE - 1]) if len(rows) > PAGE else ""
    return Page(rows[:PAGE], older)


# --- counts ---------------------------------------------------------------------------------------


class _Count(Subquery):
    """How many rows a query has, as one value of another statement."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS bounded)"
    output_field = IntegerField()


def count_columns(*, seat: Seat, now: datetime) -> dict[str, Any]:
    """The size of each stream (MOST_COUNTED at most) as columns for annotate(), named count_<slug>."""
    return {
        f"count_{slug}": _Count(items(worklist, seat=seat, now=now).values("pk")[:MOST_COUNTED])
        for slug, worklist in WORKLISTS.items()
    }


def counts(*, seat: Seat, now: datetime) -> dict[str, int]:
    """The size of each stream by slug, MOST_COUNTED at most. One statement."""
    rows = Agent.objects.filter(pk=seat.agent.pk).annotate(**count_columns(seat=seat, now=now))
    row = rows.values(*(f"count_{slug}" for slug in WORKLISTS)).get()
    return {slug: row[f"count_{slug}"] for slug in WORKLISTS}


# --- keys: where a page starts ----------------------------------------------------------------------


def write_key(worklist: Worklist, row: Conversation) -> str:
    """The place of a row in the order, for an address."""
    parts = []
    for field in worklist.order:
        value: Any = row
        for name in field.lstrip("-").split("__"):
            value = getattr(value, name)
        parts.append(value.isoformat() if isinstance(value, datetime) else str(value))
    return "~".join(parts)


def read_key(worklist: Worklist, text: str) -> Key | None:
    """What write_key wrote; None for anything else."""
    parts = text.split("~")
    if len(parts) != len(worklist.order):
        return None
    try:
        return tuple(_value(field, part) for field, part in zip(worklist.order, parts, strict=True))
    except ValueError:
        return None


def _value(field: str, text: str) -> int | datetime:
    """One part of a key; raises ValueError."""
    if not field.endswith("_at"):
        number = int(text)
        if not 0 <= number < LARGEST_ID:
            raise ValueError(text)
        return number
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not 2000 < moment.year < 9000:
        raise ValueError(text)
    return moment


def _beyond(order: tuple[str, ...], key: Key) -> Q:
    """Rows after `key` in `order`: the first field that differs decides."""
    wanted = Q(pk=None)
    same: dict[str, int | datetime] = {}
    for field, value in zip(order, key, strict=True):
        name = field.lstrip("-")
        way = "lt" if field.startswith("-") else "gt"
        wanted |= Q(**same, **{f"{name}__{way}": value})
        same[name] = value
    return wanted
