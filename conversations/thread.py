"""Reading one conversation for the desk: a bounded stretch of its thread."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from channels_app.media import ShownFile
from channels_app.media import shown as shown_file
from channels_app.models_deliveries import DeliveryEvent
from channels_app.models_media import Media
from conversations import access
from conversations.models import Conversation, Message
from conversations.models_desk import Reading
from conversations.worklists import Seat

# A page of a thread, and what one answer of the feed brings at most.
PAGE, MOST_MESSAGES = 50, 200
# One of them says 99+.
MOST_UNREAD = 100
# "Try again" makes a chain of deliveries; a longer one is told from its end.
MOST_ATTEMPTS, MOST_EVENTS = 10, 100


@dataclass(frozen=True)
class Stretch:
    """Some messages in order. `is_tail`: nothing comes after them; `has_earlier`: something comes before."""

    messages: list[Message]
    has_earlier: bool
    is_tail: bool

    @property
    def first(self) -> int:
        """The first seq, 0 without messages."""
        return self.messages[0].seq if self.messages else 0

    @property
    def last(self) -> int:
        """The last seq, 0 without messages."""
        return self.messages[-1].seq if self.messages else 0

    @property
    def after(self) -> int:
        """Before which seq the page lies that comes after these."""
        return self.last + PAGE + 1


def with_all(conversation: Conversation) -> QuerySet[Message]:
    """Its messages, with everything that a bubble shows."""
    return conversation.messages.select_related("author", "delivery__template", "inbound_text", "in_reply_to")


def files_of(messages: Iterable[Message]) -> dict[int, list[ShownFile]]:
    """The files of each message, by the message's id, in their order. One statement; none without files."""
    came = {m.inbound_text_id: m.pk for m in messages if m.inbound_text and m.inbound_text.media_count}
    went = {m.delivery_id: m.pk for m in messages if m.delivery and m.delivery.media_count}
    files: dict[int, list[ShownFile]] = {}
    if came or went:
        rows = Media.objects.filter(Q(inbound_text__in=list(came)) | Q(delivery__in=list(went)))
        for row in rows.order_by("position", "id"):
            message_id = came[row.inbound_text_id] if row.inbound_text_id else went[row.delivery_id]
            files.setdefault(message_id, []).append(shown_file(row))
    return files


def stretch(conversation: Conversation, *, before: int | None = None, around: int | None = None) -> Stretch:
    """The latest messages, the latest before a seq, or those around one. One statement."""
    if around is not None and before is None:
        before = around + PAGE // 2
    rows = with_all(conversation).order_by("-seq")
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: PAGE + 1])
    return Stretch(
        messages=found[:PAGE][::-1],
        has_earlier=len(found) > PAGE,
        is_tail=before is None or before > conversation.last_seq,
    )


@dataclass(frozen=True)
class News:
    """Messages that changed, and by seq those just before them. Beyond MOST_MESSAGES there are others."""

    messages: list[Message]
    before: dict[int, Message]


def changed(conversation: Conversation, *, since: int, first: int, last: int, until: int | None) -> News:
    """The messages changed after version `since`, from seq `first` to `until`; `last` is the last one shown.

    One statement when all come after `last`, else two.
    """
    news = Q(version__gt=since, seq__gte=first)
    if until is not None:
        news &= Q(seq__lte=until)
    rows = with_all(conversation).order_by("seq")
    found = {m.seq: m for m in rows.filter(Q(seq=last) | news)[: MOST_MESSAGES + 2]}
    messages = [message for message in found.values() if message.version > since]
    wanted = {message.seq - 1 for message in messages if message.seq <= last} - found.keys()
    if wanted:
        found |= {message.seq: message for message in rows.filter(seq__in=wanted)}
    return News(messages, found)


def last_read(conversation: Conversation, seat: Seat) -> int:
    """The seq up to which somebody has read; 0 for nothing yet. One statement."""
    found = Reading.objects.filter(user=seat.user, conversation=conversation)
    return found.values_list("seq", flat=True).first() or 0


@dataclass(frozen=True)
class UnreadAbove:
    """Unread messages before a stretch: how many (MOST_UNREAD: or more), and the first of them."""

    count: int
    first: Message

    @property
    def words(self) -> str:
        """How many."""
        return f"{MOST_UNREAD - 1}+" if self.count == MOST_UNREAD else str(self.count)


def unread_above(
    conversation: Conversation, shown: Stretch, *, read_up_to: int, seat: Seat
) -> UnreadAbove | None:
    """What others said after `read_up_to` and before a stretch; None when nothing, or nothing was ever read.
    One statement, none when everything up to the stretch was read.
    """
    if not 0 < read_up_to < shown.first - 1:
        return None
    said = conversation.messages.filter(seq__gt=read_up_to, seq__lt=shown.first)
    said = said.exclude(direction=Message.Direction.SYSTEM).exclude(author=seat.user)
    found = list(said.order_by("seq").only("seq")[:MOST_UNREAD])
    return UnreadAbove(len(found), found[0]) if found else None


# --- above the first message ----------------------------------------------------------------------


@dataclass(frozen=True)
class Above:
    """What comes before a stretch: earlier messages of `conversation` (then `before` is the first seq shown,
    and `day` its day), or the conversation before it.
    """

    conversation: Conversation
    before: int | None = None
    day: str = ""


def above(conversation: Conversation, shown: Stretch, *, seat: Seat) -> Above | None:
    """What can be read before a stretch; None at the very beginning. No statement within a conversation."""
    if shown.has_earlier:
        first = shown.messages[0]
        day = timezone.localtime(first.created_at).date().isoformat()
        return Above(conversation, shown.first, day)
    before = _conversation_before(conversation, seat)
    return Above(before) if before else None


def _conversation_before(conversation: Conversation, seat: Seat) -> Conversation | None:
    """The same customer's latest one before, of those that this person may read. One statement for each index
    that leads to it.
    """
    rows = access.visible(seat.user).filter(pk__lt=conversation.pk).order_by("-pk")
    rows = rows.select_related("number", "closed_by__user", "agent__user")
    found = [rows.filter(address_id=conversation.address_id).first()]
    if conversation.contact_id:
        found.append(rows.filter(contact_id=conversation.contact_id).first())
    return max((one for one in found if one), key=lambda one: one.pk, default=None)


# --- the story of one text ------------------------------------------------------------------------


def text_of_ours(conversation: Conversation, message_id: int) -> Message:
    """A text to the customer; raises access.NotFound for anything else."""
    sent = with_all(conversation).filter(pk=message_id, direction=Message.Direction.OUTBOUND).first()
    if sent is None:
        raise access.NotFound(message_id)
    return sent


def events_of(message: Message) -> list[DeliveryEvent]:
    """What happened to a text of ours, all its attempts together, in order."""
    attempts: list[int] = []
    delivery = message.delivery
    while delivery is not None and len(attempts) < MOST_ATTEMPTS:
        attempts.append(delivery.pk)
        delivery = delivery.retry_of
    events = DeliveryEvent.objects.filter(delivery__in=attempts).order_by("-delivery", "-id")
    return list(events[:MOST_EVENTS])[::-1]
