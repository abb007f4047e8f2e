"""Texts that have been written and have not left yet: held for a moment so that they can be taken back, or
scheduled for later. Taking back, sending now, another time, calling off.

A text leaves or is taken back, never both: both change its row, and only from pending.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from agents.models import Agent
from channels_app import gate, outbox
from channels_app.deliveries import cancel, reschedule
from channels_app.models_deliveries import Delivery
from conversations import drafts
from conversations.cards import preview
from conversations.changes import PREVIEW, own, save, say
from conversations.desk_settings import desk_settings
from conversations.failures import CLOSED, CUSTOMER_WROTE, ON_PURPOSE, TAKEN_BACK
from conversations.models import Conversation, Message
from conversations.transitions import NotAllowed

Direction = Message.Direction
# What shall leave later than this after it was written is scheduled; what leaves sooner is only held.
LONGEST_HOLD = timedelta(seconds=30)
FURTHEST = timedelta(days=90)
# So many messages are one reply at most.
NEIGHBOURS = 20
CALLED_OFF = Q(delivery__state=Delivery.State.CANCELED, delivery__error__in=ON_PURPOSE)
NOT_SENT = Q(delivery__state=Delivery.State.CANCELED)
STILL_PLANNED = Q(
    delivery__state=Delivery.State.PENDING, delivery__not_before__gt=F("created_at") + LONGEST_HOLD
)


class PastRecall(NotAllowed):
    """The text is leaving or has left. Nothing was changed."""

    code = "past_recall"


@dataclass(frozen=True)
class Waiting:
    """A reply that waits for its time. Its first message stands for all its parts."""

    message: Message
    text: str
    leaves_at: datetime
    is_scheduled: bool


# --- what waits -----------------------------------------------------------------------------------


def is_scheduled(not_before: datetime | None, *, written: datetime) -> bool:
    """Whether a text is meant for later, and not only held for a moment."""
    return not_before is not None and not_before > written + LONGEST_HOLD


def held_until(now: datetime) -> datetime | None:
    """Until when a reply written now can be taken back; None when the desk has no such time."""
    seconds = desk_settings().undo_seconds
    return now + timedelta(seconds=seconds) if seconds else None


def planned_deliveries() -> QuerySet[Delivery]:
    """What waits for a time of its own. By index: the customer's address."""
    return Delivery.objects.filter(state=Delivery.State.PENDING, not_before__isnull=False)


def has_planned() -> Exists:
    """Whether a text of the conversation (the outer query's) waits for its time."""
    pair = {"address": OuterRef("address_id"), "number": OuterRef("number_id")}
    return Exists(planned_deliveries().filter(**pair))


def is_planned(conversation: Conversation) -> bool:
    """Whether a text in it waits for its time. One statement."""
    return _waiting_messages(conversation).exists()


def _waiting_messages(conversation: Conversation) -> QuerySet[Message]:
    pair = {"address": conversation.address_id, "number": conversation.number_id}
    return (
        Message.objects.filter(conversation=conversation, delivery__in=planned_deliveries().filter(**pair))
        .select_related("delivery__template", "author")
        .order_by("delivery__not_before", "seq")
    )


def waiting(conversation: Conversation, *, now: datetime) -> list[Waiting]:
    """What has not left yet, what leaves first before the others. One statement."""
    found: dict[tuple[datetime, int | None], Waiting] = {}
    for message in _waiting_messages(conversation):
        leaves_at = message.delivery.not_before if message.delivery else None
        if leaves_at is None or leaves_at <= now:
            continue
        first = found.setdefault(
            (message.created_at, message.author_id),
            Waiting(message, "", leaves_at, is_scheduled(leaves_at, written=message.created_at)),
        )
        if message.text and not first.text:
            found[message.created_at, message.author_id] = Waiting(
                first.message, message.text, leaves_at, first.is_scheduled
            )
    return list(found.values())


def waits_since(conversation: Conversation) -> datetime | None:
    """Since when the customer waits: their first text after the last one of ours that left, or leaves now."""
    answers = conversation.messages.filter(direction=Direction.OUTBOUND).exclude(NOT_SENT | STILL_PLANNED)
    last = answers.order_by("-seq").values_list("seq", flat=True).first() or 0
    theirs = conversation.messages.filter(direction=Direction.INBOUND, seq__gt=last)
    return theirs.order_by("seq").values_list("created_at", flat=True).first()


# --- what agents do with it -----------------------------------------------------------------------


def _parts(message: Message) -> list[Message]:
    """All messages of the same reply that have not left, in the order in which they leave."""
    near = Message.objects.filter(
        conversation=message.conversation_id,
        seq__range=(message.seq - NEIGHBOURS, message.seq + NEIGHBOURS),
        direction=Direction.OUTBOUND,
        created_at=message.created_at,
        author=message.author_id,
    )
    found = list(near.select_related("delivery").order_by("seq"))
    if not found:
        raise PastRecall("This is no text of ours that waits to leave.")
    return found


