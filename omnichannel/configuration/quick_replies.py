"""Quick replies in the file: everybody's, each known by its title and locale."""

from collections.abc import Iterable

from conversations import quick_replies
from conversations.api_quick_replies import QuickReplySerializer
from omnichannel.configuration.sections import Record, Section, Tokens, only, saved

FIELDS = ("title", "locale", "message", "tags", "work_streams")


def describe() -> Iterable[Record]:
    """All that are nobody's own."""
    found = quick_replies.everybodys().prefetch_related("tags", "work_streams")
    for reply in found.order_by("title", "locale"):
        shown = QuickReplySerializer(reply).data
        yield {name: shown[name] for name in FIELDS}


def store(record: Record, _tokens: Tokens) -> None:
    """Added, or changed."""
    only(record, *FIELDS)
    known = quick_replies.everybodys().filter(title=record["title"], locale=record["locale"]).first()
    saved(QuickReplySerializer(known, data=record, partial=known is not None))


QUICK_REPLIES = Section("quick_replies", "Quick reply", "title", describe, store, also="locale")
