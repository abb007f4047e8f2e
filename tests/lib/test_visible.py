"""What is a name that can be seen."""

import pytest

from omnichannel.lib.visible import is_visible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Keller", True),
        ("2", True),
        ("李", True),
        ("_", True),
        ("🛎️", True),
        ("\U0001fae9", True),  # younger than this Python's tables
        ("e\u0301", True),
        ("\u200eKeller\u202e", True),
        ("", False),
        (" \t\n\u00a0\u2003", False),
        ("\u200b", False),  # zero width space
        ("\u200c\u200d\ufeff", False),  # zero width joiners, byte order mark
        ("\u202e", False),  # right-to-left override
        ("\u2066\u2069", False),  # isolates
        ("\u00ad", False),  # soft hyphen
        ("\x1b\x7f", False),  # control characters
        ("\u2028", False),  # line separator
        ("\u034f\ufe0f", False),  # grapheme joiner, variation selector
        ("\U000e0041", False),  # tag
        ("\u0301", False),  # an accent of nothing
        ("\u3164\u115f\u1160\uffa0", False),  # fillers of Hangul
        ("\u2800", False),  # the Braille pattern without dots
        (" \u202e \u200b", False),
    ],
)
def test_a_name_needs_a_character_that_is_drawn(text: str, expected: bool) -> None:
    assert is_visible(text) is expected
