"""The one way a conversation changes: under its row lock, with a line in the thread and a new version."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from agents.models import Agent
from conversations import nudges
from conversations.models import Conversation, Message, Session, State
from conversations.transitions import Cause, NotAllowed, after

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
            # NO KEY: a stronger lock would deadlock with the foreign-key checks of rows that point here.
            rows = rows.select_for_update(of=("self",), no_key=True)
        conversation = begin(rows.get(pk=conversation_id))
        conversation.version += 1
        yield conversation


def begin(conversation: Conversation) -> Conversation:
    """Remember where it is shown before it changes; for rows under our lock."""
    conversation.shown_to = nudges.topics_of(conversation)
    return conversation


@contextmanager
def own(conversation_id: int, agent: Agent) -> Iterator[Conversation]:
    """The conversation under its lock, if it is this agent's; raises NotYours."""
    with locked(conversation_id) as conversation:
        if conversation.state == State.CLOSED:
            raise NotAllowed("The conversation is Closed: that is final.")
        if conversation.agent_id != agent.pk:
            owner = conversation.agent
            raise NotYours(f"{owner} has this conversation." if owner else "Pick this conversation first.")
        yield conversation


def change_state(conversation: Conversation, cause: Cause, now: datetime) -> State:
    """Move along the table; raises NotAllowed. Not saved yet. Where the state stays, so does since when."""
    state = after(State(conversation.state), cause)
    if state != conversation.state:
        conversation.state, conversation.state_changed_at = state, now
    return state


def give_to(conversation: Conversation, agent: Agent, now: datetime) -> None:
    """Make it this agent's, with a turn of their own and its units on their capacity. Not saved yet."""
    conversation.agent, conversation.units = agent, conversation.work_stream.capacity
    Session.objects.create(
        conversation=conversation,
        agent=agent,
        queue_id=conversation.queue_id,
        created_at=now,
        agent_accepted_at=now,
    )


def close_open_session(conversation: Conversation, reason: str, now: datetime) -> None:
    """End the agent's turn, if there is one."""
    Session.objects.filter(conversation=conversation, state=Session.State.ACTIVE).update(
        state=Session.State.CLOSED, closed_at=now, closure_reason=reason
    )


def add(conversation: Conversation, direction: str, text: str, now: datetime, **parts: Any) -> Message:
    """Put the next entry into the thread. The conversation is not saved yet."""
    conversation.last_seq += 1
    if direction != Message.Direction.SYSTEM:
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


def say(conversation: Conversation, text: str, now: datetime) -> None:
    """Tell the thread what happened."""
    add(conversation, Message.Direction.SYSTEM, text, now)


def save(conversation: Conversation, now: datetime) -> None:
    """Write the row that is under our lock, and nudge the pages that show it or showed it."""
    conversation.modified_at = now
    conversation.save()
    nudges.tell(conversation.shown_to | nudges.topics_of(conversation))
