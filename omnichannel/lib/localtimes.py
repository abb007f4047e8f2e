"""A clock's time in a zone as a moment, also on the two days a year on which clocks are changed. Pure."""

from datetime import UTC, datetime, tzinfo


class NoSuchTime(ValueError):
    """On that day clocks go forward over this time: it does not exist there."""


def moment(said: datetime, zone: tzinfo) -> datetime:
    """The moment (aware, in UTC) at which clocks in the zone show this (naive) time.

    Where clocks show it twice, the first time is meant. Raises NoSuchTime.
    """
    meant = said.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if meant.astimezone(zone).replace(tzinfo=None) != said:
        raise NoSuchTime(f"Clocks go forward over {said:%H:%M} on that day: choose another time.")
    return meant
