from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from omnichannel.lib.localtimes import NoSuchTime, moment

ZURICH, NEW_YORK, KOLKATA = ZoneInfo("Europe/Zurich"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("said", "zone", "meant"),
    [
        ("2026-11-24T09:00", ZURICH, "2026-11-24T08:00"),
        ("2026-07-24T09:00", ZURICH, "2026-07-24T07:00"),
        ("2026-07-24T09:00", KOLKATA, "2026-07-24T03:30"),
        # Shown twice: the first one is meant.
        ("2026-10-25T02:30", ZURICH, "2026-10-25T00:30"),
        ("2026-11-01T01:30", NEW_YORK, "2026-11-01T05:30"),
        # The edges of what does not exist.
        ("2026-03-29T01:59", ZURICH, "2026-03-29T00:59"),
        ("2026-03-29T03:00", ZURICH, "2026-03-29T01:00"),
    ],
)
def test_a_clocks_time_is_a_moment(said: str, zone: ZoneInfo, meant: str) -> None:
    assert moment(datetime.fromisoformat(said), zone) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize(("said", "zone"), [("2026-03-29T02:30", ZURICH), ("2026-03-08T02:00", NEW_YORK)])
def test_a_time_that_clocks_skip_is_refused(said: str, zone: ZoneInfo) -> None:
    with pytest.raises(NoSuchTime, match="Clocks go forward"):
        moment(datetime.fromisoformat(said), zone)
