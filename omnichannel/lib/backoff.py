"""How long to wait before the next try."""

from datetime import timedelta

FIRST_S = 2.0
LONGEST_S = 300.0


def delay(attempt: int) -> timedelta:
    """Doubling from two seconds to five minutes; `attempt` counts from 1."""
    return timedelta(seconds=min(LONGEST_S, FIRST_S * 2 ** min(max(attempt - 1, 0), 20)))
