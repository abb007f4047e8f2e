"""The states of a conversation and the only ways between them. Pure.

Numbers refer to the table of states in docs/conversations.md. Not for texts: the customer leaving a chat
(4, 6). With push distribution: accept or auto-assign (3), disconnect (7), ten declines (17).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from conversations.models import State


class Cause(StrEnum):
    """What makes a conversation change its state."""

    CUSTOMER_WROTE = "customer_wrote"
    PICK = "pick"
    END = "end"
    CLOSE_SESSION = "close_session"
    RELEASE = "release"
    TRANSFER = "transfer"
    REOPEN = "reopen"
    ASSIGN = "assign"
    MOVE = "move"
    TAKE_OVER = "take_over"
    TIME = "time"
    OPT_OUT_WORD = "opt_out_word"
    ERASURE = "erasure"


TABLE: dict[tuple[State, Cause], State] = {
    (State.OPEN, Cause.PICK): State.ACTIVE,  # 2
    (State.ACTIVE, Cause.END): State.WRAP_UP,  # 5
    (State.ACTIVE, Cause.RELEASE): State.OPEN,  # 8
    (State.ACTIVE, Cause.TRANSFER): State.OPEN,  # 9
    (State.ACTIVE, Cause.CLOSE_SESSION): State.WAITING,  # 10, 11
    (State.WRAP_UP, Cause.CLOSE_SESSION): State.CLOSED,  # 12
    (State.OPEN, Cause.ASSIGN): State.ACTIVE,  # a supervisor gives it to an agent
    (State.OPEN, Cause.MOVE): State.OPEN,  # … or to another queue
    (State.ACTIVE, Cause.TAKE_OVER): State.ACTIVE,  # a supervisor takes it from its agent
    (State.WAITING, Cause.TAKE_OVER): State.ACTIVE,
    (State.WRAP_UP, Cause.TAKE_OVER): State.WRAP_UP,
    (State.WAITING, Cause.TIME): State.CLOSED,  # 13
    (State.WAITING, Cause.REOPEN): State.ACTIVE,  # 14
    (State.WAITING, Cause.CUSTOMER_WROTE): State.OPEN,  # 15
    (State.OPEN, Cause.TIME): State.CLOSED,  # 16
    (State.ACTIVE, Cause.TIME): State.CLOSED,  # 16
    (State.WRAP_UP, Cause.TIME): State.CLOSED,  # 16
    (State.OPEN, Cause.OPT_OUT_WORD): State.CLOSED,  # made for the word alone, closed at once
    (State.OPEN, Cause.ERASURE): State.CLOSED,  # the customer is being forgotten
    (State.ACTIVE, Cause.ERASURE): State.CLOSED,
    (State.WAITING, Cause.ERASURE): State.CLOSED,
    (State.WRAP_UP, Cause.ERASURE): State.CLOSED,
}
USES_CAPACITY = frozenset({State.ACTIVE, State.WRAP_UP})
VERBS = {
    Cause.PICK: "picked",
    Cause.END: "ended",
    Cause.CLOSE_SESSION: "closed",
    Cause.RELEASE: "released",
    Cause.TRANSFER: "transferred",
    Cause.REOPEN: "reopened",
    Cause.ASSIGN: "assigned",
    Cause.MOVE: "assigned",
    Cause.TAKE_OVER: "taken over",
}


class NotAllowed(Exception):
    """The change is not in the table, or somebody else was faster. Nothing was changed."""

    code = "not_allowed"


@dataclass(frozen=True)
class Idle:
    """What decides whether a conversation has been left alone for too long.

    `longest` is the work stream's Auto-close after inactivity for Waiting, the channel's limit for other
    states; None: never.
    """

    state: State
    state_changed_at: datetime
    last_message_at: datetime
    longest: timedelta | None


def after(state: State, cause: Cause) -> State:
    """The state that follows; raises NotAllowed with a sentence."""
    if (state, cause) not in TABLE:
        raise NotAllowed(f"A conversation that is {State(state).label} cannot be {VERBS.get(cause, cause)}.")
    return TABLE[(state, cause)]


def is_overdue(idle: Idle, *, now: datetime) -> bool:
    """Whether the conversation is to be closed at `now`."""
    if idle.state is State.CLOSED or idle.longest is None:
        return False
    since = idle.last_message_at if idle.state is State.WAITING else idle.state_changed_at
    return now - since >= idle.longest
