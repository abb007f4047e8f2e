"""How far each person has read: moved forward when a thread is shown to them, back on *Mark unread*."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from agents.models import User
from conversations.models import Conversation, Message
from conversations.models_desk import Reading


def read_up_to(conversation: Conversation, *, user: User, seq: int, now: datetime) -> bool:
    """Remember that this message and all before it were shown; returns whether that was news.

    Never moves back: a page that was open for long knows less than one that was opened since.
    """
    seq = min(seq, conversation.last_seq)
    _, is_new = Reading.objects.get_or_create(
        user=user, conversation=conversation, defaults={"seq": seq, "read_at": now}
    )
    further = Reading.objects.filter(user=user, conversation=conversation, seq__lt=seq)
    return bool(further.update(seq=seq, read_at=now)) or is_new


def mark_unread(conversation: Conversation, *, user: User, now: datetime) -> None:
    """The customer's last text is unread again; nothing when they have not said any."""
    last = Message.objects.filter(Q(direction=Message.Direction.INBOUND), conversation=conversation).order_by(
        "-seq"
    )
    seq = last.values_list("seq", flat=True).first()
    if seq is None:
        return
    with transaction.atomic():
        Reading.objects.update_or_create(
            user=user, conversation=conversation, defaults={"seq": seq - 1, "read_at": now}
        )