def take_back(*, message: Message, agent: Agent, now: datetime) -> Message:
    """Take back a reply that has not left: it never will, and its words are in the agent's draft again.

    Raises PastRecall when a sender was faster, NotYours, NotAllowed.
    """
    with own(message.conversation_id, agent) as conversation:
        parts = _parts(message)
        first = parts[0]
        was_planned = first.delivery is not None and is_scheduled(
            first.delivery.not_before, written=first.created_at
        )
        for part in parts:
            if not _call_off(part, TAKEN_BACK, f"{agent} took it back before it left.", now):
                raise PastRecall("It has left already: it cannot be taken back.")
        _show(parts, conversation)
        if was_planned:
            say(conversation, f"{agent} called off a scheduled text.", now)
        text = "\n\n".join(part.text for part in parts if part.text)
        if text and not (first.delivery and first.delivery.template_id):
            drafts.put_back(user=agent.user, conversation=conversation, text=text, now=now)
        conversation.customer_waits_since = waits_since(conversation)
        conversation.last_text = _last_text(conversation)
        save(conversation, now)
    return message


def send_now(*, message: Message, agent: Agent, now: datetime) -> Message:
    """Let a reply leave at once. Raises PastRecall when it is leaving already, NotYours, NotAllowed."""
    return _change_time(message, agent, None, message.cancel_if_customer_writes, now)


def change_time(
    *, message: Message, agent: Agent, not_before: datetime, cancel_if_customer_writes: bool, now: datetime
) -> Message:
    """Let a reply leave at another time. Raises PastRecall, NotYours, NotAllowed, outbox.Refused."""
    check_time(not_before, now=now)
    return _change_time(message, agent, not_before, cancel_if_customer_writes, now)


def _change_time(
    message: Message, agent: Agent, not_before: datetime | None, cancels: bool, now: datetime
) -> Message:
    with own(message.conversation_id, agent) as conversation:
        parts = _parts(message)
        for part in parts:
            assert part.delivery is not None
            verdict = outbox.verdict_for(
                number=conversation.number,
                address=conversation.address,
                text=part.delivery.text or "x",
                now=now,
                not_before=not_before,
                template=part.delivery.template,
            )
            if verdict.answer is gate.Answer.NO:
                raise outbox.Refused(verdict)
            if not reschedule(part.delivery.pk, not_before=not_before, now=now):
                raise PastRecall("It has left already.")
            Message.objects.filter(pk=part.pk).update(cancel_if_customer_writes=cancels)
        _show(parts, conversation)
        conversation.customer_waits_since = waits_since(conversation)
        save(conversation, now)
    return message


def check_time(not_before: datetime, *, now: datetime) -> None:
    """Raises outbox.Refused for what is over, and for what is too far away."""
    if not_before <= now:
        raise outbox.Refused(gate.no("not_before", "This time is over: choose a later one."))
    if not_before > now + FURTHEST:
        raise outbox.Refused(gate.no("not_before", f"Choose a time within the next {FURTHEST.days} days."))


# --- what happens to it by itself -----------------------------------------------------------------


def customer_wrote(conversation: Conversation, now: datetime) -> None:
    """Call off what should not leave once the customer has written, in the caller's transaction."""
    found = list(_waiting_messages(conversation).filter(cancel_if_customer_writes=True))
    gone = [m for m in found if _call_off(m, CUSTOMER_WROTE, "The customer wrote before it left.", now)]
    _show(gone, conversation)
    if gone:
        say(conversation, "The customer wrote first: a scheduled text was not sent.", now)


def conversation_closed(conversation: Conversation, now: datetime) -> None:
    """Call off what is scheduled in a conversation that is being closed, in the caller's transaction.

    What is only held for a moment leaves.
    """
    found = list(_waiting_messages(conversation).filter(STILL_PLANNED))
    gone = [m for m in found if _call_off(m, CLOSED, "The conversation was closed before it left.", now)]
    _show(gone, conversation)
    if gone:
        say(conversation, "Closed before its time: a scheduled text was not sent.", now)


def _call_off(message: Message, reason: str, sentence: str, now: datetime) -> bool:
    """Whether it was still there to be called off."""
    assert message.delivery_id is not None
    return cancel(message.delivery_id, reason=reason, sentence=sentence, now=now)


def _show(messages: list[Message], conversation: Conversation) -> None:
    """Let the feed show what has changed."""
    ids = [message.pk for message in messages]
    Message.objects.filter(pk__in=ids).update(version=conversation.version)


def _last_text(conversation: Conversation) -> str:
    """The beginning of the latest message that was not called off."""
    said = conversation.messages.exclude(direction=Direction.SYSTEM).exclude(CALLED_OFF)
    latest = said.select_related("inbound_text").order_by("-seq").first()
    if latest is None:
        return ""
    inbound = latest.inbound_text
    words = preview(inbound.text, inbound.extras, inbound.media_count) if inbound else latest.text
    return " ".join(words.split())[:PREVIEW]
