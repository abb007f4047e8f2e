"""The states of a delivery in order of rank, and what a word may change. Pure."""

from channels_app.models_deliveries import Delivery

S = Delivery.State
RANK = {state: rank for rank, state in enumerate(S.values)}
# A person may send the text again.
RETRYABLE = frozenset({S.FAILED, S.UNDELIVERED, S.UNKNOWN})
FINAL = frozenset({S.CANCELED, S.FAILED, S.UNDELIVERED, S.DELIVERED, S.READ})


def lower(state: str) -> list[str]:
    """The states that a report of `state` may replace."""
    return [other for other in S.values if RANK[other] < RANK[state]]
