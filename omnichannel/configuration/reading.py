"""From a file's text to plain data. Anything a hostile or careless file may hold ends in BadFile."""

import math
from typing import Any

import yaml

FORMAT = "omnichannel/1"
LONGEST_FILE = 1_000_000
DEEPEST = 40
LARGEST_NUMBER = 10**15
TEXT = "tag:yaml.org,2002:str"
# libyaml's, which is written in C, where it is installed.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class BadFile(ValueError):
    """The text is not a configuration; the message says where and why. Nothing was read."""


class PlainNames(yaml.constructor.SafeConstructor):
    """Plain values only: names are texts, and none stands there twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse what would silently win over its twin."""
        seen = set()
        for key, _value in node.value:
            line = key.start_mark.line + 1
            if key.tag != TEXT or not isinstance(key.value, str):
                raise BadFile(f"Line {line}: the name of a field is a text (in quotes when in doubt).")
            if key.value in seen:
                raise BadFile(f"Line {line}: “{key.value}” stands there twice.")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Loader(PlainNames, _Base):
    """As SafeLoader."""


def read(text: str) -> dict[str, Any]:
    """The file's sections, of plain values that any database can hold. Raises BadFile."""
    if len(text) > LONGEST_FILE:
        raise BadFile(f"The file is longer than {LONGEST_FILE} characters.")
    try:
        _check_shape(text)
        found = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except BadFile:
        raise
    except yaml.YAMLError as error:
        raise BadFile(_where(error)) from error
    except Exception as error:  # whatever a value makes of the library, it is the file's fault
        raise BadFile("The file cannot be read as YAML.") from error
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise BadFile(f"A configuration begins with the line “format: {FORMAT}”.")
    _check_values(found, "")
    return found


def _check_shape(text: str) -> None:
    """Refuse `*name` (a few lines of them can stand for gigabytes) and depths that no parser survives."""
    depth = 0
    events: Any = yaml.parse(text, Loader=_Base)
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise BadFile(f"Line {line}: references (*) are not read: write the value itself.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise BadFile(f"Line {line}: more than {DEEPEST} levels stand in one another.")


def _check_values(value: Any, where: str) -> None:
    if problem := _problem(value):
        raise BadFile(f"{where or 'The file'}: {problem}")
    parts: Any = ()
    if isinstance(value, dict):
        for name in value:
            _check_values(name, where)
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value, start=1)
    for name, part in parts:
        _check_values(part, f"{where}, {name}" if where else str(name))


def _problem(value: Any) -> str:
    if isinstance(value, str):
        is_odd = any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value)
        return "a text holds a character that cannot be kept." if is_odd else ""
    if isinstance(value, bool | None | dict | list):
        return ""
    if isinstance(value, int | float):
        is_large = not math.isfinite(value) if isinstance(value, float) else abs(value) > LARGEST_NUMBER
        return "the number is too large." if is_large else ""
    return "write a text, in quotes."


def write(sections: dict[str, Any]) -> str:
    """The text of a file, in the order of the sections."""
    head = f"# Configuration of Omnichannel. It holds no secrets.\nformat: {FORMAT}\n"
    return head + as_yaml(sections)


def as_yaml(value: object) -> str:
    """Plain data as people read it."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be read"
    return (
        f"Line {mark.line + 1}: this is not YAML ({problem})." if mark else f"This is not YAML ({problem})."
    )
