"""Ids and other whole numbers as they stand in addresses and forms."""

LONGEST = 18


def whole_number(text: object) -> int | None:
    """The number, from 0, that any database can hold; None for whatever else was sent.

    `str.isdigit` says yes to “²”, and `int` refuses that, as well as thousands of digits.
    """
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= LONGEST:
        return int(text)
    return None


def whole_numbers(text: str) -> list[int]:
    """Numbers with commas between; what is none is 0, which is no row's id."""
    return [whole_number(part) or 0 for part in text.split(",")]
