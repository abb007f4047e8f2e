"""What changed on a page of the desk since it was made: a cursor goes in, changes and a new cursor come out.

Whatever carries the nudge (polling now) only decides when to ask.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from channels_app import window
from conversations import access, list_counts, thread, worklists
from conversations.bubbles import Bubble, Looks, bubbles
from conversations.models import Conversation, Message
from conversations.parts import PARTS, WATCHED, Part, Watched, look
from conversations.rows import Row, rows
from conversations.situation import Situation, situation_of
from conversations.worklists import Page, Seat, Worklist


@dataclass(frozen=True)
class Cursor:
    """What a page shows: digests of its parts by name, and the stretch of the thread. Opaque to the browser.

    Without an open conversation there are only the parts of the list: `rows` and `counts`.
    """

    parts: Mapping[str, str]
    version: int = 0  # of the open conversation; 0 without one
    first: int = 0
    last: int = 0
    is_tail: bool = True

    def reaching(self, first: int | None) -> "Cursor":
        """The same of a page that shows the thread from this seq on by now."""
        return self if first is None else replace(self, first=min(self.first, first))

    def with_parts(self, **digests: str) -> "Cursor":
        """The same with these digests too."""
        return replace(self, parts={**self.parts, **digests})


SHAPE = re.compile(
    r"2\.(?P<version>\d{1,18})\.(?P<first>\d{1,9})\.(?P<last>\d{1,9})\.(?P<is_tail>[01])"
    r"(?P<parts>(?:\.[a-z]{1,16}-[0-9a-f]{10}){1,30})",
    re.ASCII,
)


def encode(cursor: Cursor) -> str:
    """The cursor as text."""
    parts = ".".join(f"{name}-{shown}" for name, shown in cursor.parts.items())
    return f"2.{cursor.version}.{cursor.first}.{cursor.last}.{int(cursor.is_tail)}.{parts}"


def decode(text: str) -> Cursor | None:
    """The cursor again; None for anything that encode did not write: then everything is news."""
    match = SHAPE.fullmatch(text)
    if match is None:
        return None
    said = match.groupdict()
    return Cursor(
        parts=dict(part.split("-") for part in said["parts"][1:].split(".")),
        version=int(said["version"]),
        first=int(said["first"]),
        last=int(said["last"]),
        is_tail=said["is_tail"] == "1",
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
    return _cursor_of_list(page.versions, counts)


def _cursor_of_list(versions: list[tuple[object, ...]], counts: dict[str, int]) -> Cursor:
    return Cursor({"rows": digest(*versions), "counts": digest(*sorted(counts.items()))})


def cursor_of_thread(cursor: Cursor, seat: Seat, situation: Situation, stretch: thread.Stretch) -> Cursor:
    """The same with an open conversation."""
    seen = replace(cursor, first=stretch.first, last=stretch.last, is_tail=stretch.is_tail)
    return _onto(seen, seat, situation)


def _onto(cursor: Cursor, seat: Seat, situation: Situation) -> Cursor:
    """The cursor with the fingerprints of a situation."""
    still = window_state(situation.conversation.window_closes_at, situation.now)
    shown = {part.name: digest(part.shows(seat, situation)) for part in PARTS}
    return replace(cursor, version=situation.conversation.version).with_parts(window=still, **shown)


def digests(shown: Mapping[str, object]) -> dict[str, str]:
    """What the watched parts show, as digests."""
    return {name: digest(what) for name, what in shown.items()}


def window_state(closes_at: datetime | None, now: datetime) -> str:
    """Whether free text can still be sent, as a digest: the hours end without anything having changed."""
    return digest(None if closes_at is None else window.is_open(closes_at, now=now))


# --- what changed ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ThreadChanges:
    """Changes of the open conversation. With `is_whole` the bubbles are all there are, not only the news."""

    situation: Situation
    is_whole: bool
    new: list[Bubble]
    changed: list[Bubble]
    parts: list[Part]
    # What comes before all the bubbles, with `is_whole`.
    above: thread.Above | None = None

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
    # The conversations of those rows, for whoever wants to be called.
    listed: Sequence[Conversation] = ()
    thread: ThreadChanges | None = None
    watched: list[Watched] = field(default_factory=list)
    # What those show, by name.
    seen: Mapping[str, object] = field(default_factory=dict)


def changes(*, seat: Seat, watch: Watch, cursor: Cursor | None, now: datetime) -> Changes | None:
    """What changed since `cursor`, None when nothing did: two statements then, and one per watched part.

    Raises access.NotFound when the open conversation may not be seen (any more).
    """
    glance = _glance(seat, watch, now)
    listed = worklists.versions(watch.worklist, seat=seat, after=watch.after, now=now)
    fresh = replace(_cursor_of_list(listed, glance.counts), version=glance.version)
    fresh = fresh.with_parts(**glance.parts, **digests(glance.seen))
    stale = {name for name, shown in fresh.parts.items() if not cursor or cursor.parts.get(name) != shown}
    if cursor and not stale and cursor.version == fresh.version:
        return None
    found = Changes(cursor=fresh, seen=glance.seen)
    if "counts" in stale:
        found = replace(found, counts=glance.counts)
    if "rows" in stale:
        page = worklists.page(watch.worklist, seat=seat, after=watch.after, now=now)
        shown = rows(page.rows, worklist=watch.worklist, seat=seat, now=now)
        parts = cursor_of_list(page, glance.counts).parts
        found = replace(found, rows=shown, older=page.older, listed=page.rows)
        found = replace(found, cursor=fresh.with_parts(**parts))
    if watch.conversation_id is None:
        return found
    found = replace(found, watched=[part for part in WATCHED if part.name in stale])
    return _with_thread(found, watch.conversation_id, cursor, seat, now)


@dataclass(frozen=True)
class Glance:
    """What tells cheaply whether anything changed, beside the rows of the list."""

    counts: dict[str, int]
    version: int = 0
    parts: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, object] = field(default_factory=dict)


def _glance(seat: Seat, watch: Watch, now: datetime) -> Glance:
    """The counts, the open conversation's version and whether its hours run, in one statement."""
    if watch.conversation_id is None:
        return Glance(list_counts.counts(seat=seat, now=now))
    visible = access.visible(seat.user).filter(pk=watch.conversation_id)
    columns = list_counts.columns(seat=seat, now=now)
    row = visible.annotate(**columns).values("version", "window_closes_at", *columns).first()
    if row is None:
        raise access.NotFound(watch.conversation_id)
    return Glance(
        counts=list_counts.read(row, seat=seat),
        version=row["version"],
        parts={"window": window_state(row["window_closes_at"], now)},
        seen=look(seat, watch.conversation_id, now),
    )


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
    if cursor and (cursor.version, cursor.parts.get("window")) == (conversation.version, still):
        return replace(found, cursor=cursor.with_parts(**found.cursor.parts))
    possible = situation_of(conversation, seat=seat, now=now)
    if cursor is None or cursor.version == 0:
        return _whole_thread(found, seat, possible)
    until = None if cursor.is_tail else cursor.last
    news = thread.changed(
        conversation, since=cursor.version, first=cursor.first, last=cursor.last, until=until
    )
    if len(news.messages) > thread.MOST_MESSAGES:
        return _whole_thread(found, seat, possible)
    new = [message for message in news.messages if message.seq > cursor.last]
    old = [message for message in news.messages if message.seq <= cursor.last]
    looks = looks_of(possible, news.messages)
    fresh = _onto(found.cursor, seat, possible)
    # What was sent counts, not what the conversation says: a message that came in between is sent again.
    last = new[-1].seq if new else cursor.last
    return replace(
        found,
        cursor=replace(fresh, first=cursor.first or last, last=last, is_tail=cursor.is_tail),
        thread=ThreadChanges(
            situation=possible,
            is_whole=False,
            new=bubbles(new, looks=looks, before=news.before),
            changed=bubbles(old, looks=looks, before=news.before),
            parts=[part for part in PARTS if cursor.parts.get(part.name) != fresh.parts[part.name]],
        ),
    )


def _whole_thread(found: Changes, seat: Seat, possible: Situation) -> Changes:
    """The latest messages all over again. The composer is left alone: somebody may be typing."""
    stretch = thread.stretch(possible.conversation)
    looks = looks_of(possible, stretch.messages)
    return replace(
        found,
        cursor=cursor_of_thread(found.cursor, seat, possible, stretch),
        thread=ThreadChanges(
            situation=possible,
            is_whole=True,
            new=bubbles(stretch.messages, looks=looks),
            changed=[],
            parts=[part for part in PARTS if not part.is_written_in],
            above=thread.above(possible.conversation, stretch, seat=seat),
        ),
    )
