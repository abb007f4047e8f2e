"""A span of time as people choose it in a list, in their own zone."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

SPANS = {"24h": timedelta(hours=24), "7d": timedelta(days=7)}
CHOICES = (("today", "Today"), ("24h", "Last 24 hours"), ("7d", "Last 7 days"))


class NotATime(ValueError):
    """What was typed is no moment; the message says what to type."""


def bounds(
    *, when: str = "", since: str = "", until: str = "", now: datetime
) -> tuple[datetime | None, datetime | None]:
    """The first moment that counts and the first that does not; None is open. Raises NotATime.

    `when` is one of CHOICES; `since` and `until` are days or moments as a browser writes them, in the
    reader's zone; a day given as `until` counts whole.
    """
    if when == "today":
        return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0), None
    if when:
        if when not in SPANS:
            raise NotATime("Choose today, the last 24 hours or the last 7 days.")
        return now - SPANS[when], None
    start, end = _moment(since), _moment(until, is_end=True)
    if start and end and end <= start:
        raise NotATime("The end must be later than the start.")
    return start, end


def _moment(text: str, *, is_end: bool = False) -> datetime | None:
    if not text.strip():
        return None
    try:
        day = parse_date(text.strip())
        moment = parse_datetime(text.strip()) if day is None else datetime(day.year, day.month, day.day)
        if moment is None or not 1970 <= moment.year <= 9000:
            raise ValueError
        if day is not None and is_end:
            moment += timedelta(days=1)
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    except (ValueError, OverflowError) as error:
        raise NotATime("Enter a day, or a day and a time: 2026-11-21 or 2026-11-21T08:30.") from error
