"""What happens to conversations by themselves: they close after inactivity, and show what became of texts."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from channels_app.models_deliveries import Delivery
from channels_app.models_media import Media
from channels_app.providers.base import Error
from channels_app.sessions import window_closes_at
from conversations import later
from conversations.changes import change_state, close_open_session, locked, save, say
from conversations.failures import has_failed
from conversations.models import Conversation, Message, Session, State
from conversations.transitions import Cause, Idle, is_overdue
from routing.channels import state_limits
from routing.models import WorkStream

# Channel and state -> time in the state after which a conversation is closed; None: never.
Limits = dict[tuple[str, State], timedelta | None]


def limits() -> Limits:
    """As they are set now."""
    found: Limits = {}
    for of in state_limits():
        for state, minutes in ((State.OPEN, of.open), (State.ACTIVE, of.active), (State.WRAP_UP, of.wrap_up)):
            found[of.channel, state] = None if minutes is None else timedelta(minutes=minutes)
    return found


def overdue(*, now: datetime, longest: Limits | None = None) -> QuerySet[Conversation]:
    """What has been left alone for too long, by the same limits as transitions.is_overdue."""
    idle = Q(pk=None)
    for (channel, state), limit in (longest or limits()).items():
        if limit is not None:
            idle |= Q(work_stream__channel=channel, state=state, state_changed_at__lte=now - limit)
    for minutes in WorkStream.objects.values_list("auto_close_after_inactivity", flat=True).distinct():
        idle |= Q(
            state=State.WAITING,
            work_stream__auto_close_after_inactivity=minutes,
            last_message_at__lte=now - timedelta(minutes=minutes),
        )
    # Said once more for the indexes, which leave the closed ones out.
    # Nobody is forgotten who will still be written to.
    return Conversation.objects.filter(~Q(state=State.CLOSED), idle).exclude(later.has_planned())


def close_overdue(*, now: datetime, most: int = 500) -> int:
    """Close what has been left alone for too long; returns how many."""
    closed, longest = 0, limits()
    for conversation_id in list(overdue(now=now, longest=longest).values_list("pk", flat=True)[:most]):
        with locked(conversation_id) as conversation:
            # Somebody may have planned a text meanwhile.
            if is_overdue(_idle(conversation, longest), now=now) and not later.is_planned(conversation):
                _close(conversation, now)
                closed += 1
    return closed


def _close(conversation: Conversation, now: datetime) -> None:
    change_state(conversation, Cause.TIME, now)
    close_open_session(conversation, Session.ClosureReason.CONVERSATION_TIMEOUT, now)
    conversation.closed_at = now
    conversation.closed_by = conversation.agent
    conversation.customer_waits_since = None
    say(conversation, "Closed by itself: no activity.", now)
    save(conversation, now)


def _idle(conversation: Conversation, longest: Limits) -> Idle:
    stream, state = conversation.work_stream, State(conversation.state)
    waits = timedelta(minutes=stream.auto_close_after_inactivity)
    return Idle(
        state=state,
        state_changed_at=conversation.state_changed_at,
        last_message_at=conversation.last_message_at,
        longest=waits if state is State.WAITING else longest.get((stream.channel, state)),
    )


def close_for_erasure(*, conversation_id: int, now: datetime) -> None:
    """Close a conversation because its customer is being forgotten; nothing when it is closed."""
    with locked(conversation_id) as conversation:
        if conversation.state == State.CLOSED:
            return
        change_state(conversation, Cause.ERASURE, now)
        close_open_session(conversation, Session.ClosureReason.CONVERSATION_CLOSED, now)
        later.conversation_closed(conversation, now)
        conversation.closed_at, conversation.closed_by = now, conversation.agent
        conversation.customer_waits_since = None
        save(conversation, now)


def show_changed_deliveries(*, now: datetime, most: int = 100) -> int:
    """Let the conversations of changed deliveries show it; returns how many deliveries there were."""
    news = list(Delivery.objects.filter(is_news=True).order_by("id").values_list("id", flat=True)[:most])
    for delivery_id in news:
        _show_delivery(delivery_id, now)
    return len(news)


def _show_delivery(delivery_id: int, now: datetime) -> None:
    changed = Delivery.objects.filter(pk=delivery_id, is_news=True)
    of = Message.objects.filter(delivery=delivery_id)
    conversation_id = of.values_list("conversation_id", flat=True).first()
    if conversation_id is None:
        changed.update(is_news=False)
        return
    # The conversation before its deliveries, as everybody locks them.
    with locked(conversation_id) as conversation:
        # Cleared before it is read: a change that comes after this is news again.
        changed.update(is_news=False)
        of.update(version=conversation.version)
        _take_in(conversation, of.select_related("delivery").get())
        save(conversation, now)


def _take_in(conversation: Conversation, message: Message) -> None:
    """What a conversation keeps of its deliveries, after one of them has changed. Not saved yet."""
    delivery = message.delivery
    assert delivery is not None
    conversation.has_failed_message = has_failed(conversation)
    is_scheduled = later.is_scheduled(delivery.not_before, written=message.created_at)
    if is_scheduled and conversation.state != State.CLOSED:
        conversation.customer_waits_since = later.waits_since(conversation)
    if delivery.error == Error.WINDOW_CLOSED:
        # WhatsApp may know better than our clock: the composer must offer what still can be sent.
        conversation.window_closes_at = window_closes_at(conversation.number, conversation.address)


def show_changed_media(*, now: datetime, most: int = 100) -> int:
    """Let the conversations of changed files show it; returns how many files there were."""
    news = Media.objects.filter(is_news=True).order_by("id").values_list("id", "inbound_text_id")[:most]
    by_text: dict[int | None, list[int]] = {}
    for media_id, text_id in news:
        by_text.setdefault(text_id, []).append(media_id)
    # One change of the conversation for all the files of a text.
    for of_text, media_ids in by_text.items():
        _show_files(of_text, media_ids, now)
    return sum(map(len, by_text.values()))


def _show_files(of_text: int | None, media_ids: list[int], now: datetime) -> None:
    messages = Message.objects.filter(inbound_text_id=of_text) if of_text else Message.objects.none()
    conversation_id = messages.values_list("conversation_id", flat=True).first()
    with transaction.atomic():
        # Cleared first: a change that comes after this is news again.
        Media.objects.filter(pk__in=media_ids, is_news=True).update(is_news=False)
        if conversation_id is None:
            return
        with locked(conversation_id) as conversation:
            messages.update(version=conversation.version)
            save(conversation, now)
