"""Who else has a conversation open, and is typing: signs of life, for some seconds each. Decides nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.models import User
from conversations import nudges
from conversations.here import HERE_FOR
from conversations.models import Conversation
from conversations.models_desk import Viewing
from conversations.presenters import initials
from conversations.worklists import Seat

# It tells of typing every 5 s at most.
TYPING_FOR = timedelta(seconds=8)
# Signs that come sooner after the last one are not written.
SPARED = timedelta(seconds=10)
TYPING_SPARED = timedelta(seconds=4)
MOST_SHOWN = 20


@dataclass(frozen=True)
class Viewer:
    """Somebody who has the conversation open."""

    user_id: int
    name: str
    is_typing: bool

    @property
    def initials(self) -> str:
        """Two letters at most."""
        return initials(self.name)

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.name} is typing…" if self.is_typing else f"{self.name} is here"


def give_sign(*, user: User, conversation: Conversation, is_typing: bool, now: datetime) -> None:
    """Somebody has this conversation open. Signs that come very soon after each other cost no write.

    Who else has it open is nudged when they come, begin to type, or have stopped.
    """
    mine = Viewing.objects.filter(user=user, conversation=conversation)
    before = mine.only("seen_at", "typed_at").first()
    if before is None:
        # Two windows of one person may begin at the same moment.
        row = Viewing(user=user, conversation=conversation, seen_at=now, typed_at=now if is_typing else None)
        Viewing.objects.bulk_create([row], ignore_conflicts=True)
        nudges.tell([nudges.topic(conversation.pk)])
        return
    typed_at = now if is_typing else before.typed_at
    if typed_at is not None and now - typed_at >= TYPING_FOR:
        typed_at = None
    is_other = (typed_at is None) != (before.typed_at is None) or now - before.seen_at >= HERE_FOR
    is_due = now - before.seen_at >= SPARED or (
        is_typing and before.typed_at is not None and now - before.typed_at >= TYPING_SPARED
    )
    if is_other or is_due:
        mine.update(seen_at=now, typed_at=typed_at)
    if is_other:
        nudges.tell([nudges.topic(conversation.pk)])


def leave(*, user: User, conversation: Conversation) -> None:
    """Somebody has closed it. In another window of theirs it is open again with its next sign."""
    Viewing.objects.filter(user=user, conversation=conversation).delete()
    nudges.tell([nudges.topic(conversation.pk)])


def others(seat: Seat, conversation_id: int, now: datetime) -> list[Viewer]:
    """Who else has it open, by name. One statement."""
    rows = Viewing.objects.filter(conversation=conversation_id, seen_at__gt=now - HERE_FOR)
    rows = rows.exclude(user=seat.user).select_related("user").order_by("user__username")
    return [_viewer(row, now) for row in rows[:MOST_SHOWN]]


def _viewer(row: Viewing, now: datetime) -> Viewer:
    is_typing = row.typed_at is not None and row.typed_at > now - TYPING_FOR
    return Viewer(row.user_id, str(row.user), is_typing)


def forget_old(*, now: datetime) -> int:
    """Remove what means nothing any more; returns how many rows."""
    removed, _ = Viewing.objects.filter(seen_at__lte=now - HERE_FOR).delete()
    return removed
