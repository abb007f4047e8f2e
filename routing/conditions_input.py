"""What people and programs hand in as conditions, checked: one function for pages, API and files. Pure."""

from collections.abc import Mapping
from typing import Any

from omnichannel.lib import phones
from routing.conditions import (
    FIELDS,
    LISTS,
    OPERATORS,
    PHONE_FIELDS,
    WITHOUT_VALUE,
    Condition,
    Group,
    Item,
    split_list,
)

MOST_CONDITIONS = 50
DEEPEST = 4  # groups within groups, the outermost counted
LONGEST_VALUE, LONGEST_LIST = 200, 2000
LONGEST_SHORT_CODE = 6
WHOLE = frozenset({"equals", "not_equals"}) | LISTS
CONTROL = {chr(code) for code in range(32)} - {"\t", "\n", "\r"}

# Where an item stands: () is the outermost group, (1, 0) the first item of its second item.
Path = tuple[int, ...]
# Item -> part of it (field, operator, value, match, conditions) -> what to do instead.
Faults = Mapping[Path, Mapping[str, str]]


class BadConditions(ValueError):
    """Conditions that cannot be used; `faults` says what to do, item by item. Nothing was changed."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        super().__init__(next(sentence for parts in faults.values() for sentence in parts.values()))


def read(data: object, *, region: str) -> Group:
    """The group that `data` describes, as it is kept: {"match", "conditions"}, an item being
    {"field", "operator", "value"} or a group again. `match` may be left out and is "all" then.

    Whole telephone numbers are kept with their country code, national ones as numbers of `region`: only so
    do they equal a customer's number. Raises BadConditions.
    """
    reader = _Reader(region)
    group = reader.group(data, ())
    if reader.count > MOST_CONDITIONS:
        reader.tell((), "conditions", f"Use {MOST_CONDITIONS} conditions at most.")
    if reader.faults:
        raise BadConditions(reader.faults)
    return group


class _Reader:
    """Collects what is wrong while it reads."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.count = 0
        self.faults: dict[Path, dict[str, str]] = {}

    def tell(self, path: Path, part: str, sentence: str) -> None:
        self.faults.setdefault(path, {})[part] = sentence

    def group(self, data: object, path: Path) -> Group:
        if not isinstance(data, Mapping):
            self.tell(path, "conditions", "Write an object with match and conditions.")
            return Group("all")
        match, items = data.get("match", "all"), data.get("conditions", [])
        if match not in ("all", "any"):
            self.tell(path, "match", "Choose all or any.")
        if not isinstance(items, list):
            self.tell(path, "conditions", "Write a list of conditions and groups.")
        elif path and not items:
            self.tell(path, "conditions", "Add a condition to this group, or delete the group.")
        elif len(path) >= DEEPEST:
            self.tell(path, "conditions", f"Groups can stand in one another {DEEPEST} deep, no deeper.")
        elif len(items) <= MOST_CONDITIONS:
            return Group(str(match), tuple(self.item(one, (*path, n)) for n, one in enumerate(items)))
        else:
            self.tell(path, "conditions", f"Use {MOST_CONDITIONS} conditions at most.")
        return Group("all")

    def item(self, data: object, path: Path) -> Item:
        if isinstance(data, Mapping) and ("conditions" in data or "match" in data):
            return self.group(data, path)
        self.count += 1
        if not isinstance(data, Mapping):
            self.tell(path, "conditions", "Write an object with field, operator and value.")
            return Condition("", "")
        field = self.choice(data, "field", FIELDS, "Choose a field.", path)
        operator = self.choice(data, "operator", OPERATORS, "Choose an operator.", path)
        value = self.value(data.get("value", ""), field, operator, path)
        return Condition(field, operator, value)

    def choice(
        self, data: Mapping[str, Any], part: str, choices: list[tuple[str, str]], told: str, path: Path
    ) -> str:
        given = data.get(part, "")
        if not isinstance(given, str) or given not in dict(choices):
            self.tell(path, part, told)
            return ""
        return given

    def value(self, given: object, field: str, operator: str, path: Path) -> str:
        if operator in WITHOUT_VALUE:
            return ""
        try:
            return _value(given, field, operator, self.region)
        except ValueError as error:
            self.tell(path, "value", str(error))
            return ""


def _value(given: object, field: str, operator: str, region: str) -> str:
    """The value as it is kept; raises ValueError with what to type instead."""
    value = _text(given, LONGEST_LIST if operator in LISTS else LONGEST_VALUE)
    if operator in LISTS:
        values = split_list(value)
        if not values:
            raise ValueError("Enter the values to compare with, with commas between.")
        return ", ".join(_number(v, operator, region) if field in PHONE_FIELDS else v for v in values)
    if not value:
        raise ValueError("Enter the value to compare with.")
    return _number(value, operator, region) if field in PHONE_FIELDS else value


def _text(given: object, longest: int) -> str:
    if not isinstance(given, str):
        raise ValueError("Write the value as text.")
    value = given.strip()
    if len(value) > longest:
        raise ValueError(f"Ensure the value has at most {longest} characters (it has {len(value)}).")
    if CONTROL & set(value):
        raise ValueError("Null characters and other control characters are not allowed.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("This text cannot be stored: it contains half a character.") from error
    return value


def _number(text: str, operator: str, region: str) -> str:
    if not phones.DIGITS.search(text):
        raise ValueError("Enter a telephone number or a part of one, for example +1425.")
    if operator not in WHOLE or _is_short_code(text):
        return text
    return phones.to_e164(text, region=region)


def _is_short_code(text: str) -> bool:
    return len(text) <= LONGEST_SHORT_CODE and text.isascii() and text.isdigit()
