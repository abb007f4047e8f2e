"""What the desk's templates show, as plain data: words for states, deliveries and refusals. Asks nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import formats, timezone

from channels_app import status
from channels_app.models import Delivery
from channels_app.providers import REGISTRY
from conversations.models import Conversation, Message, RoutingDecision, State
from conversations.worklists import MOST_COUNTED, MY, OPEN, WORKLISTS, Seat, Worklist

S, Direction = Delivery.State, Message.Direction
FAILED = frozenset({S.FAILED, S.UNDELIVERED, S.CANCELED})
STATE_TONES = {State.ACTIVE: "accent", State.WAITING: "ok", State.WRAP_UP: "warn"}
# Word, mark, tone. The mark never stands alone.
DELIVERY_WORDS = {
    S.PENDING: ("waiting to leave", "…", ""),
    S.LEAVING: ("leaving", "…", ""),
    S.UNKNOWN: ("unknown", "?", "warn"),
    S.ACCEPTED: ("accepted", "…", ""),
    S.SCHEDULED: ("scheduled", "…", ""),
    S.QUEUED: ("queued", "…", ""),
    S.SENDING: ("sending", "…", ""),
    S.SENT: ("sent", "✓", ""),
    S.CANCELED: ("not sent", "✕", "bad"),
    S.FAILED: ("not delivered", "✕", "bad"),
    S.UNDELIVERED: ("not delivered", "✕", "bad"),
    S.DELIVERED: ("delivered", "✓✓", "ok"),
    S.READ: ("read", "✓✓", "ok"),
}
BEFORE_EXPLANATION = {
    S.PENDING: "Not sent yet, tried again by itself",
    S.UNKNOWN: "Nobody knows whether it arrived",
    S.CANCELED: "Not sent",
    S.FAILED: "Not delivered",
    S.UNDELIVERED: "Not delivered",
}
# The documents' own sentences.
IDENTIFICATION = {
    Conversation.Identification.SEVERAL: "One or more records found. Select a record or create new",
    Conversation.Identification.NONE: "No records found. Search for an existing customer record or create a "
    "new one to link to this conversation",
}
VERDICT_WORDS = {"true": "true", "false": "not true", "skipped": "not asked, an earlier one was true"}


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
        Tab(slug, worklist.title, _bounded(counts[slug]), worklist is current)
        for slug, worklist in WORKLISTS.items()
    ]


def _bounded(count: int) -> str:
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


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
    }[worklist.slug]
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
        state=State(conversation.state).label if worklist is MY else "",
        state_tone=STATE_TONES.get(State(conversation.state), ""),
        queue=conversation.queue.name,
        is_new=direction == Direction.INBOUND and conversation.state != State.CLOSED,
        is_failed=getattr(conversation, "last_delivery", None) in FAILED,
        may_pick=worklist is OPEN,
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


# --- thread ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """What became of a text of ours, in words."""

    word: str
    mark: str
    tone: str
    sentence: str
    code: str
    code_url: str
    at: datetime
    delivery_id: int
    may_retry: bool
    may_arrive_twice: bool


@dataclass(frozen=True)
class Bubble:
    """A message; `day` is set on the first one of each day."""

    id: int
    seq: int
    kind: str
    text: str
    at: datetime
    author: str
    day: str
    media_count: int
    story: Story | None


@dataclass(frozen=True)
class Looks:
    """What all bubbles of a thread have in common."""

    conversation: Conversation
    may_retry: bool
    now: datetime


def bubbles(messages: Iterable[Message], *, looks: Looks, before: Message | None = None) -> list[Bubble]:
    """The messages as they are shown; `before` is the one before the first, for the day separator."""
    shown = []
    last_day = _day(before) if before else None
    for message in messages:
        day = _day(message)
        shown.append(
            Bubble(
                id=message.pk,
                seq=message.seq,
                kind=message.direction,
                text=message.text,
                at=message.created_at,
                author=str(message.author) if message.author else "",
                day=day_words(day, looks.now) if day != last_day else "",
                media_count=message.inbound_text.media_count if message.inbound_text else 0,
                story=story(message.delivery, looks) if message.delivery else None,
            )
        )
        last_day = day
    return shown


def _day(message: Message) -> date:
    return timezone.localtime(message.created_at).date()


def day_words(day: date, now: datetime) -> str:
    """The day in words, in the active time zone."""
    today = timezone.localtime(now).date()
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return formats.date_format(day, "l, j F Y")


def story(delivery: Delivery, looks: Looks) -> Story:
    """A delivery's story. The sentence is there only when there is something to explain."""
    state = S(delivery.state)
    word, mark, tone = DELIVERY_WORDS[state]
    provider = REGISTRY[looks.conversation.number.account.provider]
    return Story(
        word=word,
        mark=mark,
        tone=tone,
        sentence=_sentence(state, delivery.explanation),
        code=delivery.provider_code,
        code_url=provider.error_url(delivery.provider_code) if delivery.provider_code else "",
        at=delivery.state_changed_at,
        delivery_id=delivery.pk,
        may_retry=looks.may_retry and state in status.RETRYABLE,
        may_arrive_twice=state is S.UNKNOWN,
    )


def _sentence(state: Delivery.State, explanation: str) -> str:
    if state is S.PENDING and not explanation:
        return ""
    start = BEFORE_EXPLANATION.get(state)
    if start is None:
        return ""
    return f"{start}: {explanation}" if explanation else f"{start}."


# --- beside the thread ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Customer:
    """Who writes, and why the conversation is here."""

    identification: str
    reason: str
    decided_at: datetime | None
    queue: str
    verdicts: list[tuple[str, str]]


def customer(conversation: Conversation, decision: RoutingDecision | None) -> Customer:
    """The pane beside the thread."""
    found = Conversation.Identification(conversation.identification)
    verdicts = decision.verdicts if decision else []
    return Customer(
        identification="" if conversation.contact_id else IDENTIFICATION.get(found, ""),
        reason=decision.reason if decision else "",
        decided_at=decision.decided_at if decision else None,
        queue=decision.queue.name if decision else "",
        verdicts=[(v["name"], VERDICT_WORDS.get(v["result"], v["result"])) for v in verdicts],
    )
