"""What a file would change: two descriptions in, one entry per record out. Pure."""

import difflib
from dataclasses import dataclass
from typing import Any

from omnichannel.configuration.reading import as_yaml

# section -> natural key -> record
Description = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Change:
    """A record that is added or changed, with the lines that differ (as of `diff -u`, without its head)."""

    kind: str  # added, changed, removed
    section: str
    name: str
    lines: tuple[str, ...]

    @property
    def section_in_words(self) -> str:
        """For pages; the file and the API say `section`."""
        return self.section.replace("_", " ")


def differences(before: Description, after: Description) -> list[Change]:
    """One Change per record that is not the same in both, in the order of `after`."""
    return [
        Change(_kind(old, new), section, name, _lines(old, new))
        for section in after
        for name in [*after[section], *(n for n in before.get(section, {}) if n not in after[section])]
        if (old := before.get(section, {}).get(name)) != (new := after[section].get(name))
    ]


def _kind(old: object, new: object) -> str:
    if old is None:
        return "added"
    return "changed" if new is not None else "removed"


def _lines(old: object, new: object) -> tuple[str, ...]:
    left, right = (as_yaml(value).splitlines() if value is not None else [] for value in (old, new))
    return tuple(list(difflib.unified_diff(left, right, lineterm="", n=2))[2:])
