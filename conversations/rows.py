"""The rows of a list, as plain data. Asks nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from conversations.models import Conversation, Message, State
from conversations.presenters import Clock, ago, clock, initials, largest_unit
from conversations.worklists import MOST_UNREAD, Seat, Worklist

Direction = Message.Direction
STATE_TONES = {State.ACTIVE: "accent", State.WAITING: "ok", State.WRAP_UP: "warn"}


@dataclass(frozen=True)
class Row:
    """A conversation in a list; `state` and `agent` are empty where they say nothing new."""

    id: int
    title: str
    initials: str
    since: datetime
    ago: str
    draft: str
    said_by: str
    preview: str
    unread: str
    waits_since: datetime | None
    waits: str
    channel: str
    channel_key: str
    window: Clock | None
    state: str
    state_tone: str
    agent: str
    queue: str
    is_failed: bool
    has_internal: bool
    may_pick: bool
    here: str
    here_initials: str


def rows(
    conversations: Iterable[Conversation], *, worklist: Worklist, seat: Seat, now: datetime
) -> list[Row]:
    """The rows of a page of worklists.page."""
    return [_row(conversation, worklist, seat, now) for conversation in conversations]


def _row(conversation: Conversation, worklist: Worklist, seat: Seat, now: datetime) -> Row:
    stream = worklist.stream.slug
    is_closed = conversation.state == State.CLOSED
    since = (conversation.closed_at if is_closed else None) or conversation.last_message_at
    waits_since = None if is_closed else conversation.customer_waits_since
    last = getattr(conversation, "last_said", None) or {}
    is_mine = conversation.agent_id == seat.agent.pk
    here = getattr(conversation, "here", "")
    return Row(
        id=conversation.pk,
        title=conversation.title,
        initials=initials(conversation.title),
        since=since,
        ago=ago(now - since),
        draft=" ".join((getattr(conversation, "draft", None) or "").split()),
        said_by=_said_by(last, seat),
        preview=conversation.last_text or ("(no text)" if last else ""),
        unread="" if is_closed else badge(getattr(conversation, "unread", 0)),
        waits_since=waits_since,
        waits=waits(now - waits_since) if waits_since else "",
        channel=conversation.number.get_channel_display(),
        channel_key=conversation.number.channel,
        window=clock(conversation, now),
        state="" if stream in ("open", "closed") else State(conversation.state).label,
        state_tone=STATE_TONES.get(State(conversation.state), ""),
        agent=str(conversation.agent) if conversation.agent and not is_mine else "",
        queue=conversation.queue.name,
        is_failed=conversation.has_failed_message,
        has_internal=conversation.has_internal_message,
        may_pick=conversation.state == State.OPEN,
        here=here,
        here_initials=initials(here),
    )


def badge(unread: int) -> str:
    """How many texts somebody has not read, 9+ at most; empty for none."""
    return "9+" if unread >= MOST_UNREAD else str(unread or "")


def _said_by(last: dict[str, Any], seat: Seat) -> str:
    if not last or last["direction"] == Direction.INBOUND:
        return ""
    if last["direction"] == Direction.INTERNAL:
        return "Internal: "
    return "You: " if last["author"] == seat.user.pk else "Us: "


def waits(passed: timedelta) -> str:
    """How long somebody waits for an answer. desk-list.js counts on by the same rule."""
    minutes = int(passed.total_seconds() // 60)
    return "waits < 1 min" if minutes < 1 else f"waits {largest_unit(minutes)}"
