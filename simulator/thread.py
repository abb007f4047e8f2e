"""What the phone shows of the messages between a customer and a company number."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from simulator.companies import plain
from simulator.files import File
from simulator.records import Attempt, Choice, Direction, Message, Provider
from simulator.state import State

# How many other conversations are offered to go back to.
RECENT = 8
# The style sheet cuts the line where it ends; this only keeps the page small.
LONGEST_EXTRACT = 80
ARRIVED = ("delivered", "read")
STATUS_WORDS = {
    "queued": "on its way",
    "sent": "sent, not confirmed yet",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "never arrived",
    "failed": "never sent",
}
FAMILIES = {"image": "picture", "audio": "audio", "video": "video"}
CARD_TYPES = ("text/vcard", "text/x-vcard")


@dataclass(frozen=True)
class Shown:
    """A file as the phone shows it."""

    # picture, audio, video, card or file.
    kind: str
    sid: str
    name: str
    detail: str


@dataclass(frozen=True)
class Place:
    """A location that was sent."""

    label: str
    address: str
    coordinates: str


@dataclass(frozen=True)
class Bubble:
    """One text as the phone shows it."""

    sid: str
    # "mine" the customer's, "theirs" the company's, "notice" the provider's own.
    side: str
    body: str
    # Addresses of files that are not here.
    media: tuple[str, ...]
    at: str
    time: str
    note: str
    # "ok", "bad" or "" for neither.
    tone: str
    # A text of the company that the phone has not (or never) received.
    is_missing: bool = False
    files: tuple[Shown, ...] = ()
    place: Place | None = None
    # What it answers, in short.
    quoted: str = ""
    is_forwarded: bool = False
    is_sticker: bool = False
    choices: tuple[Choice, ...] = ()
    can_be_answered: bool = False


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
        return [_bubble(state, message) for message in state.messages if _pair(message) == (me, to)]


def unread(state: State, me: str, to: str) -> list[Message]:
    """What has come over WhatsApp and was not looked at."""
    with state.lock:
        return [
            message
            for message in state.messages
            if message.is_whatsapp
            and message.direction == Direction.OUTBOUND
            and message.status == "delivered"
            and _pair(message) == (me, to)
        ]


def recent_pairs(state: State, me: str, to: str) -> list[Pair]:
    """The other conversations, the latest first."""
    latest: dict[tuple[str, str], str] = {}
    with state.lock:
        for message in reversed(state.messages):
            latest.setdefault(_pair(message), _in_short(message))
    latest.pop((me, to), None)
    return [
        Pair(customer, format_number(customer), number, format_number(plain(number)), text)
        for (customer, number), text in list(latest.items())[:RECENT]
    ]


def extract(state: State, sid: str) -> str:
    """The beginning of a message, to quote it; nothing when there is none."""
    message = state.message(sid) if sid else None
    return _in_short(message) if message else ""


def format_number(number: str) -> str:
    """Blanks for the eye where the parts are certain, which is North America only."""
    return re.sub(r"^\+1(\d{3})(\d{3})(\d{4})$", r"+1 \1 \2 \3", number)


def _in_short(message: Message) -> str:
    if message.body:
        return message.body[:LONGEST_EXTRACT]
    return "A place" if "Latitude" in message.extras else "A picture or file"


def _pair(message: Message) -> tuple[str, str]:
    if message.direction == Direction.INBOUND:
        return plain(message.sender), message.recipient
    return plain(message.recipient), message.sender


def _bubble(state: State, message: Message) -> Bubble:
    side, (note, tone) = {
        Direction.INBOUND: ("mine", _own_note(message)),
        Direction.OUTBOUND: ("theirs", _company_note(message)),
        Direction.REPLY: ("theirs", ("delivered, answered in plain text by the webhook", "")),
        Direction.AUTOMATIC: ("notice", ("answered by Twilio itself", "")),
    }[message.direction]
    has_come = side != "theirs" or message.status in ARRIVED
    extras = message.extras
    return Bubble(
        message.sid,
        side,
        message.body,
        () if message.files else tuple(message.media),
        message.created_at.isoformat(timespec="seconds"),
        _time(message.created_at),
        note,
        tone,
        is_missing=not has_come,
        files=tuple(_shown(file) for file in message.files),
        place=_place(extras),
        quoted=extract(state, extras.get("OriginalRepliedMessageSid", "")),
        is_forwarded="Forwarded" in extras,
        is_sticker=extras.get("MessageType") == "sticker",
        choices=message.choices if has_come else (),
        can_be_answered=message.is_whatsapp and side == "theirs" and has_come,
    )


def _shown(file: File) -> Shown:
    name = file.name or "File"
    if file.content_type in CARD_TYPES:
        lines = dict(
            line.partition(":")[::2] for line in file.content.decode("utf-8", "replace").splitlines()
        )
        phone = next((value for key, value in lines.items() if key.startswith("TEL")), "")
        return Shown("card", file.sid, lines.get("FN", name), format_number(phone))
    size = len(file.content)
    weight = f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(size // 1024, 1)} KB"
    return Shown(FAMILIES.get(file.family, "file"), file.sid, name, f"{file.content_type} · {weight}")


def _place(extras: dict[str, str]) -> Place | None:
    if "Latitude" not in extras:
        return None
    coordinates = f"{extras['Latitude']}, {extras['Longitude']}"
    return Place(extras.get("Label") or "A place", extras.get("Address", ""), coordinates)


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
    tone = {"delivered": "ok", "read": "ok", "undelivered": "bad", "failed": "bad"}.get(message.status, "")
    if message.error_code:
        note = f"{note}: {message.status}, error {message.error_code}"
    last_by_purpose = {attempt.purpose: attempt for attempt in message.attempts}
    refused = next((each for each in reversed(last_by_purpose.values()) if not each.succeeded), None)
    if refused:
        return f"{note} · the app did not take the status: {_answer_in_words(refused)}", "bad"
    if message.provider == Provider.TELESIGN and message.status == "queued":
        return f"{note}: in progress at TeleSign", tone
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
