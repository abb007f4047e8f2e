"""What the phone shows of the messages between a customer and a company number."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from simulator.state import Attempt, Direction, Message, State

# How many other conversations are offered to go back to.
RECENT = 8
# The style sheet cuts the line where it ends; this only keeps the page small.
LONGEST_EXTRACT = 80
STATUS_WORDS = {
    "queued": "on its way",
    "sent": "sent, not confirmed yet",
    "delivered": "delivered",
    "undelivered": "never arrived",
    "failed": "never sent",
}


@dataclass(frozen=True)
class Bubble:
    """One text as the phone shows it."""

    sid: str
    # "mine" the customer's, "theirs" the company's, "notice" the provider's own.
    side: str
    body: str
    media: tuple[str, ...]
    at: str
    time: str
    note: str
    # "ok", "bad" or "" for neither.
    tone: str
    # A text of the company that the phone has not (or never) received.
    is_missing: bool = False


@dataclass(frozen=True)
class Pair:
    """Another conversation to go to."""

    customer: str
    customer_shown: str
    number: str
    number_shown: str
    last_text: str


def bubbles(state: State, me: str, to: str) -> list[Bubble]:
    """The thread between a customer and a company number, the oldest first."""
    with state.lock:
        return [_bubble(message) for message in state.messages if _pair(message) == (me, to)]


def recent_pairs(state: State, me: str, to: str) -> list[Pair]:
    """The other conversations, the latest first."""
    latest: dict[tuple[str, str], str] = {}
    with state.lock:
        for message in reversed(state.messages):
            latest.setdefault(_pair(message), message.body)
    latest.pop((me, to), None)
    return [
        Pair(customer, format_number(customer), number, format_number(number), text[:LONGEST_EXTRACT])
        for (customer, number), text in list(latest.items())[:RECENT]
    ]


def format_number(number: str) -> str:
    """Blanks for the eye where the parts are certain, which is North America only."""
    return re.sub(r"^\+1(\d{3})(\d{3})(\d{4})$", r"+1 \1 \2 \3", number)


def _pair(message: Message) -> tuple[str, str]:
    if message.direction == Direction.INBOUND:
        return message.sender, message.recipient
    return message.recipient, message.sender


def _bubble(message: Message) -> Bubble:
    side, (note, tone) = {
        Direction.INBOUND: ("mine", _own_note(message)),
        Direction.OUTBOUND: ("theirs", _company_note(message)),
        Direction.REPLY: ("theirs", ("delivered, answered in plain text by the webhook", "")),
        Direction.AUTOMATIC: ("notice", ("answered by Twilio itself", "")),
    }[message.direction]
    return Bubble(
        message.sid,
        side,
        message.body,
        tuple(message.media),
        message.created_at.isoformat(timespec="seconds"),
        _time(message.created_at),
        note,
        tone,
        is_missing=side == "theirs" and message.status != "delivered",
    )


def _own_note(message: Message) -> tuple[str, str]:
    if not message.attempts:
        return "sending …", ""
    last = message.attempts[-1]
    if not last.succeeded:
        return f"not delivered to the app: {_answer_in_words(last)}", "bad"
    where = (
        "delivered to the app's fallback address" if last.purpose == "fallback" else "delivered to the app"
    )
    return where, "ok"


def _company_note(message: Message) -> tuple[str, str]:
    note = STATUS_WORDS.get(message.status, message.status)
    tone = {"delivered": "ok", "undelivered": "bad", "failed": "bad"}.get(message.status, "")
    if message.error_code:
        note = f"{note}: {message.status}, error {message.error_code}"
    refused = next((attempt for attempt in reversed(message.attempts) if not attempt.succeeded), None)
    if refused:
        return f"{note} · the app did not take the status: {_answer_in_words(refused)}", "bad"
    return note, tone


def _answer_in_words(attempt: Attempt) -> str:
    if attempt.http_status is None:
        return attempt.problem
    try:
        return f"HTTP {attempt.http_status} {HTTPStatus(attempt.http_status).phrase}"
    except ValueError:
        return f"HTTP {attempt.http_status}"


def _time(moment: datetime) -> str:
    """In the time zone of this machine, with the day unless it is today."""
    local, today = moment.astimezone(), datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M") if local.date() == today else local.strftime("%d %b %H:%M")
