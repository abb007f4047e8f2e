"""A conversation to take along: who said what and when, as plain lines. Files and pages are made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone

from channels_app.media import ShownFile
from channels_app.models_deliveries import Delivery
from conversations import thread
from conversations.cards import preview
from conversations.models import Conversation, Message
from conversations.stories import WORDS
from omnichannel.lib import phones

Direction = Message.Direction
AT_ONCE = 200
WITH_US = frozenset({Direction.INBOUND, Direction.OUTBOUND})


@dataclass(frozen=True)
class Wish:
    """`for_colleagues`: with internal messages and what happened; else only what both sides said to each
    other. Without `sees_numbers` the customer's number is masked.
    """

    for_colleagues: bool
    sees_numbers: bool

    @property
    def words(self) -> str:
        """For the audit log."""
        masked = "" if self.sees_numbers else ", number masked"
        return ("with internal messages" if self.for_colleagues else "without internal messages") + masked


@dataclass(frozen=True)
class Entry:
    """One message. `at` is in the reader's zone; `notes` say what else there is: files, what became of it."""

    at: datetime
    who: str
    text: str
    notes: tuple[str, ...]
    is_internal: bool

    @property
    def day(self) -> str:
        """In words."""
        return formats.date_format(self.at, "l, j F Y")


def heads(conversation: Conversation, *, wish: Wish) -> list[tuple[str, str]]:
    """What stands at the top: label and value."""
    readable = conversation.address.readable
    number = readable if wish.sees_numbers else phones.masked(conversation.address.value)
    moments = [("Started", conversation.created_at), ("Closed", conversation.closed_at)]
    told = [(label, moment_words(at)) for label, at in moments if at is not None]
    zone = timezone.get_current_timezone_name()
    return [
        ("Conversation", str(conversation.pk)),
        ("Customer", f"{conversation.title}, {number}"),
        ("With", f"{conversation.work_stream}, {conversation.number}"),
        *told,
        ("Times", f"in {zone}"),
    ]


def moment_words(at: datetime) -> str:
    """Day and time in the reader's zone."""
    return formats.date_format(timezone.localtime(at), "j F Y, H:i")


def count(conversation: Conversation, *, wish: Wish) -> int:
    """How many entries there are."""
    rows = conversation.messages.all()
    return rows.count() if wish.for_colleagues else rows.filter(direction__in=WITH_US).count()


def entries(conversation: Conversation, *, wish: Wish, skip: int = 0) -> Iterator[Entry]:
    """All of it in order but the first `skip`, in constant memory: two statements for each AT_ONCE."""
    rows = thread.with_all(conversation).order_by("seq")
    if not wish.for_colleagues:
        rows = rows.filter(direction__in=WITH_US)
    found = list(rows[skip : skip + AT_ONCE])
    while found:
        files = thread.files_of(found)
        yield from (_entry(message, conversation, files.get(message.pk, []), wish) for message in found)
        found = list(rows.filter(seq__gt=found[-1].seq)[:AT_ONCE])


def _entry(message: Message, conversation: Conversation, files: list[ShownFile], wish: Wish) -> Entry:
    inbound, kind = message.inbound_text, Direction(message.direction)
    author = str(message.author) if message.author else ""
    who = {
        Direction.INBOUND: conversation.title,
        Direction.OUTBOUND: author or "Us",
        Direction.INTERNAL: f"{author}, internal",
        Direction.SYSTEM: "",
    }[kind]
    instead = preview("", inbound.extras, 0) if inbound and not message.text else ""
    notes = [f"File: {file.name or file.word}" for file in files]
    if message.delivery:
        word, _, tone = WORDS[Delivery.State(message.delivery.state)]
        notes += [word.capitalize()] if wish.for_colleagues or tone == "bad" else []
    return Entry(
        at=timezone.localtime(message.created_at),
        who=who,
        text=message.text or instead,
        notes=tuple(notes),
        is_internal=kind in {Direction.INTERNAL, Direction.SYSTEM},
    )


# --- as text ----------------------------------------------------------------------------------------


def as_text(conversation: Conversation, *, wish: Wish) -> Iterator[str]:
    """The file bit by bit; UTF-8, each text indented under its time and author."""
    for label, value in heads(conversation, wish=wish):
        yield f"{label}: {value}\n"
    day = ""
    for entry in entries(conversation, wish=wish):
        if entry.day != day:
            day = entry.day
            yield f"\n{day}\n\n"
        yield f"{entry.at:%H:%M}  {entry.who or entry.text}\n"
        for line in [*(entry.text.splitlines() if entry.who else []), *(f"({note})" for note in entry.notes)]:
            yield f"       {line}\n"
