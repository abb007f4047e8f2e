"""The lists of the desk: a stream of work and what narrows it, page by page, always by an index."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from agents.models import Agent, User
from agents.roles import sees_everything
from channels_app import window
from conversations import filters
from conversations.filters import Filters, Order
from conversations.here import somebody_here
from conversations.models import GOES_ON, Conversation, Message, State
from conversations.models_desk import Draft, Reading
from conversations.orders import Section, beyond, read_key, sections_of, write_key
from routing.services import queues_of

PAGE = 50
CLOSED_FOR = timedelta(hours=24)
# A badge says 9+ for more.
MOST_UNREAD = 10
FIRST_WORDS = 160


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
class Stream:
    """Where a list begins: its name in addresses, what an empty one says, its own order."""

    slug: str
    title: str
    empty: str
    order: tuple[str, ...]
    orders: tuple[Order, ...]
    is_for_supervisors: bool = False


BY_ACTIVITY = ("-last_message_at", "-id")
EVERY_ORDER = (Order.OWN, Order.WAITING, Order.WINDOW, Order.CREATED, Order.TRANSFERS)
STREAMS = {
    stream.slug: stream
    for stream in (
        Stream(
            "my",
            "My work items",
            "You have no conversations. Pick one from Open work items.",
            BY_ACTIVITY,
            EVERY_ORDER,
        ),
        Stream(
            "open",
            "Open work items",
            "Nobody is waiting. New texts appear here by themselves.",
            ("queue__priority", "state_changed_at", "id"),
            (Order.OWN, Order.ACTIVITY, *EVERY_ORDER[1:]),
        ),
        Stream(
            "closed",
            "Closed work items",
            "You have closed nothing in the past 24 hours.",
            ("-closed_at", "-id"),
            (Order.OWN, Order.CREATED, Order.TRANSFERS),
        ),
        Stream("ongoing", "Ongoing conversations", "Nothing is going on.", BY_ACTIVITY, EVERY_ORDER),
        Stream(
            "all",
            "All conversations",
            "There are no conversations yet.",
            BY_ACTIVITY,
            (Order.OWN, Order.CREATED),
            is_for_supervisors=True,
        ),
    )
}
# What an empty list says that is narrowed by this; the first that fits.
NOTHING_LEFT = (
    ("closing", "Nothing closes within the next 4 hours."),
    ("unread", "You have read everything."),
    ("failed", "Every text has arrived."),
)


EVERYTHING = Filters()


@dataclass(frozen=True)
class Worklist:
    """A list of the desk. `slug` is its name in addresses: two lists are the same if it is."""

    stream: Stream
    filters: Filters = EVERYTHING

    @property
    def slug(self) -> str:
        """For example `my`, or `ongoing;queue=3;unread`."""
        narrowed = filters.write(self.filters)
        return f"{self.stream.slug}{filters.SEPARATOR}{narrowed}" if narrowed else self.stream.slug

    @property
    def title(self) -> str:
        """The stream's."""
        return self.stream.title

    @property
    def empty(self) -> str:
        """What stands in it when nothing else does."""
        if not self.filters.is_narrow:
            return self.stream.empty
        said = (words for name, words in NOTHING_LEFT if getattr(self.filters, name))
        return next(said, "Nothing here fits these filters.")

    def narrowed(self, **parts: Any) -> "Worklist":
        """The same with other filters or another order."""
        return replace(self, filters=replace(self.filters, **parts))


def worklist(slug: str) -> Worklist:
    """The list of this name; raises ValueError when there is none."""
    stream, _, narrowed = slug.partition(filters.SEPARATOR)
    if stream not in STREAMS or (not narrowed and stream != slug):
        raise ValueError(slug)
    found = Worklist(STREAMS[stream], filters.read(narrowed))
    if found.filters.order and found.filters.order not in found.stream.orders:
        raise ValueError(slug)
    return found


MY, OPEN, CLOSED = (Worklist(STREAMS[slug]) for slug in ("my", "open", "closed"))


def may_open(wanted: Worklist, *, seat: Seat) -> bool:
    """Whether the list is there for this person."""
    only_theirs = wanted.stream.is_for_supervisors or wanted.filters.agent is not None
    return seat.sees_everything or not only_theirs


def asked_for(slug: str, *, seat: Seat) -> Worklist:
    """The list of this name; one's own work when there is none, or none for this person."""
    try:
        found = worklist(slug)
    except ValueError:
        return MY
    return found if may_open(found, seat=seat) else MY


# --- what is in a list ----------------------------------------------------------------------------


def items(wanted: Worklist, *, seat: Seat, now: datetime) -> QuerySet[Conversation]:
    """Everything in a list, unordered."""
    return _narrowed(_stream(wanted.stream.slug, seat, now), wanted.filters, seat, now)


def _stream(slug: str, seat: Seat, now: datetime) -> QuerySet[Conversation]:
    everything = Conversation.objects.all()
    if slug == "my":
        return everything.filter(agent=seat.agent, state__in=[State.ACTIVE, State.WRAP_UP, State.WAITING])
    if slug == "closed":
        return everything.filter(state=State.CLOSED, closed_by=seat.agent, closed_at__gt=now - CLOSED_FOR)
    if slug == "all":
        return everything
    rows = everything.filter(state=State.OPEN) if slug == "open" else everything.filter(GOES_ON)
    if seat.sees_everything:
        return rows
    mine = Q(queue__in=queues_of(seat.agent).values("pk"))
    return rows.filter(mine if slug == "open" else mine | Q(agent=seat.agent))


