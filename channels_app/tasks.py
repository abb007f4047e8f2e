"""What the task queue runs for this room. No rules here."""

from django.utils import timezone

from channels_app import (
    doubt,
    drift,
    inbound_urls,
    incidents,
    leaving,
    media,
    media_files,
    missed,
    retention,
    templates,
)
from omnichannel.lib.queue import drain


def send_due() -> int:
    """Send what is due; returns how many texts were handed to a provider."""
    return drain(leaving.send_one)


def settle_doubtful() -> int:
    """Give up on dead senders and look for what hangs in doubt; returns how many were looked at."""
    return doubt.abandon_stale(now=timezone.now()) + drain(doubt.look_for_one)


def retire_silent_urls() -> int:
    """Retire replaced inbound URLs that were silent for thirty days; returns 0, for no more is due."""
    inbound_urls.retire_silent(now=timezone.now())
    return 0


def watch_health() -> int:
    """Start and end incidents; returns 0, for nothing is left to be done at once."""
    incidents.look(now=timezone.now())
    return 0


def fetch_missed() -> int:
    """Fetch missed messages, and look for drift, of the accounts whose turn it is; returns how many."""
    return drain(missed.fetch_one) + drain(drift.look_at_one)


def sync_templates() -> int:
    """Sync the content templates of the accounts whose turn it is; returns how many accounts."""
    return drain(templates.sync_one)


def remove_old() -> int:
    """Remove what diagnostics need no longer; returns how many rows."""
    return retention.remove_old(now=timezone.now())


def fetch_media() -> int:
    """Fetch the files that are due; returns how many were worked on."""
    return drain(media.fetch_one)


def sweep_media() -> int:
    """Remove files that no row names; returns 0, for no more is due."""
    media_files.remove_orphans(now=timezone.now())
    return 0
