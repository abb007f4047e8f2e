"""The time where a number is from: told, or told honestly that there are several."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from omnichannel.lib.phone_times import local_time

NOW = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+41791234567", "22:30 (Zurich)"),
        ("+12025550100", "16:30 (New York)"),
        ("+919812345678", "Sunday 03:00 (Kolkata)"),
        # One country, several zones: no number says which.
        ("+61412345678", "between Sunday 04:00 and Sunday 08:30, in one of several time zones"),
    ],
)
def test_the_time_is_told_as_far_as_the_number_knows_it(number, words):
    found = local_time(number, now=NOW)

    assert found is not None
    assert found.words(here=NOW) == words


@pytest.mark.parametrize("number", ["+447700900123", "+99912345678", "AMAZON", "", "12345", "+"])
def test_nothing_is_said_of_what_belongs_to_no_place(number):
    assert local_time(number, now=NOW) is None


def test_summer_time_there_is_theirs():
    winter, summer = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)

    assert [local_time("+41791234567", now=n).words(here=n) for n in (winter, summer)] == [
        "13:00 (Zurich)",
        "14:00 (Zurich)",
    ]


def test_the_day_is_named_when_it_is_not_the_readers():
    here = NOW.astimezone(ZoneInfo("Asia/Tokyo"))

    assert local_time("+41791234567", now=NOW).words(here=here) == "Saturday 22:30 (Zurich)"


def test_several_zones_with_the_same_time_are_one_time():
    found = local_time("+4915123456789", now=NOW)

    assert found is not None
    assert found.is_certain
    assert found.words(here=NOW).startswith("22:30")
