"""A new order out of the places that a person gave to some of the rules. Pure."""

from collections.abc import Mapping, Sequence

from omnichannel.lib.ids import whole_number


class BadPlaces(ValueError):
    """The places make no order; the message says why."""


def arranged(ids: Sequence[int], places: Mapping[int, str]) -> list[int]:
    """`ids` in their new order: each whose place was changed stands there, the others keep their order.

    Places count from 1; one that is left out was not changed. Raises BadPlaces for what is no place in the
    list, and when two were moved to the same one.
    """
    moved: dict[int, int] = {}
    for here, pk in enumerate(ids, start=1):
        place = whole_number(places.get(pk, str(here)).strip())
        if place is None or not 1 <= place <= len(ids):
            raise BadPlaces(f"Give each rule a number from 1 to {len(ids)}.")
        if place == here:
            continue
        if place in moved:
            raise BadPlaces(f"Two rules were moved to number {place}.")
        moved[place] = pk
    found = [pk for pk in ids if pk not in moved.values()]
    for place in sorted(moved):
        found.insert(place - 1, moved[place])
    return found
