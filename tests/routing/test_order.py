"""A new order out of the numbers that a person typed beside the rules."""

import pytest

from routing.order import BadPlaces, arranged


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({}, "abcd"),
        ({"a": "1", "b": "2", "c": "3", "d": "4"}, "abcd"),
        ({"d": "1"}, "dabc"),
        ({"a": "4"}, "bcda"),
        ({"a": "3"}, "bcad"),
        ({"a": " 2 "}, "bacd"),
        ({"a": "2", "b": "1"}, "bacd"),
        ({"a": "4", "b": "3", "c": "2", "d": "1"}, "dcba"),
        ({"a": "2", "b": "3", "c": "1"}, "cabd"),
        ({"c": "1", "d": "2"}, "cdab"),
    ],
)
def test_what_was_moved_stands_at_its_number(places: dict[str, str], expected: str) -> None:
    typed = {"abcd".index(name) + 10: place for name, place in places.items()}

    assert "".join("abcd"[pk - 10] for pk in arranged([10, 11, 12, 13], typed)) == expected


@pytest.mark.parametrize("place", ["", "0", "5", "-1", "first", "1.5", "²", "9" * 40])
def test_what_is_no_place_in_the_list_is_told(place: str) -> None:
    with pytest.raises(BadPlaces, match="a number from 1 to 4"):
        arranged([10, 11, 12, 13], {12: place})


def test_two_rules_cannot_be_moved_to_one_place() -> None:
    with pytest.raises(BadPlaces, match="Two rules were moved to number 1"):
        arranged([10, 11, 12], {11: "1", 12: "1"})


def test_no_rules_are_in_order() -> None:
    assert arranged([], {}) == []
