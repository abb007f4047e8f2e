"""Reading one conversation for the desk: a bounded stretch of its thread."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from channels_app.media import ShownFile, shown
from channels_app.models_media import Media
from conversations.models import Conversation, Message

MOST_MESSAGES = 200


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


def _messages(conversation: Conversation) -> QuerySet[Message]:
    """With everything that a bubble shows."""
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
            files.setdefault(message_id, []).append(shown(row))
    return files


def stretch(conversation: Conversation, *, before: int | None) -> Stretch:
    """The latest messages, or the latest before a seq. One statement."""
    rows = _messages(conversation).order_by("-seq")
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: MOST_MESSAGES + 1])
    return Stretch(
        messages=found[:MOST_MESSAGES][::-1],
        has_earlier=len(found) > MOST_MESSAGES,
        is_tail=before is None or before > conversation.last_seq,
    )


def changed(
    conversation: Conversation, *, since: int, first: int, last: int, until: int | None
) -> tuple[Message | None, list[Message]]:
    """The message with seq `last`, and those changed after version `since`, from seq `first` to `until`.

    More than MOST_MESSAGES of them means that there are still others.
    """
    news = Q(version__gt=since, seq__gte=first)
    if until is not None:
        news &= Q(seq__lte=until)
    found = list(_messages(conversation).filter(Q(seq=last) | news).order_by("seq")[: MOST_MESSAGES + 2])
    before = next((message for message in found if message.seq == last), None)
    return before, [message for message in found if message.version > since]
