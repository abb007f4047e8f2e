"""The three streams of work on the desk: what is in them, in which order, page by page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery

from agents.models import Agent, User
from agents.roles import sees_everything
from channels_app import window
from conversations.models import Conversation, Message, State
from routing.services import queues_of

PAGE = 50
# Counting stops here, so that a backlog costs the navigation no more than a quiet day.
MOST_COUNTED = 100
CLOSED_FOR = timedelta(hours=24)
LARGEST_ID = 10**18
# Begins the keys of a list's second section.
THEN = "then"

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


class Closing(StrEnum):
    """How a list looks at what is left of the 24 hours."""

    ANY = "any"  # not at all: the stream's own order
    FIRST = "closing-first"  # everything, those whose hours run first, the first to close at the top
    SOON = "closing-soon"  # only those that close within the next hours, the first to close at the top


@dataclass(frozen=True)
class Worklist:
    """One stream, or a view of it: its name, what an empty one says, its order (all ascending or all
    descending). `slug` is its address, `stream` that of the whole stream.
    """

    slug: str
    title: str
    empty: str
    order: tuple[str, ...]
    stream: str = ""
    closing: Closing = Closing.ANY


MY = Worklist(
    "my",
    "My work items",
    "You have no conversations. Pick one from Open work items.",
    ("-last_message_at", "-id"),
    stream="my",
)
OPEN = Worklist(
    "open",
    "Open work items",
    "Nobody is waiting. New texts appear here by themselves.",
    ("queue__priority", "state_changed_at", "id"),
    stream="open",
)
CLOSED = Worklist(
    "closed",
    "Closed work items",
    "You have closed nothing in the past 24 hours.",
    ("-closed_at", "-id"),
    stream="closed",
)
WORKLISTS = {worklist.slug: worklist for worklist in (MY, OPEN, CLOSED)}


def _view(stream: Worklist, closing: Closing) -> Worklist:
    empty = "Nothing closes within the next 4 hours." if closing is Closing.SOON else stream.empty
    return replace(stream, slug=f"{stream.slug}-{closing}", empty=empty, closing=closing)


# By address: the streams, and those views of them where somebody can still answer.
VIEWS = WORKLISTS | {
    view.slug: view
    for stream in (MY, OPEN)
    for view in (_view(stream, Closing.FIRST), _view(stream, Closing.SOON))
}


def views_of(worklist: Worklist) -> list[Worklist]:
    """The stream itself and its views."""
    return [view for view in VIEWS.values() if view.stream == worklist.stream]


@dataclass(frozen=True)
class Page:
    """Up to PAGE conversations; `older` is the key after which the next page starts, empty on the last."""

    rows: Sequence[Conversation]
    older: str


def items(worklist: Worklist, *, seat: Seat, now: datetime) -> QuerySet[Conversation]:
    """Everything in a list, unordered."""
    rows = _stream(worklist.stream, seat, now)
    if worklist.closing is Closing.SOON:
        rows = rows.filter(window_closes_at__gte=now, window_closes_at__lte=now + window.SOON)
    return rows


def _stream(stream: str, seat: Seat, now: datetime) -> QuerySet[Conversation]:
    everything = Conversation.objects.all()
    if stream == MY.slug:
        return everything.filter(agent=seat.agent, state__in=[State.ACTIVE, State.WRAP_UP, State.WAITING])
    if stream == CLOSED.slug:
        return everything.filter(state=State.CLOSED, closed_by=seat.agent, closed_at__gt=now - CLOSED_FOR)
    waiting = everything.filter(state=State.OPEN)
    return waiting if seat.sees_everything else waiting.filter(queue__in=queues_of(seat.agent).values("pk"))


@dataclass(frozen=True)
class Section:
    """Rows of a list that have one order; a list is its sections one after another."""

    rows: QuerySet[Conversation]
    order: tuple[str, ...]


BY_CLOSING = ("window_closes_at", "id")


def sections(worklist: Worklist, *, seat: Seat, now: datetime) -> list[Section]:
    """The parts of a list in their order: two where those whose hours run come before the rest."""
    rows = items(worklist, seat=seat, now=now)
    if worklist.closing is Closing.ANY:
        return [Section(rows, worklist.order)]
    if worklist.closing is Closing.SOON:
        return [Section(rows, BY_CLOSING)]
    rest = rows.filter(Q(window_closes_at=None) | Q(window_closes_at__lt=now))
    return [Section(rows.filter(window_closes_at__gte=now), BY_CLOSING), Section(rest, worklist.order)]


Read = Callable[[QuerySet[Conversation]], QuerySet[Any]]


def _found(worklist: Worklist, seat: Seat, after: str, now: datetime, read: Read) -> list[tuple[int, Any]]:
    """The rows of one page and one more, as `read` gives them, each with the number of its section.

    A key that cannot be read is the first page. A second section is only asked when the first has no more.
    """
    parts = sections(worklist, seat=seat, now=now)
    begins, key = read_key(after, [part.order for part in parts])
    found: list[tuple[int, Any]] = []
    for number, part in enumerate(parts):
        if number < begins or len(found) > PAGE:
            continue
        rows = part.rows.filter(_beyond(part.order, key)) if key and number == begins else part.rows
        wanted = PAGE + 1 - len(found)
        found += [(number, row) for row in read(rows).order_by(*part.order)[:wanted]]
    return found


def versions(worklist: Worklist, *, seat: Seat, after: str, now: datetime) -> list[tuple[int, int]]:
    """Id and version of each row of a page, in its order."""
    found = _found(worklist, seat, after, now, lambda rows: rows.values_list("pk", "version"))
    return [pair for _, pair in found[:PAGE]]


def page(worklist: Worklist, *, seat: Seat, after: str, now: datetime) -> Page:
    """One page with what its rows show: `last_direction`, `last_author_id`, `last_delivery`."""
    found = _found(worklist, seat, after, now, _with_last_words)
    older = ""
    if len(found) > PAGE:
        number, last = found[PAGE - 1]
        older = write_key(last, sections(worklist, seat=seat, now=now)[number].order, number)
    return Page([row for _, row in found[:PAGE]], older)


def _with_last_words(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    said = Message.objects.filter(conversation=OuterRef("pk")).order_by("-seq")
    spoken = said.exclude(direction=Message.Direction.SYSTEM)
    sent = said.filter(direction=Message.Direction.OUTBOUND)
    return rows.select_related("queue", "number", "agent__user").annotate(
        last_direction=Subquery(spoken.values("direction")[:1]),
        last_author_id=Subquery(spoken.values("author_id")[:1]),
        last_delivery=Subquery(sent.values("delivery__state")[:1]),
    )


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
