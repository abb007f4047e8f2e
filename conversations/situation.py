"""What somebody at the desk may do with a conversation, and why not. The services have the last word."""

from dataclasses import dataclass
from datetime import datetime

from channels_app import window
from channels_app.gate import Answer, Verdict
from conversations import access, writing
from conversations.later import Waiting, waiting
from conversations.models import Conversation, State
from conversations.transitions import TABLE, USES_CAPACITY, Cause
from conversations.worklists import Seat

COMMANDS = {
    "assign": Cause.ASSIGN,
    "take-over": Cause.TAKE_OVER,
    "pick": Cause.PICK,
    "reopen": Cause.REOPEN,
    "transfer": Cause.TRANSFER,
    "release": Cause.RELEASE,
    "close-session": Cause.CLOSE_SESSION,
    "end": Cause.END,
}
SUPERVISING = frozenset({Cause.ASSIGN, Cause.TAKE_OVER})


@dataclass(frozen=True)
class Situation:
    """What may be done with the open conversation, and why not."""

    conversation: Conversation
    now: datetime
    may_act: bool
    is_mine: bool
    commands: list[str]
    may_retry: bool
    reads_earlier: bool
    is_window_closed: bool
    wrote_since_end: bool
    is_unanswered: bool
    reply_refusal: str
    note_refusal: str
    planned: list[Waiting]

    @property
    def may_change_planned(self) -> bool:
        """Whether what has not left yet is this person's to take back, to hurry or to put off."""
        return self.is_mine and self.conversation.state != State.CLOSED

    @property
    def hint(self) -> str:
        """What else can be done when the hours are over, for those who have not got the conversation."""
        if self.reply_refusal != window.SENTENCE or self.is_window_closed:
            return ""
        if self.conversation.state == State.OPEN:
            return "Pick this conversation to send a content template."
        is_parked = "reopen" in self.commands
        return "Reopen this conversation to send a content template." if is_parked else ""

    @property
    def may_send_template(self) -> bool:
        """Whether a content template can be sent where free text can, or could within the hours."""
        return self.is_window_closed or not self.reply_refusal


def situation_of(conversation: Conversation, *, seat: Seat, now: datetime) -> Situation:
    """What may be done now."""
    may_act = access.may_act(seat.user, conversation, seat.agent)
    verdict = writing.reply_verdict(conversation, now=now)
    refusal = reply_refusal(conversation, seat=seat, may_act=may_act, verdict=verdict)
    is_mine = may_write(conversation, seat=seat)
    return Situation(
        conversation=conversation,
        now=now,
        may_act=may_act,
        is_mine=conversation.agent_id == seat.agent.pk,
        commands=commands(conversation, seat=seat, may_act=may_act),
        may_retry=not refusal,
        reads_earlier=seat.sees_everything or conversation.agent_id == seat.agent.pk,
        is_window_closed=is_mine and verdict.reason == "window_closed" and refusal == verdict.sentence,
        wrote_since_end=wrote_since_end(conversation),
        is_unanswered=conversation.customer_waits_since is not None,
        reply_refusal=refusal,
        note_refusal=note_refusal(conversation, may_act=may_act),
        planned=waiting(conversation, now=now),
    )


def commands(conversation: Conversation, *, seat: Seat, may_act: bool) -> list[str]:
    """The commands that fit state and person, in the order in which they are shown."""
    is_mine = conversation.agent_id == seat.agent.pk
    return [
        command
        for command, cause in COMMANDS.items()
        if may_act
        and (State(conversation.state), cause) in TABLE
        and (_is_for_supervisors(seat, is_mine) if cause in SUPERVISING else is_mine or cause is Cause.PICK)
    ]


def _is_for_supervisors(seat: Seat, is_mine: bool) -> bool:
    return seat.sees_everything and not is_mine


def may_write(conversation: Conversation, *, seat: Seat) -> bool:
    """Whether person and state allow a text to the customer; whether it may leave is the gate's to say."""
    return conversation.agent_id == seat.agent.pk and conversation.state in USES_CAPACITY


def reply_refusal(conversation: Conversation, *, seat: Seat, may_act: bool, verdict: Verdict) -> str:
    """Why there is no reply to write, in a sentence; empty when there is."""
    if conversation.state == State.CLOSED:
        return "This conversation is Closed: that is final. A new text of the customer starts a new one."
    if not may_act:
        return "You can read this conversation. It is in a queue that you do not belong to."
    if verdict.answer is Answer.NO:
        return verdict.sentence
    if may_write(conversation, seat=seat):
        return ""
    if conversation.state == State.OPEN:
        return "Pick this conversation to reply."
    if conversation.agent_id == seat.agent.pk:
        return "Reopen this conversation to reply."
    return f"{conversation.agent} has this conversation."


def note_refusal(conversation: Conversation, *, may_act: bool) -> str:
    """Why there is no internal message to write; empty when there is."""
    if conversation.state == State.CLOSED:
        return "A conversation that is Closed takes no further messages."
    return "" if may_act else "You can only read this conversation."


def wrote_since_end(conversation: Conversation) -> bool:
    """Whether the customer wrote after the conversation was ended."""
    return (
        conversation.state == State.WRAP_UP and conversation.last_inbound_at > conversation.state_changed_at
    )
