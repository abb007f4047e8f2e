"""What a doorbell is: the name under which a lower room wakes a higher one without importing it."""

from dataclasses import dataclass

EVERY_LANE = "*"


@dataclass(frozen=True, kw_only=True)
class Doorbell:
    """A task without arguments that drains whatever its rows say is due.

    `lane` is the cluster that runs it, so that a slow provider never delays an inbound text; EVERY_LANE
    means each of them. `every_s` (seconds) is how often a cluster rings it by itself: that is the sweeper
    which heals a lost ring, and the ticker for whatever falls due by the clock.
    """

    task: str
    lane: str
    every_s: float
