"""What changed on a page of the desk since it was made: a cursor goes in, changes and a new cursor come out.

Whatever carries the nudge (polling now) only decides when to ask.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime

from channels_app import window
from conversations import access, presenters, thread, worklists
from conversations.bubbles import Bubble, Looks, bubbles
from conversations.models import Message
from conversations.presenters import Row
from conversations.situation import Situation, situation_of
from conversations.worklists import Page, Seat, Worklist


@dataclass(frozen=True)
class Cursor:
    """What a page shows: digests of its parts, and the stretch of the thread. Opaque to the browser."""

    rows: str
    counts: str
    version: int = 0  # of the open conversation; 0 without one
    first: int = 0
    last: int = 0
    is_tail: bool = True
    commands: str = "-"
    reply: str = "-"
    note: str = "-"
    # Whether free text can still be sent: the hours end without anything having changed.
    window: str = "-"


SHAPE = re.compile(
    r"1\.(?P<rows>[0-9a-f]{10})\.(?P<counts>[0-9a-f]{10})\.(?P<version>\d{1,18})\.(?P<first>\d{1,9})"
    r"\.(?P<last>\d{1,9})\.(?P<is_tail>[01])\.(?P<commands>[0-9a-f]{10}|-)\.(?P<reply>[0-9a-f]{10}|-)"
    r"\.(?P<note>[0-9a-f]{10}|-)\.(?P<window>[01-])",
    re.ASCII,
)


def encode(cursor: Cursor) -> str:
    """The cursor as text."""
    c = cursor
    seen = f"{c.version}.{c.first}.{c.last}.{int(c.is_tail)}"
    return f"1.{c.rows}.{c.counts}.{seen}.{c.commands}.{c.reply}.{c.note}.{c.window}"


def decode(text: str) -> Cursor | None:
    """The cursor again; None for anything that encode did not write: then everything is news."""
    match = SHAPE.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    return Cursor(
        rows=parts["rows"],
        counts=parts["counts"],
        version=int(parts["version"]),
        first=int(parts["first"]),
        last=int(parts["last"]),
        is_tail=parts["is_tail"] == "1",
        commands=parts["commands"],
        reply=parts["reply"],
        note=parts["note"],
        window=parts["window"],
    )


def digest(*parts: object) -> str:
    """A short fingerprint."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


# --- what a page shows ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Watch:
    """A page of the desk: the list beside it, where that list starts, and the open conversation."""

    worklist: Worklist
    after: str = ""
    conversation_id: int | None = None


def cursor_of_list(page: Page, counts: dict[str, int]) -> Cursor:
    """The cursor of a page without an open conversation."""
    return Cursor(
        rows=_rows_digest([(row.pk, row.version) for row in page.rows]), counts=_counts_digest(counts)
    )


def cursor_of_thread(cursor: Cursor, situation: Situation, stretch: thread.Stretch) -> Cursor:
    """The same with an open conversation."""
    seen = replace(cursor, first=stretch.first, last=stretch.last, is_tail=stretch.is_tail)
    return _onto(seen, situation)


def _rows_digest(pairs: list[tuple[int, int]]) -> str:
    return digest(*pairs)


def _counts_digest(counts: dict[str, int]) -> str:
    return digest(*counts.values())


def _onto(cursor: Cursor, situation: Situation) -> Cursor:
    """The cursor with the fingerprints of a situation."""
    queue_id = situation.conversation.queue_id
    return replace(
        cursor,
        version=situation.conversation.version,
        commands=digest(situation.commands, situation.wrote_since_end, queue_id),
        reply=digest(situation.reply_refusal),
        note=digest(situation.note_refusal),
        window=window_state(situation.conversation.window_closes_at, situation.now),
    )


def window_state(closes_at: datetime | None, now: datetime) -> str:
    """1 while the hours run, 0 when they are over, - without such a limit."""
    return "-" if closes_at is None else str(int(window.is_open(closes_at, now=now)))


# --- what changed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ThreadChanges:
    """Changes of the open conversation. With `is_whole` the bubbles are all there are, not only the news."""

    situation: Situation
    is_whole: bool
    new: list[Bubble]
    changed: list[Bubble]
    commands_changed: bool
    reply_changed: bool
    note_changed: bool

    @property
    def has_new_inbound(self) -> bool:
        """Whether the customer has said something."""
        return not self.is_whole and any(bubble.kind == "inbound" for bubble in self.new)


@dataclass(frozen=True)
class Changes:
    """What is news; None or empty for what is not."""

    cursor: Cursor
    counts: dict[str, int] | None = None
    rows: list[Row] | None = None
    older: str = ""
    thread: ThreadChanges | None = None


