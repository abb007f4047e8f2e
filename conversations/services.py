"""Everything that happens to conversations. The only place that writes them.

Each change is one transaction under the conversation's row lock: the row, its session, a line in the thread,
and a new version for the desk's feed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Sum

from agents.models import Agent, User
from channels_app import outbox, status
from channels_app.gate import Verdict
from channels_app.models import Delivery, InboundText, Number
from contacts.services import Identity
from conversations.models import Conversation, Message, RoutingDecision, Session, State
from conversations.transitions import LONGEST, USES_CAPACITY, Cause, Idle, NotAllowed, after, is_overdue
from routing.models import Queue, WorkStream
from routing.rules import Facts
from routing.services import decide_queue

Direction, Reason = Message.Direction, Session.ClosureReason
PREVIEW = 160


class Lost(NotAllowed):
    """Somebody else was faster. Nothing was changed."""

    code = "lost"


class NotYours(NotAllowed):
    """Only the conversation's agent may do this. Nothing was changed."""

    code = "not_yours"


@contextmanager
def locked(conversation_id: int) -> Iterator[Conversation]:
    """The conversation under its row lock, with the next version; whoever changed it saves it."""
    with transaction.atomic():
        rows = Conversation.objects.select_related(
            "work_stream", "number__account", "address", "agent__user", "queue"
        )
        if connection.features.has_select_for_update:
            rows = rows.select_for_update(of=("self",))
        conversation = rows.get(pk=conversation_id)
        conversation.version += 1
        yield conversation


# --- what the customer says -----------------------------------------------------------------------


def open_conversation(
    *, identity: Identity, number: Number, work_stream: WorkStream, first_message: str, now: datetime
) -> Conversation:
    """Start a conversation and route it, in the caller's transaction (which holds the address's lock)."""
    facts = routing_facts(identity, first_message)
    queue, decision = decide_queue(work_stream, facts)
    conversation = Conversation.objects.create(
        address=identity.address,
        number=number,
        work_stream=work_stream,
        queue=queue,
        contact=identity.contact,
        identification=identity.found,
        title=identity.title[:200],
        created_at=now,
        state_changed_at=now,
        modified_at=now,
        last_message_at=now,
        last_inbound_at=now,
    )
    winner = next((v.name for v in decision.verdicts if v.result == "true"), "")
    reason = f"Rule “{winner}” was true." if winner else "No rule was true: Default queue."
    if not decision.verdicts:
        reason = "The work stream has no rules: Default queue."
    RoutingDecision.objects.create(
        conversation=conversation,
        queue=queue,
        rule_id=decision.rule_id,
        reason=reason[:200],
        facts=facts,
        verdicts=[v.as_dict() for v in decision.verdicts],
        decided_at=now,
    )
    by = f" by rule “{winner}”" if winner else ""
    _say(conversation, f"Routed to {queue.name}{by}.", now)
    return conversation


def routing_facts(identity: Identity, first_message: str) -> Facts:
    """What rules may ask about."""
    contact = identity.contact
    account = contact.account if contact else None
    return {
        "contact.mobile_phone": contact.mobile_phone if contact else "",
        "contact.first_name": contact.first_name if contact else "",
        "contact.last_name": contact.last_name if contact else "",
        "contact.full_name": contact.full_name if contact else "",
        "contact.email": contact.email if contact else "",
        "account.name": account.name if account else "",
        "account.phone": account.phone if account else "",
        "customer_number": identity.address.value,
        "first_message": first_message,
    }


def current(address_id: int, number_id: int) -> Conversation | None:
    """The one conversation of the pair that is not closed, under its row lock."""
    rows = Conversation.objects.filter(address_id=address_id, number_id=number_id).exclude(state=State.CLOSED)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.first()


