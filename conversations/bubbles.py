"""The thread as templates show it, as plain data: bubbles, and what became of them. Asks nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import formats, timezone

from channels_app.media import ShownFile
from channels_app.models_deliveries import Delivery
from conversations.cards import NOTHING, Extras, extras_of
from conversations.models import Conversation, Message
from conversations.stories import Story, story
from omnichannel.lib import links, phones

S, Direction = Delivery.State, Message.Direction
FAILED = frozenset({S.FAILED, S.UNDELIVERED, S.CANCELED})
QUOTED = 140
# What one person says within this time belongs together.
IN_ONE_GO = timedelta(minutes=5)
# A text beyond one of these is folded.
LONGEST_SHOWN, MOST_LINES_SHOWN = 900, 14


@dataclass(frozen=True)
class Quote:
    """The message that a customer answered. Without `conversation_id` there is no way to it from here."""

    author: str
    text: str
    message_id: int
    conversation_id: int | None
    seq: int


@dataclass(frozen=True)
class Bubble:
    """A message; `day` is set on the first one of each day, `parts` are its text in pieces that may be links.

    `joins`: it goes on with what the same person said just before. `is_first_unread`: the reader has read up
    to here. `is_routing`: the line that says where the conversation was routed.
    """

    id: int
    seq: int
    kind: str
    text: str
    parts: list[links.Part]
    at: datetime
    author: str
    day: str
    joins: bool
    is_first_unread: bool
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

    @property
    def is_long(self) -> bool:
        """Whether it is shown folded."""
        return len(self.text) > LONGEST_SHOWN or self.text.count("\n") >= MOST_LINES_SHOWN

    @property
    def is_routing(self) -> bool:
        """A conversation begins with being routed."""
        return self.seq == 1 and self.kind == Direction.SYSTEM


@dataclass(frozen=True)
class Looks:
    """What all bubbles of a thread have in common.

    `reads_earlier`: whether the person may read the customer's other conversations, as its agent may.
    `files`: those of all its messages, by the message's id. `region`: whose national numbers it has.
    `reader_id` has read up to `read_up_to`; None: nothing is to be said of that.
    """

    conversation: Conversation
    may_retry: bool
    may_send_template: bool
    now: datetime
    reads_earlier: bool
    files: Mapping[int, list[ShownFile]]
    read_up_to: int | None = None
    reader_id: int | None = None

    @property
    def region(self) -> str | None:
        """The customer's, by their number."""
        return phones.region_of(self.conversation.address.value)


def bubbles(
    messages: Iterable[Message], *, looks: Looks, before: Mapping[int, Message] | None = None
) -> list[Bubble]:
    """The messages as they are shown; `before` are those just before some of them, by their seq."""
    shown = list(messages)
    known = {**(before or {}), **{message.seq: message for message in shown}}
    region, unread = looks.region, _first_unread(shown, looks)
    return [
        _bubble(message, looks, known.get(message.seq - 1), region=region, is_first_unread=message is unread)
        for message in shown
    ]


def _first_unread(messages: list[Message], looks: Looks) -> Message | None:
    """The first one of others that was not read; None when it is not among these, or nothing was ever."""
    read = looks.read_up_to
    if not read or not messages or messages[0].seq > read + 1:
        return None
    others = (m for m in messages if m.seq > read and m.direction != Direction.SYSTEM)
    return next((m for m in others if m.author_id is None or m.author_id != looks.reader_id), None)


def _bubble(
    message: Message, looks: Looks, previous: Message | None, *, region: str | None, is_first_unread: bool
) -> Bubble:
    inbound, delivery = message.inbound_text, message.delivery
    files = looks.files.get(message.pk, [])
    day = day_of(message)
    is_new_day = previous is None or day_of(previous) != day
    return Bubble(
        id=message.pk,
        seq=message.seq,
        kind=message.direction,
        text=message.text,
        parts=links.parts(message.text, region=region),
        at=message.created_at,
        author=str(message.author) if message.author else "",
        day=day_words(day, looks.now) if is_new_day else "",
        joins=previous is not None and not is_new_day and not is_first_unread and _joins(previous, message),
        is_first_unread=is_first_unread,
        files=files,
        # Texts that came before files were kept.
        lost_files=max(0, inbound.media_count - len(files)) if inbound else 0,
        story=_story(delivery, looks) if delivery else None,
        extras=extras_of(inbound.extras, message.text) if inbound else NOTHING,
        quote=_quote(message, looks),
        template=str(delivery.template) if delivery and delivery.template else "",
    )


def _story(delivery: Delivery, looks: Looks) -> Story:
    provider = looks.conversation.number.account.provider
    may_retry = looks.may_send_template if delivery.template_id else looks.may_retry
    return story(delivery, provider=provider, may_retry=may_retry)


def _joins(previous: Message, message: Message) -> bool:
    """Whether one person said both in one go."""
    return (
        previous.direction == message.direction != Direction.SYSTEM
        and previous.author_id == message.author_id
        and message.created_at - previous.created_at < IN_ONE_GO
    )


def day_of(message: Message) -> date:
    """In the active time zone."""
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
    return Quote(
        author=looks.conversation.title if said.direction == Direction.INBOUND else "Us",
        text=" ".join(said.text.split())[:QUOTED] or "(no text)",
        message_id=said.pk,
        conversation_id=said.conversation_id,
        seq=said.seq,
    )
