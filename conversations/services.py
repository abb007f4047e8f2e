"""What customers say and agents do. With `writing` and `upkeep`, the only place that writes conversations.

Each change is one transaction under the conversation's row lock: the row, its session, a line in the thread,
and a new version for the desk's feed.
"""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from agents.models import Agent
from channels_app import window
from channels_app.accounts import rules_of
from channels_app.models import Number
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText
from contacts.services import Identity
from conversations import later
from conversations.access import may_act
from conversations.cards import preview
from conversations.changes import (
    PREVIEW,
    Lost,
    add,
    begin,
    change_state,
    close_open_session,
    give_to,
    locked,
    own,
    save,
    say,
)
from conversations.facts import route
from conversations.models import Conversation, Message, RoutingDecision, Session, State
from conversations.transitions import USES_CAPACITY, Cause
from routing.models import Queue, WorkStream

Direction, Reason = Message.Direction, Session.ClosureReason


# --- what the customer says -----------------------------------------------------------------------


def open_conversation(
    *, identity: Identity, number: Number, work_stream: WorkStream, first_message: str, now: datetime
) -> Conversation:
    """Start a conversation and route it, in the caller's transaction (which holds the address's lock)."""
    routed = route(identity=identity, work_stream=work_stream, first_message=first_message)
    conversation = Conversation.objects.create(
        address=identity.address,
        number=number,
        work_stream=work_stream,
        queue=routed.queue,
        contact=identity.contact,
        identification=identity.found,
        title=identity.title[:200],
        created_at=now,
        state_changed_at=now,
        modified_at=now,
        last_message_at=now,
        last_inbound_at=now,
    )
    RoutingDecision.objects.create(
        conversation=conversation,
        work_stream=work_stream,
        queue=routed.queue,
        rule_id=routed.decision.rule_id,
        reason=routed.reason[:200],
        facts=routed.facts,
        verdicts=[v.as_dict() for v in routed.decision.verdicts],
        decided_at=now,
    )
    by = f" by rule “{routed.winner}”" if routed.winner else ""
    say(conversation, f"Routed to {routed.queue.name}{by}.", now)
    return conversation


def current(address_id: int, number_id: int) -> Conversation | None:
    """The one conversation of the pair that is not closed, under its row lock."""
    rows = Conversation.objects.filter(address_id=address_id, number_id=number_id).exclude(state=State.CLOSED)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    found = rows.first()
    return found and begin(found)


def add_inbound(
    *, conversation: Conversation, inbound: InboundText, wakes: bool, is_new: bool, now: datetime
) -> Message:
    """Put a customer's text into the thread, in the caller's transaction under the row lock.

    With `wakes`, a Waiting conversation goes to Open, and is nobody's again.
    """
    if not is_new:
        conversation.version += 1
    answered = answered_message(inbound)
    message = add(
        conversation, Direction.INBOUND, inbound.text, now, inbound_text=inbound, in_reply_to=answered
    )
    instead = preview(inbound.text, inbound.extras, inbound.media_count)
    conversation.last_text = conversation.last_text or instead[:PREVIEW]
    conversation.last_inbound_at = conversation.last_message_at = now
    conversation.last_inbound_seq = message.seq
    conversation.customer_waits_since = conversation.customer_waits_since or now
    conversation.window_closes_at = _window_after(conversation, inbound)
    if wakes and conversation.state == State.WAITING:
        change_state(conversation, Cause.CUSTOMER_WROTE, now)
        conversation.agent = None
        say(conversation, "The customer wrote again: back in the queue.", now)
    later.customer_wrote(conversation, now)
    save(conversation, now)
    return message


def _window_after(conversation: Conversation, inbound: InboundText) -> datetime | None:
    """Until when the customer can be written to after this text; one that came late does not shorten it."""
    assert inbound.number is not None
    closes, known = window.closes_at(inbound.said_at, rules_of(inbound.number).window), conversation
    if closes is None or known.window_closes_at is None:
        return closes
    return max(known.window_closes_at, closes)


def answered_message(inbound: InboundText) -> Message | None:
    """The message that a text says it answers, if it is one of the same pair; None when it says nothing."""
    external_id = inbound.extras.get("reply_to", {}).get("external_id")
    if not external_id:
        return None
    said = InboundText.objects.filter(provider=inbound.provider, external_id=external_id)
    sent = Delivery.objects.filter(address=inbound.address, external_id=external_id)
    pair = Q(conversation__address=inbound.address, conversation__number=inbound.number)
    ours_or_theirs = Q(inbound_text__in=said.values("id")) | Q(delivery__in=sent.values("id"))
    return Message.objects.filter(pair, ours_or_theirs).order_by("-id").first()