def add_inbound(
    *, conversation: Conversation, inbound: InboundText, wakes: bool, is_new: bool, now: datetime
) -> Message:
    """Put a customer's text into the thread, in the caller's transaction under the row lock.

    With `wakes`, a Waiting conversation goes to Open, and is nobody's again.
    """
    if not is_new:
        conversation.version += 1
    message = _add(conversation, Direction.INBOUND, inbound.text, now, inbound_text=inbound)
    conversation.last_inbound_at = conversation.last_message_at = now
    if wakes and conversation.state == State.WAITING:
        _change_state(conversation, Cause.CUSTOMER_WROTE, now)
        conversation.agent = None
        _say(conversation, "The customer wrote again: back in the queue.", now)
    _save(conversation, now)
    return message


def close_at_once(*, conversation: Conversation, now: datetime, why: str) -> None:
    """Close a conversation that only records something (an opt-out word), in the caller's transaction."""
    _say(conversation, why, now)
    conversation.state, conversation.state_changed_at, conversation.closed_at = State.CLOSED, now, now
    _save(conversation, now)


def note_opt_out(*, conversation: Conversation, keyword: str, now: datetime) -> None:
    """Tell the thread what an opt-out word did, in the caller's transaction."""
    said = {
        "stop": "The customer texted STOP: nothing can be sent to them until they text START.",
        "start": "The customer texted START: they can be texted again.",
    }[keyword]
    _say(conversation, said, now)
    _save(conversation, now)


# --- what agents do -------------------------------------------------------------------------------


def pick(*, conversation_id: int, agent: Agent, now: datetime) -> Conversation:
    """Take an Open conversation, or reopen one's own Waiting one. Raises Lost when somebody was faster."""
    with locked(conversation_id) as conversation:
        if conversation.state == State.WAITING and conversation.agent_id == agent.pk:
            _change_state(conversation, Cause.REOPEN, now)
        elif conversation.state in USES_CAPACITY and conversation.agent_id != agent.pk:
            raise Lost(f"{conversation.agent} has this conversation already.")
        else:
            _change_state(conversation, Cause.PICK, now)
        conversation.agent, conversation.units = agent, conversation.work_stream.capacity
        Session.objects.create(
            conversation=conversation,
            agent=agent,
            queue_id=conversation.queue_id,
            created_at=now,
            agent_accepted_at=now,
        )
        _say(conversation, f"{agent} took the conversation.", now)
        _save(conversation, now)
    return conversation


def end(*, conversation_id: int, agent: Agent, now: datetime) -> Conversation:
    """Mark it as resolved: Active to Wrap-up. Capacity stays used until the session is closed."""
    with _own(conversation_id, agent) as conversation:
        _change_state(conversation, Cause.END, now)
        _say(conversation, f"{agent} ended the conversation.", now)
        _save(conversation, now)
    return conversation


def close_session(
    *, conversation_id: int, agent: Agent, now: datetime, seen: str | None = None
) -> Conversation:
    """Leave it: Active to Waiting (parked until the customer writes), Wrap-up to Closed (final).

    With `seen`, the state that the agent saw when choosing, raises Lost when it has changed meanwhile: what
    was meant as parking must not close for good.
    """
    with _own(conversation_id, agent) as conversation:
        if seen is not None and seen != conversation.state:
            raise Lost(f"The conversation is {State(conversation.state).label} meanwhile: look again.")
        state = _change_state(conversation, Cause.CLOSE_SESSION, now)
        if state is State.CLOSED:
            _close_open_session(conversation, Reason.CONVERSATION_CLOSED, now)
            conversation.closed_at, conversation.closed_by = now, agent
            _say(conversation, f"{agent} closed the conversation.", now)
        else:
            _close_open_session(conversation, Reason.AGENT_CLOSED, now)
            _say(conversation, f"{agent} parked the conversation: waiting for the customer.", now)
        _save(conversation, now)
    return conversation


def release(*, conversation_id: int, agent: Agent, now: datetime) -> Conversation:
    """Give an Active conversation back to its queue."""
    with _own(conversation_id, agent) as conversation:
        _change_state(conversation, Cause.RELEASE, now)
        _close_open_session(conversation, Reason.AGENT_REROUTED, now)
        conversation.agent = None
        _say(conversation, f"{agent} released it to {conversation.queue.name}.", now)
        _save(conversation, now)
    return conversation


