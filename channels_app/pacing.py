"""How fast texts leave a number: a token bucket, kept on the number's row so that all senders share it."""

from datetime import datetime

from channels_app.models import Number

BURST_S = 10


def bucket_size(rate: float) -> float:
    """How many texts may leave at once: ten seconds' worth, and at least one."""
    return max(1.0, rate * BURST_S)


def tokens_at(number: Number, now: datetime) -> float:
    """How many texts may leave the number at `now`; a bucket never used before is full."""
    assert number.messages_per_second is not None
    size = bucket_size(number.messages_per_second)
    if number.bucket_filled_at is None:
        return size
    elapsed_s = max(0.0, (now - number.bucket_filled_at).total_seconds())
    return min(size, number.bucket_tokens + elapsed_s * number.messages_per_second)
