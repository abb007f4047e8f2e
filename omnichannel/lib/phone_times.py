"""What time it is where a telephone number is from. Pure: the number and the moment go in, words come out."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as zones_by_number

UNKNOWN = "Etc/Unknown"
# Cities that the list of numbers calls by a former name.
NOW_CALLED = {
    "Calcutta": "Kolkata",
    "Katmandu": "Kathmandu",
    "Rangoon": "Yangon",
    "Saigon": "Ho Chi Minh City",
}


@dataclass(frozen=True)
class LocalTime:
    """The time there: `earliest` and `latest` differ where the number's country or area has several zones.

    Both are aware datetimes in a zone of the number. `place` is the city that names the zone, empty when
    there are several times. Where somebody is at the moment, no number tells.
    """

    earliest: datetime
    latest: datetime
    place: str

    @property
    def is_certain(self) -> bool:
        """Whether it is the same time everywhere the number may be from."""
        return self.earliest.utcoffset() == self.latest.utcoffset()

    def words(self, *, here: datetime) -> str:
        """For people: `10:52 (Zurich)`, or the range. The day is named where it is not the day of `here`."""
        first = _told(self.earliest, here)
        if self.is_certain:
            return f"{first} ({self.place})" if self.place else first
        return f"between {first} and {_told(self.latest, here)}, in one of several time zones"


def local_time(e164: str, *, now: datetime) -> LocalTime | None:
    """The time where a number in E.164 is from, None for what is no number or belongs to no place."""
    zones = zones_of(e164)
    if not zones:
        return None
    # By the clock on the wall: what shows the earliest is farthest west.
    times = sorted((now.astimezone(zone) for zone in zones), key=lambda time: time.replace(tzinfo=None))
    return LocalTime(times[0], times[-1], _city(zones[0]) if len(zones) == 1 else "")


def _city(zone: ZoneInfo) -> str:
    """The city that a zone is named after."""
    city = zone.key.rpartition("/")[2].replace("_", " ")
    return NOW_CALLED.get(city, city)


@lru_cache(maxsize=4096)
def zones_of(e164: str) -> tuple[ZoneInfo, ...]:
    """The time zones of a number's country or area; none when nobody knows."""
    try:
        names = zones_by_number.time_zones_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for name in names if name != UNKNOWN and (zone := _zone(name)) is not None)


def _zone(name: str) -> ZoneInfo | None:
    """The zone; None when this machine's list does not know it."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return None


def _told(time: datetime, here: datetime) -> str:
    """Hours and minutes, with the day of the week where it is another."""
    return f"{time:%H:%M}" if time.date() == here.date() else f"{time:%A %H:%M}"