def transfer_to_queue(*, conversation_id: int, agent: Agent, queue: Queue, now: datetime) -> Conversation:
    """Hand an Active conversation to a queue, where it is Open again."""
    with _own(conversation_id, agent) as conversation:
        _change_state(conversation, Cause.TRANSFER, now)
        _close_open_session(conversation, Reason.AGENT_TRANSFER_TO_QUEUE, now)
        conversation.agent, conversation.queue = None, queue
        conversation.transfer_count += 1
        _say(conversation, f"{agent} transferred it to {queue.name}.", now)
        _save(conversation, now)
    return conversation


def reply(*, conversation_id: int, agent: Agent, text: str, now: datetime) -> Message:
    """Write to the customer. The text leaves as soon as its turn comes.

    Raises NotYours, NotAllowed (not Active or Wrap-up), or outbox.Refused with a sentence; then nothing is
    stored.
    """
    with _own(conversation_id, agent) as conversation:
        if conversation.state not in USES_CAPACITY:
            raise NotAllowed(
                f"A conversation that is {State(conversation.state).label} cannot be replied to."
            )
        delivery = outbox.submit(number=conversation.number, address=conversation.address, text=text, now=now)
        message = _add(conversation, Direction.OUTBOUND, text, now, author=agent.user, delivery=delivery)
        conversation.last_message_at = now
        _save(conversation, now)
    return message


def write_internal(*, conversation_id: int, author: User, text: str, now: datetime) -> Message:
    """Write to colleagues; it never reaches a provider. Raises NotAllowed when closed or empty."""
    with locked(conversation_id) as conversation:
        if conversation.state == State.CLOSED:
            raise NotAllowed("A conversation that is Closed takes no further messages.")
        message = _add(conversation, Direction.INTERNAL, text, now, author=author)
        _save(conversation, now)
    return message


def try_again(*, message: Message, agent: Agent, now: datetime) -> Message:
    """Send a failed, undelivered or unknown text once more: a new delivery on the same bubble.

    Raises Lost when somebody did it already, NotAllowed when there is nothing to try again, outbox.Refused.
    """
    with _own(message.conversation_id, agent) as conversation:
        if conversation.state not in USES_CAPACITY:
            raise NotAllowed(
                f"A conversation that is {State(conversation.state).label} cannot be replied to."
            )
        fresh = Message.objects.select_related("delivery").get(pk=message.pk)
        if fresh.delivery is None or fresh.delivery.state not in status.RETRYABLE:
            raise NotAllowed("This text is on its way or has arrived: there is nothing to try again.")
        if fresh.delivery_id != message.delivery_id:
            raise Lost("Somebody has tried this text again already.")
        fresh.delivery = outbox.submit(
            number=conversation.number,
            address=conversation.address,
            text=fresh.text,
            now=now,
            retry_of=fresh.delivery,
        )
        fresh.version = conversation.version
        fresh.save(update_fields=["delivery", "version"])
        conversation.last_message_at = now
        _save(conversation, now)
    return fresh


def reply_verdict(conversation: Conversation, *, now: datetime, text: str = "x") -> Verdict:
    """Whether the customer can be written to at all, for the composer to explain before anything is typed."""
    return outbox.verdict_for(number=conversation.number, address=conversation.address, text=text, now=now)


def used_capacity(agent: Agent) -> int:
    """Units in use: the sum over the agent's Active and Wrap-up conversations."""
    mine = Conversation.objects.filter(agent=agent, state__in=USES_CAPACITY)
    return mine.aggregate(used=Sum("units"))["used"] or 0


# --- what happens by itself -----------------------------------------------------------------------


