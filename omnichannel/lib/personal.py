"""How a person is forgotten: each room says of each of its models what becomes of a row that is about them.

A room's `personal` module has STEPS (what is erased, in order) and KEPT (models that hold nothing of
customers, with the reason). settings.PERSONAL_DATA lists these modules; check omnichannel.W002 and a test
prove that every model of the installation is in one of them, so that none can be forgotten.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from django.db.models import Model, QuerySet

from omnichannel.lib.folding import fold

# Fewer digits than this stand in other numbers by chance.
FEWEST_DIGITS = 7
LONGEST_LOOKED_AT = 200_000


class NotYet(Exception):
    """Something of the person is at work at this moment: to be tried again in some seconds."""


@dataclass(frozen=True)
class Subject:
    """Who is to be forgotten. Ids of their rows, and what they were called; gone when it is done."""

    contacts: list[int] = field(default_factory=list)
    addresses: list[int] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    # What each address was: id as text, value.
    values: dict[str, str] = field(default_factory=dict)
    # Numbers of theirs that another contact has as well: texts are told apart by them, words are not.
    shared: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For storing."""
        return asdict(self)

    @property
    def bare_numbers(self) -> set[str]:
        """Numbers and other addresses without +."""
        return {number.removeprefix("+").casefold() for number in self.numbers if number}

    @property
    def long_numbers(self) -> set[str]:
        """Numbers that are nobody else's, also not by chance, in digits."""
        own = self.bare_numbers - {number.removeprefix("+") for number in self.shared}
        return {n for n in own if n.isascii() and n.isdigit() and len(n) >= FEWEST_DIGITS}


@dataclass(frozen=True)
class Step:
    """How rows of one model forget a person.

    `kind` is what the certificate calls them. `find` gives the rows (all that are worth a look), `concerns`
    says of a row whether it is about the person, `erase` changes or deletes those rows and may raise NotYet.
    Rows are taken in bundles by id, each bundle in one transaction; harmless when done twice.
    """

    kind: str
    model: type[Model]
    find: Callable[[Subject], QuerySet]
    erase: Callable[[Sequence[Any], Subject], None]
    concerns: Callable[[Any, Subject], bool] | None = None
    how: str = "emptied"
    at_once: int = 200


def mentions(texts: Iterable[str], subject: Subject) -> bool:
    """Whether one of the texts holds a number of the person, in whatever form it is written."""
    wanted = subject.long_numbers
    for text in texts:
        if any(number in re.sub(r"[\s().\-/]|%20|%2B", "", text[:LONGEST_LOOKED_AT]) for number in wanted):
            return True
    return False


def names_number(query: str, body: str, subject: Subject) -> bool:
    """Whether a request names the person's number in one of its fields, or anywhere if it cannot be read."""
    values = [value for part in (query, body) for _, value in parse_qsl(part[:LONGEST_LOOKED_AT])]
    values += _values_of_json(body)
    wanted = subject.bare_numbers
    if any(bare(value) in wanted for value in values):
        return True
    return not values and mentions([unquote_plus(query), unquote_plus(body)], subject)


def says_wholly(texts: Iterable[str], subject: Subject) -> bool:
    """Whether one of the texts is, whole, the person's name, e-mail address or number."""
    words = {*subject.emails, *(fold(name) for name in subject.names)}
    for text in texts:
        if fold(text) in words or re.sub(r"[\s().\-/+]", "", text) in subject.long_numbers:
            return True
    return False


def bare(value: str) -> str:
    """An address without its channel, + and blanks."""
    return re.sub(r"^[a-z]+:", "", value.strip().casefold()).strip(" +")


def _values_of_json(body: str) -> list[str]:
    try:
        found: list[str] = []
        todo = [json.loads(body)]
    except (ValueError, RecursionError):
        return []
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
        else:
            found.append(str(value))
    return found
