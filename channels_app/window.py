"""WhatsApp's rule: free text only within 24 hours after the customer's last message to this number. Pure.

The clock starts with each message of the customer; our answers do not move it.
"""

from datetime import UTC, datetime, timedelta

# The documents' own sentence.
SENTENCE = "This conversation has exceeded the 24 hour limit to respond to the customer."
# What is left when people are reminded of it.
SOON = timedelta(hours=4)
# The customer has never written to this number: it was never open.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def closes_at(last_inbound_at: datetime | None, length: timedelta | None) -> datetime | None:
    """Until when free text may be sent; None: always, for the channel has no such rule (`length` is None)."""
    if length is None:
        return None
    return NEVER if last_inbound_at is None else last_inbound_at + length


def is_open(closes_at: datetime | None, *, now: datetime) -> bool:
    """Whether free text may be sent at `now`; at the very moment of closing, it still may."""
    return closes_at is None or now <= closes_at


def closes_soon(closes_at: datetime | None, *, now: datetime) -> bool:
    """Whether it is open, and for four hours at most."""
    return closes_at is not None and now <= closes_at <= now + SOON