def overdue(*, now: datetime) -> QuerySet[Conversation]:
    """What has been left alone for too long, by the same limits as transitions.is_overdue."""
    idle = Q(pk=None)
    for state, longest in LONGEST.items():
        idle |= Q(state=state, state_changed_at__lte=now - longest)
    for minutes in WorkStream.objects.values_list("auto_close_after_inactivity", flat=True).distinct():
        idle |= Q(
            state=State.WAITING,
            work_stream__auto_close_after_inactivity=minutes,
            last_message_at__lte=now - timedelta(minutes=minutes),
        )
    return Conversation.objects.filter(idle)


def close_overdue(*, now: datetime, most: int = 500) -> int:
    """Close what has been left alone for too long; returns how many."""
    closed = 0
    for conversation_id in list(overdue(now=now).values_list("pk", flat=True)[:most]):
        with locked(conversation_id) as conversation:
            if _is_overdue(conversation, now):
                _change_state(conversation, Cause.TIME, now)
                _close_open_session(conversation, Reason.CONVERSATION_TIMEOUT, now)
                conversation.closed_at = now
                conversation.closed_by = conversation.agent
                _say(conversation, "Closed by itself: no activity.", now)
                _save(conversation, now)
                closed += 1
    return closed


def _is_overdue(conversation: Conversation, now: datetime) -> bool:
    return is_overdue(
        Idle(
            state=State(conversation.state),
            state_changed_at=conversation.state_changed_at,
            last_message_at=conversation.last_message_at,
            auto_close_after=timedelta(minutes=conversation.work_stream.auto_close_after_inactivity),
        ),
        now=now,
    )


def show_changed_deliveries(*, now: datetime, most: int = 100) -> int:
    """Let the conversations of changed deliveries show it; returns how many deliveries there were."""
    news = list(Delivery.objects.filter(is_news=True).order_by("id").values_list("id", flat=True)[:most])
    for delivery_id in news:
        _show_delivery(delivery_id, now)
    return len(news)


def _show_delivery(delivery_id: int, now: datetime) -> None:
    conversation_id = (
        Message.objects.filter(delivery=delivery_id).values_list("conversation_id", flat=True).first()
    )
    with transaction.atomic():
        # Cleared first: a change that comes after this is news again.
        Delivery.objects.filter(pk=delivery_id, is_news=True).update(is_news=False)
        if conversation_id is None:
            return
        with locked(conversation_id) as conversation:
            Message.objects.filter(delivery=delivery_id).update(version=conversation.version)
            _save(conversation, now)


# --- parts ----------------------------------------------------------------------------------------


@contextmanager
def _own(conversation_id: int, agent: Agent) -> Iterator[Conversation]:
    """The conversation under its lock, if it is this agent's; raises NotYours."""
    with locked(conversation_id) as conversation:
        if conversation.state == State.CLOSED:
            raise NotAllowed("The conversation is Closed: that is final.")
        if conversation.agent_id != agent.pk:
            owner = conversation.agent
            raise NotYours(f"{owner} has this conversation." if owner else "Pick this conversation first.")
        yield conversation


def _change_state(conversation: Conversation, cause: Cause, now: datetime) -> State:
    state = after(State(conversation.state), cause)
    conversation.state, conversation.state_changed_at = state, now
    return state


def _close_open_session(conversation: Conversation, reason: str, now: datetime) -> None:
    Session.objects.filter(conversation=conversation, state=Session.State.ACTIVE).update(
        state=Session.State.CLOSED, closed_at=now, closure_reason=reason
    )


def _add(conversation: Conversation, direction: str, text: str, now: datetime, **parts: Any) -> Message:
    conversation.last_seq += 1
    if direction != Direction.SYSTEM:
        conversation.last_text = " ".join(text.split())[:PREVIEW]
    return Message.objects.create(
        conversation=conversation,
        seq=conversation.last_seq,
        direction=direction,
        text=text,
        version=conversation.version,
        created_at=now,
        **parts,
    )


def _say(conversation: Conversation, text: str, now: datetime) -> None:
    _add(conversation, Direction.SYSTEM, text, now)


def _save(conversation: Conversation, now: datetime) -> None:
    conversation.modified_at = now
    conversation.save()
