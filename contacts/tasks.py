"""What the task queue runs for this room. No rules here."""

from django.utils import timezone

from contacts import erasing, imports
from omnichannel.lib.queue import drain


def import_due() -> int:
    """Import due lines; returns how many bundles of them."""
    return drain(lambda: imports.import_chunk(now=timezone.now()))


def forget_old() -> int:
    """Delete the personal data of old imports; returns of how many."""
    return imports.forget_old(now=timezone.now())


def erase_due() -> int:
    """Go on forgetting people; returns how many bundles of rows."""
    return drain(lambda: erasing.erase_chunk(now=timezone.now()))
