"""The thread as templates show it, as plain data: bubbles, and what became of them. Asks nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import formats, timezone

from channels_app import status
from channels_app.media import ShownFile
from channels_app.models_deliveries import Delivery
from channels_app.providers import REGISTRY
from conversations.cards import NOTHING, Extras, extras_of
from conversations.models import Conversation, Message

S, Direction = Delivery.State, Message.Direction
FAILED = frozenset({S.FAILED, S.UNDELIVERED, S.CANCELED})
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
    S.DELIVERED: ("delivered", "✓✓", ""),
    S.READ: ("read", "✓✓", "ok"),
}
BEFORE_EXPLANATION = {
    S.PENDING: "Not sent yet, tried again by itself",
    S.UNKNOWN: "Nobody knows whether it arrived",
    S.CANCELED: "Not sent",
    S.FAILED: "Not delivered",
    S.UNDELIVERED: "Not delivered",
}
QUOTED = 140
# So far above a quoted message the page is asked for anew: the thread on the screen may not reach that far.
NEAR = 100


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
class Quote:
    """The message that a customer answered. Without `conversation_id` there is no way to it from here.

    `before` is the seq to ask the page for when the message may be far above; 0 when it is near.
    """

    author: str
    text: str
    message_id: int
    conversation_id: int | None
    before: int


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
    files: list[ShownFile]
    lost_files: int
    story: Story | None
    extras: Extras
    quote: Quote | None
    template: str

    @property
    def says_nothing(self) -> bool:
        """Whether there would be nothing at all to look at."""
        return not (self.text or self.files or self.lost_files or self.extras.has_card)


@dataclass(frozen=True)
class Looks:
    """What all bubbles of a thread have in common.

    `reads_earlier`: whether the person may read the customer's other conversations, as its agent may.
    `files`: those of all its messages, by the message's id.
    """

    conversation: Conversation
    may_retry: bool
    may_send_template: bool
    now: datetime
    reads_earlier: bool
    files: Mapping[int, list[ShownFile]]


def bubbles(messages: Iterable[Message], *, looks: Looks, before: Message | None = None) -> list[Bubble]:
    """The messages as they are shown; `before` is the one before the first, for the day separator."""
    shown = []
    last_day = _day(before) if before else None
    for message in messages:
        day = _day(message)
        shown.append(_bubble(message, looks, day_words(day, looks.now) if day != last_day else ""))
        last_day = day
    return shown


def _bubble(message: Message, looks: Looks, day: str) -> Bubble:
    inbound, delivery = message.inbound_text, message.delivery
    files = looks.files.get(message.pk, [])
    return Bubble(
        id=message.pk,
        seq=message.seq,
        kind=message.direction,
        text=message.text,
        at=message.created_at,
        author=str(message.author) if message.author else "",
        day=day,
        files=files,
        # Texts that came before files were kept.
        lost_files=max(0, inbound.media_count - len(files)) if inbound else 0,
        story=story(delivery, looks) if delivery else None,
        extras=extras_of(inbound.extras, message.text) if inbound else NOTHING,
        quote=_quote(message, looks),
        template=str(delivery.template) if delivery and delivery.template else "",
    )


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


def _quote(message: Message, looks: Looks) -> Quote | None:
    """What is answered. The words of another conversation are shown only to those who may read that one."""
    said = message.in_reply_to
    if said is None:
        told = message.inbound_text is not None and message.inbound_text.extras.get("reply_to")
        return Quote("", "a message that is not here", 0, None, 0) if told else None
    is_here = said.conversation_id == message.conversation_id
    if not (is_here or looks.reads_earlier):
        return Quote("", "a message of an earlier conversation", said.pk, None, 0)
    is_near = is_here and message.seq - said.seq < NEAR
    return Quote(
        author=looks.conversation.title if said.direction == Direction.INBOUND else "Us",
        text=" ".join(said.text.split())[:QUOTED] or "(no text)",
        message_id=said.pk,
        conversation_id=said.conversation_id,
        before=0 if is_near else said.seq + NEAR // 2,
    )


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
        may_retry=(looks.may_send_template if delivery.template_id else looks.may_retry)
        and state in status.RETRYABLE,
        may_arrive_twice=state is S.UNKNOWN,
    )


def _sentence(state: Delivery.State, explanation: str) -> str:
    if state is S.PENDING and not explanation:
        return ""
    start = BEFORE_EXPLANATION.get(state)
    if start is None:
        return ""
    return f"{start}: {explanation}" if explanation else f"{start}."
