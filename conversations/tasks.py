"""What the task queue runs for this room. No rules here."""

from django.utils import timezone

from conversations import drafts, inbound, upkeep, viewing
from omnichannel.lib.queue import drain


def take_receipts() -> int:
    """Work on received webhooks; returns how many."""
    return drain(inbound.take_one)


def show_deliveries() -> int:
    """Let conversations show what became of their texts; returns how many deliveries there were."""
    return drain(lambda: upkeep.show_changed_deliveries(now=timezone.now()) > 0)


def close_idle() -> int:
    """Close conversations that were left alone for too long, forget old drafts; returns how many closed."""
    drafts.remove_old(now=timezone.now())
    return upkeep.close_overdue(now=timezone.now())


def show_media() -> int:
    """Let conversations show what became of files; returns how many files there were."""
    return drain(lambda: upkeep.show_changed_media(now=timezone.now()) > 0)


def forget_viewings() -> int:
    """Remove the signs of life of those who have gone; returns how many."""
    return viewing.forget_old(now=timezone.now())
