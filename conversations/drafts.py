"""What people have begun to write, kept until it is sent: on any machine, and after a crash."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from agents.models import User
from conversations.models import Conversation
from conversations.models_desk import Draft

Kind = Draft.Kind
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Kept:
    """The draft as it is kept now: its version (empty: there is none), and other words that it replaced."""

    version: str
    replaced: str


@transaction.atomic
def keep(*, user: User, conversation: Conversation, kind: str, text: str, known: str, now: datetime) -> Kept:
    """Keep what somebody has typed; nothing but blanks removes it. The newest words win.

    `known` is the version that the page had before: when another window has written since, what it had
    written is in the answer, so that nothing is lost unseen.
    """
    mine = Draft.objects.filter(user=user, conversation=conversation, kind=kind)
    before = mine.select_for_update().first()
    is_other = before is not None and _version(before) != known and before.text != text
    replaced = before.text if before and is_other else ""
    if not text.strip():
        mine.delete()
        return Kept("", replaced)
    made, _ = Draft.objects.update_or_create(
        user=user, conversation=conversation, kind=kind, defaults={"text": text, "updated_at": now}
    )
    return Kept(_version(made), replaced)


def drafts_of(user: User, conversation: Conversation) -> dict[str, Draft]:
    """Somebody's drafts in a conversation, by kind. One statement."""
    return {draft.kind: draft for draft in Draft.objects.filter(user=user, conversation=conversation)}


def version_of(draft: Draft | None) -> str:
    """What a page says it knows."""
    return _version(draft) if draft else ""


def _version(draft: Draft) -> str:
    return draft.updated_at.isoformat()


def drop(*, user: User, conversation: Conversation, kind: str) -> None:
    """It was sent. In the caller's transaction."""
    Draft.objects.filter(user=user, conversation=conversation, kind=kind).delete()


def put_back(*, user: User, conversation: Conversation, text: str, now: datetime) -> None:
    """A text that was taken back is begun again, before what has been begun since."""
    begun = Draft.objects.filter(user=user, conversation=conversation, kind=Kind.REPLY).first()
    whole = f"{text}\n\n{begun.text}" if begun else text
    Draft.objects.update_or_create(
        user=user,
        conversation=conversation,
        kind=Kind.REPLY,
        defaults={"text": whole, "updated_at": now},
    )


def remove_old(*, now: datetime) -> int:
    """Remove what nobody has gone on with for a month; returns how many."""
    return Draft.objects.filter(updated_at__lt=now - KEPT_FOR).delete()[0]