def _narrowed(rows: QuerySet[Conversation], by: Filters, seat: Seat, now: datetime) -> QuerySet[Conversation]:
    exact = {"number__channel": by.channel, "queue": by.queue, "state": by.state, "agent": by.agent}
    rows = rows.filter(**{name: value for name, value in exact.items() if value not in ("", None)})
    if by.failed:
        rows = rows.filter(has_failed_message=True)
    if by.unread or by.waits or by.closing:
        rows = rows.filter(GOES_ON)
    if by.unread:
        rows = rows.annotate(read_seq=read_seq(seat.user)).filter(last_inbound_seq__gt=F("read_seq"))
    if by.waits:
        rows = rows.filter(customer_waits_since__lte=now - timedelta(minutes=by.waits))
    if by.closing:
        rows = rows.filter(window_closes_at__gte=now, window_closes_at__lte=now + window.SOON)
    return rows


def read_seq(user: User) -> Coalesce:
    """A conversation's last message that this person has read, as a column; 0: none."""
    mine = Reading.objects.filter(user=user, conversation=OuterRef("pk"))
    return Coalesce(Subquery(mine.values("seq")[:1]), 0, output_field=IntegerField())


def sections(wanted: Worklist, *, seat: Seat, now: datetime) -> list[Section]:
    """The parts of a list in their order."""
    by = wanted.filters
    order = by.order
    if order is Order.OWN and by.closing:
        order = Order.WINDOW
    elif order is Order.OWN and by.waits:
        order = Order.WAITING
    return sections_of(items(wanted, seat=seat, now=now), order, own=wanted.stream.order, now=now)


# --- page by page ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """Up to PAGE conversations; `older` is the key after which the next page starts, empty on the last."""

    rows: Sequence[Conversation]
    older: str

    @property
    def versions(self) -> list[tuple[Any, ...]]:
        """As `versions` gives them."""
        return [tuple(getattr(row, name) for name in SEEN) for row in self.rows]


# What tells whether a row looks the same.
SEEN = ("pk", "version", "read_seq", "has_draft", "here")
Read = Callable[[QuerySet[Conversation]], QuerySet[Any]]


def _found(wanted: Worklist, seat: Seat, after: str, now: datetime, read: Read) -> list[tuple[int, Any]]:
    """The rows of one page and one more, as `read` gives them, each with the number of its section.

    A key that cannot be read is the first page. A second section is only asked when the first has no more.
    Which rows they are is asked first, of an index: only those of the page are read.
    """
    parts = sections(wanted, seat=seat, now=now)
    begins, key = read_key(after, [part.order for part in parts])
    found: list[tuple[int, Any]] = []
    for number, part in enumerate(parts):
        if number < begins or len(found) > PAGE:
            continue
        rows = part.rows.filter(beyond(part.order, key)) if key and number == begins else part.rows
        chosen = rows.order_by(*part.order).values("pk")[: PAGE + 1 - len(found)]
        shown = _own_marks(Conversation.objects.filter(pk__in=chosen), seat, now)
        found += [(number, row) for row in read(shown).order_by(*part.order)]
    return found


def _own_marks(rows: QuerySet[Conversation], seat: Seat, now: datetime) -> QuerySet[Conversation]:
    """With what this person has read and begun, and who else is there: `read_seq`, `has_draft`, `here`."""
    begun = Draft.objects.filter(user=seat.user, conversation=OuterRef("pk"))
    return rows.annotate(
        read_seq=read_seq(seat.user),
        has_draft=Exists(begun),
        here=somebody_here(but=seat.user, now=now),
    )


def versions(wanted: Worklist, *, seat: Seat, after: str, now: datetime) -> list[tuple[Any, ...]]:
    """What tells whether the rows of a page look the same, in its order."""
    found = _found(wanted, seat, after, now, lambda rows: rows.values_list(*SEEN))
    return [row for _, row in found[:PAGE]]


def page(wanted: Worklist, *, seat: Seat, after: str, now: datetime) -> Page:
    """One page with what its rows show: `last_said`, `unread`, `draft`, ..."""
    found = _found(wanted, seat, after, now, lambda rows: _with_last_words(rows, seat))
    older = ""
    if len(found) > PAGE:
        number, last = found[PAGE - 1]
        older = write_key(last, sections(wanted, seat=seat, now=now)[number].order, number)
    return Page([row for _, row in found[:PAGE]], older)


class Count(Subquery):
    """How many rows a query has, as one value of another statement. Give it a LIMIT."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS bounded)"
    output_field = IntegerField()


def _with_last_words(rows: QuerySet[Conversation], seat: Seat) -> QuerySet[Conversation]:
    said = Message.objects.filter(conversation=OuterRef("pk")).order_by("-seq")
    spoken = said.exclude(direction=Message.Direction.SYSTEM)
    heard = Message.objects.filter(conversation=OuterRef("pk"), direction=Message.Direction.INBOUND)
    begun = Draft.objects.filter(user=seat.user, conversation=OuterRef("pk")).order_by("-updated_at")
    return rows.select_related("queue", "number", "agent__user").annotate(
        last_said=Subquery(spoken.values(said=JSONObject(direction="direction", author="author_id"))[:1]),
        unread=Count(heard.filter(seq__gt=OuterRef("read_seq")).values("pk")[:MOST_UNREAD]),
        draft=Subquery(begun.values("text")[:1]),
    )
