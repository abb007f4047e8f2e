"""Whole numbers from outside."""

import pytest

from omnichannel.lib.ids import whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("12", 12),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("1" * 5000, None),
        ("²", None),
        ("٣", None),
        ("", None),
        ("-1", None),
        (" 1", None),
        ("1\0", None),
        (None, None),
        (7, None),
    ],
)
def test_only_plain_digits_that_a_database_can_hold_are_a_number(text: object, number: int | None) -> None:
    assert whole_number(text) == number