def close_at_once(*, conversation: Conversation, now: datetime, why: str) -> None:
    """Close a conversation that only records something (an opt-out word), in the caller's transaction."""
    say(conversation, why, now)
    change_state(conversation, Cause.OPT_OUT_WORD, now)
    conversation.closed_at, conversation.customer_waits_since = now, None
    save(conversation, now)


def note_opt_out(*, conversation: Conversation, keyword: str, now: datetime) -> None:
    """Tell the thread what an opt-out word did, in the caller's transaction."""
    said = {
        "stop": "The customer texted STOP: nothing can be sent to them until they text START.",
        "start": "The customer texted START: they can be texted again.",
    }[keyword]
    say(conversation, said, now)
    save(conversation, now)


# --- what agents do -------------------------------------------------------------------------------


def pick(*, conversation_id: int, agent: Agent, now: datetime) -> Conversation:
    """Take an Open conversation, or reopen one's own Waiting one. Raises Lost when somebody was faster."""
    with locked(conversation_id) as conversation:
        if not may_act(agent.user, conversation, agent):
            raise Lost("The conversation went to another queue meanwhile.")
        if conversation.state == State.WAITING and conversation.agent_id == agent.pk:
            change_state(conversation, Cause.REOPEN, now)
        elif conversation.state in USES_CAPACITY and conversation.agent_id != agent.pk:
            raise Lost(f"{conversation.agent} has this conversation already.")
        else:
            change_state(conversation, Cause.PICK, now)
        give_to(conversation, agent, now)
        say(conversation, f"{agent} took the conversation.", now)
        save(conversation, now)
    return conversation


def end(*, conversation_id: int, agent: Agent, now: datetime) -> Conversation:
    """Mark it as resolved: Active to Wrap-up. Capacity stays used until the session is closed."""
    with own(conversation_id, agent) as conversation:
        change_state(conversation, Cause.END, now)
        say(conversation, f"{agent} ended the conversation.", now)
        save(conversation, now)
    return conversation


def close_session(
    *, conversation_id: int, agent: Agent, now: datetime, seen: str | None = None
) -> Conversation:
    """Leave it: Active to Waiting (parked until the customer writes), Wrap-up to Closed (final).

    With `seen`, the state that the agent saw when choosing, raises Lost when it has changed meanwhile: what
    was meant as parking must not close for good.
    """
    with own(conversation_id, agent) as conversation:
        if seen is not None and seen != conversation.state:
            raise Lost(f"The conversation is {State(conversation.state).label} meanwhile: look again.")
        state = change_state(conversation, Cause.CLOSE_SESSION, now)
        if state is State.CLOSED:
            close_open_session(conversation, Reason.CONVERSATION_CLOSED, now)
            later.conversation_closed(conversation, now)
            conversation.closed_at, conversation.closed_by = now, agent
            conversation.customer_waits_since = None
            say(conversation, f"{agent} closed the conversation.", now)
        else:
            close_open_session(conversation, Reason.AGENT_CLOSED, now)
            say(conversation, f"{agent} parked the conversation: waiting for the customer.", now)
        save(conversation, now)
    return conversation


def release(*, conversation_id: int, agent: Agent, now: datetime) -> Conversation:
    """Give an Active conversation back to its queue."""
    with own(conversation_id, agent) as conversation:
        change_state(conversation, Cause.RELEASE, now)
        close_open_session(conversation, Reason.AGENT_REROUTED, now)
        conversation.agent = None
        say(conversation, f"{agent} released it to {conversation.queue.name}.", now)
        save(conversation, now)
    return conversation


def transfer_to_queue(*, conversation_id: int, agent: Agent, queue: Queue, now: datetime) -> Conversation:
    """Hand an Active conversation to a queue, where it is Open again."""
    with own(conversation_id, agent) as conversation:
        change_state(conversation, Cause.TRANSFER, now)
        close_open_session(conversation, Reason.AGENT_TRANSFER_TO_QUEUE, now)
        conversation.agent, conversation.queue = None, queue
        conversation.transfer_count += 1
        say(conversation, f"{agent} transferred it to {queue.name}.", now)
        save(conversation, now)
    return conversation


def used_units(agent: Agent) -> QuerySet[Conversation, Any]:
    """Units in use, as the one value of a query without a row when there are none."""
    mine = Conversation.objects.filter(agent=agent, state__in=USES_CAPACITY)
    return mine.order_by().values("agent").annotate(used=Sum("units")).values_list("used", flat=True)


def used_capacity(agent: Agent) -> int:
    """Units in use: the sum over the agent's Active and Wrap-up conversations."""
    return next(iter(used_units(agent)), None) or 0