def changes(*, seat: Seat, watch: Watch, cursor: Cursor | None, now: datetime) -> Changes | None:
    """What changed since `cursor`, None when nothing did. Two statements in that case.

    Raises access.NotFound when the open conversation may not be seen (any more).
    """
    counts, version, still = _glance(seat, watch, now)
    pairs = worklists.versions(watch.worklist, seat=seat, after=watch.after, now=now)
    fresh = Cursor(rows=_rows_digest(pairs), counts=_counts_digest(counts), version=version, window=still)
    if cursor and _glanced(cursor) == _glanced(fresh):
        return None
    found = Changes(cursor=fresh)
    if cursor is None or cursor.counts != fresh.counts:
        found = replace(found, counts=counts)
    if cursor is None or cursor.rows != fresh.rows:
        page = worklists.page(watch.worklist, seat=seat, after=watch.after, now=now)
        rows = presenters.rows(page.rows, worklist=watch.worklist, seat=seat, now=now)
        found = replace(found, rows=rows, older=page.older, cursor=cursor_of_list(page, counts))
    if watch.conversation_id is None:
        return found
    return _with_thread(found, watch.conversation_id, cursor, seat, now)


def _glanced(cursor: Cursor) -> tuple[object, ...]:
    return (cursor.rows, cursor.counts, cursor.version, cursor.window)


def _glance(seat: Seat, watch: Watch, now: datetime) -> tuple[dict[str, int], int, str]:
    """The counts, the open conversation's version and whether its hours run, in one statement."""
    if watch.conversation_id is None:
        return worklists.counts(seat=seat, now=now), 0, "-"
    visible = access.visible(seat.user).filter(pk=watch.conversation_id)
    names = [f"count_{slug}" for slug in worklists.WORKLISTS]
    columns = worklists.count_columns(seat=seat, now=now)
    row = visible.annotate(**columns).values("version", "window_closes_at", *names).first()
    if row is None:
        raise access.NotFound(watch.conversation_id)
    counts = {slug: row[f"count_{slug}"] for slug in worklists.WORKLISTS}
    return counts, row["version"], window_state(row["window_closes_at"], now)


def looks_of(possible: Situation, messages: list[Message]) -> Looks:
    """What the bubbles of these messages have in common on this person's page."""
    return Looks(
        possible.conversation,
        may_retry=possible.may_retry,
        may_send_template=possible.may_send_template,
        now=possible.now,
        reads_earlier=possible.reads_earlier,
        files=thread.files_of(messages),
    )


def _with_thread(
    found: Changes, conversation_id: int, cursor: Cursor | None, seat: Seat, now: datetime
) -> Changes:
    """The same with what changed in the open conversation."""
    conversation = access.find(seat.user, conversation_id)
    still = window_state(conversation.window_closes_at, now)
    if cursor and (cursor.version, cursor.window) == (conversation.version, still):
        return replace(found, cursor=replace(cursor, rows=found.cursor.rows, counts=found.cursor.counts))
    possible = situation_of(conversation, seat=seat, now=now)
    if cursor is None or cursor.version == 0:
        return _whole_thread(found, possible, now)
    until = None if cursor.is_tail else cursor.last
    before, news = thread.changed(
        conversation, since=cursor.version, first=cursor.first, last=cursor.last, until=until
    )
    if len(news) > thread.MOST_MESSAGES:
        return _whole_thread(found, possible, now)
    new = [message for message in news if message.seq > cursor.last]
    old = [message for message in news if message.seq <= cursor.last]
    looks = looks_of(possible, news)
    fresh = _onto(found.cursor, possible)
    # What was sent counts, not what the conversation says: a message that came in between is sent again.
    last = new[-1].seq if new else cursor.last
    return replace(
        found,
        cursor=replace(fresh, first=cursor.first or last, last=last, is_tail=cursor.is_tail),
        thread=ThreadChanges(
            situation=possible,
            is_whole=False,
            new=bubbles(new, looks=looks, before=before),
            changed=bubbles(old, looks=looks),
            commands_changed=cursor.commands != fresh.commands,
            reply_changed=cursor.reply != fresh.reply,
            note_changed=cursor.note != fresh.note,
        ),
    )


def _whole_thread(found: Changes, possible: Situation, now: datetime) -> Changes:
    """The latest messages all over again. The composer is left alone: somebody may be typing."""
    stretch = thread.stretch(possible.conversation, before=None)
    looks = looks_of(possible, stretch.messages)
    return replace(
        found,
        cursor=cursor_of_thread(found.cursor, possible, stretch),
        thread=ThreadChanges(
            situation=possible,
            is_whole=True,
            new=bubbles(stretch.messages, looks=looks),
            changed=[],
            commands_changed=True,
            reply_changed=False,
            note_changed=False,
        ),
    )
