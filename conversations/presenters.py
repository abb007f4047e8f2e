"""What templates show beside the thread, as plain data: lists, the clock. Asks nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels_app import window
from conversations.bubbles import FAILED
from conversations.models import Conversation, Message, State
from conversations.worklists import MOST_COUNTED, WORKLISTS, Closing, Seat, Worklist, views_of

Direction = Message.Direction
STATE_TONES = {State.ACTIVE: "accent", State.WAITING: "ok", State.WRAP_UP: "warn"}


# --- navigation and list --------------------------------------------------------------------------


@dataclass(frozen=True)
class Tab:
    """One entry of the navigation."""

    slug: str
    title: str
    count: str
    is_current: bool


def tabs(counts: dict[str, int], *, current: Worklist | None) -> list[Tab]:
    """The navigation with bounded counts."""
    return [
        Tab(
            slug,
            worklist.title,
            _bounded(counts[slug]),
            current is not None and worklist.slug == current.stream,
        )
        for slug, worklist in WORKLISTS.items()
    ]


def _bounded(count: int) -> str:
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


@dataclass(frozen=True)
class Order:
    """One way to look at a list."""

    slug: str
    words: str
    is_current: bool


ORDERS = {Closing.ANY: "All", Closing.FIRST: "Closing first", Closing.SOON: "Closing soon"}


def orders(current: Worklist) -> list[Order]:
    """The ways to look at this list by what is left of the 24 hours; empty where there is one way only."""
    ways = views_of(current)
    return [Order(way.slug, ORDERS[way.closing], way is current) for way in ways] if len(ways) > 1 else []


@dataclass(frozen=True)
class Row:
    """A conversation in a list; `state` is empty where all rows have the same."""

    id: int
    title: str
    initials: str
    since: datetime
    ago: str
    said_by: str
    preview: str
    channel: str
    channel_key: str
    window: "Clock | None"
    state: str
    state_tone: str
    queue: str
    is_new: bool
    is_failed: bool
    may_pick: bool


def rows(
    conversations: Iterable[Conversation], *, worklist: Worklist, seat: Seat, now: datetime
) -> list[Row]:
    """The rows of a page of worklists.page."""
    return [_row(conversation, worklist, seat, now) for conversation in conversations]


def _row(conversation: Conversation, worklist: Worklist, seat: Seat, now: datetime) -> Row:
    since = {
        "my": conversation.last_message_at,
        "open": conversation.state_changed_at,
        "closed": conversation.closed_at or conversation.modified_at,
    }[worklist.stream]
    direction = getattr(conversation, "last_direction", None)
    return Row(
        id=conversation.pk,
        title=conversation.title,
        initials=initials(conversation.title),
        since=since,
        ago=ago(now - since),
        said_by=_said_by(direction, getattr(conversation, "last_author_id", None), seat),
        preview=conversation.last_text or ("(no text)" if direction else ""),
        channel=conversation.number.get_channel_display(),
        channel_key=conversation.number.channel,
        window=clock(conversation, now),
        state=State(conversation.state).label if worklist.stream == "my" else "",
        state_tone=STATE_TONES.get(State(conversation.state), ""),
        queue=conversation.queue.name,
        is_new=direction == Direction.INBOUND and conversation.state != State.CLOSED,
        is_failed=getattr(conversation, "last_delivery", None) in FAILED,
        may_pick=worklist.stream == "open",
    )


def _said_by(direction: str | None, author_id: int | None, seat: Seat) -> str:
    if direction == Direction.INTERNAL:
        return "Internal: "
    if direction == Direction.OUTBOUND:
        return "You: " if author_id == seat.user.pk else "Us: "
    return ""


def initials(title: str) -> str:
    """Two letters at most, for the avatar."""
    letters = [word[0] for word in title.split() if word[0].isalpha()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "#"


def ago(passed: timedelta) -> str:
    """A duration in its largest unit. desk.js counts on by the same rule."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


# --- the 24 hours -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clock:
    """Until when free text can be sent. Shown when `is_near`; desk-thread.js counts on."""

    at: datetime
    words: str
    is_near: bool
    is_over: bool


def clock(conversation: Conversation, now: datetime) -> Clock | None:
    """None where there is no such limit, or nothing to be said any more."""
    at = conversation.window_closes_at
    if at is None or conversation.state == State.CLOSED:
        return None
    is_over = not window.is_open(at, now=now)
    near = window.closes_soon(at, now=now)
    return Clock(at, "24 hours over" if is_over else closes_in(at - now), is_over or near, is_over)


def closes_in(left: timedelta) -> str:
    """The time left in words. desk-thread.js counts on by the same rule."""
    minutes = int(left.total_seconds() // 60)
    if minutes < 1:
        return "Closes in under 1 min"
    return f"Closes in {minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"Closes in {minutes} min"
