"""From a file's text to plain data. Anything a hostile or careless file may hold ends in BadFile."""

from typing import Any

import yaml

FORMAT = "omnichannel/1"
LONGEST_FILE = 1_000_000


class BadFile(ValueError):
    """The text is not a configuration; the message says where and why. Nothing was read."""


class _Loader(yaml.SafeLoader):
    """Plain values only: no references (a few lines of them can stand for gigabytes), no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse `*name`."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise BadFile(f"Line {mark.line + 1}: references (*) are not read: write the value itself.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse what would silently win over its twin."""
        seen = set()
        for key, _value in node.value:
            if key.value in seen:
                raise BadFile(f"Line {key.start_mark.line + 1}: “{key.value}” stands there twice.")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(text: str) -> dict[str, Any]:
    """The file's sections. Raises BadFile."""
    if len(text) > LONGEST_FILE:
        raise BadFile(f"The file is longer than {LONGEST_FILE} characters.")
    try:
        found = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as error:
        raise BadFile(_where(error)) from error
    except (RecursionError, ValueError) as error:
        raise error if isinstance(error, BadFile) else BadFile("The file cannot be read as YAML.") from error
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise BadFile(f"A configuration begins with the line “format: {FORMAT}”.")
    return found


def write(sections: dict[str, Any]) -> str:
    """The text of a file, in the order of the sections."""
    head = f"# Configuration of Omnichannel. It holds no secrets.\nformat: {FORMAT}\n"
    return head + as_yaml(sections)


def as_yaml(value: object) -> str:
    """Plain data as people read it."""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100))


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be read"
    return (
        f"Line {mark.line + 1}: this is not YAML ({problem})." if mark else f"This is not YAML ({problem})."
    )
