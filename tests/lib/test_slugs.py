"""Slugs: what is one, what is filled in, what is left."""

import pytest

from omnichannel.lib import slugs

VALUES = {"{FullName{Customer}}": "Maria Keller", "{FirstName{Agent}}": "Alice", "{LastName{Agent}}": ""}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello", []),
        ("Hello {FullName{Customer}}", ["{FullName{Customer}}"]),
        ("{LastName{Agent}} and {LastName{Agent}}", ["{LastName{Agent}}"]),
        ("{fullname{customer}} is meant as one", ["{fullname{customer}}"]),
        ("{ FullName { Customer } }", ["{ FullName { Customer } }"]),
        ("{Shoe{Agent}}", ["{Shoe{Agent}}"]),
        ("code: {a{b}} and {{1}}", []),
        ("{FullName{Customer}", []),
        ("{{Customer}}", []),
    ],
)
def test_what_is_a_slug(text: str, found: list[str]) -> None:
    assert slugs.slugs_in(text) == found


def test_only_the_documented_ones_are_known() -> None:
    assert slugs.unknown_in(" ".join(slugs.KNOWN)) == []
    assert slugs.unknown_in("{fullname{Customer}} {Mobile{Customer}}") == [
        "{fullname{Customer}}",
        "{Mobile{Customer}}",
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Dear {FullName{Customer}},", "Dear Maria Keller,"),
        ("{FirstName{Agent}} & {FirstName{Agent}}", "Alice & Alice"),
        ("{LastName{Agent}} stays", "{LastName{Agent}} stays"),
        ("{Shoe{Agent}} stays", "{Shoe{Agent}} stays"),
    ],
)
def test_what_can_be_filled_in_is(text: str, read: str) -> None:
    assert slugs.filled(text, VALUES) == read


def test_a_value_is_never_read_as_a_slug_itself() -> None:
    values = {"{FullName{Customer}}": "{FirstName{Agent}}", "{FirstName{Agent}}": "Alice"}

    assert slugs.filled("{FullName{Customer}}", values) == "{FirstName{Agent}}"


def test_the_sentence_names_what_is_left() -> None:
    assert slugs.sentence([]) == ""
    assert slugs.sentence(["{A{Agent}}", "{B{Agent}}"]).startswith("Replace {A{Agent}} and {B{Agent}} by ")
