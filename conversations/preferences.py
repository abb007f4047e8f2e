"""How somebody likes the desk: the one place that reads and writes it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from agents.models import User
from conversations import keys
from conversations.models_desk import DeskPreference

SWITCHES = ("title_badge", "sound", "notifications", "single_keys")


def preference_of(user: User) -> DeskPreference:
    """As the person has set it, or as it comes. Asked once per user object."""
    kept: DeskPreference | None = getattr(user, "desk_preference", None)
    return kept or DeskPreference(user=user)


def save(user: User, *, switches: Mapping[str, bool], chosen: Mapping[str, str]) -> DeskPreference:
    """Keep the switches (by name, see SWITCHES) and the keys that are not the usual ones.

    `chosen` has been through keys.read and keys.conflicts.
    """
    values = {name: bool(switches.get(name)) for name in SWITCHES} | {"keys": keys.changes(chosen)}
    return DeskPreference.objects.update_or_create(user=user, defaults=values)[0]


@dataclass(frozen=True)
class KeyLine:
    """A command on the sheet of keys: `keys` as written, and each of them as its strokes in `shown`."""

    slug: str
    words: str
    keys: str
    shown: list[list[str]]
    address: str


@dataclass(frozen=True)
class KeyGroup:
    """Commands that belong together."""

    name: str
    lines: list[KeyLine]


def sheet(preference: DeskPreference, *, supervises: bool) -> list[KeyGroup]:
    """The keys as they are for this person, in groups; without those that their role never uses."""
    bound = keys.bindings(preference.keys)
    groups: dict[str, list[KeyLine]] = {}
    for command in keys.ALL:
        if supervises or not command.supervisors_only:
            groups.setdefault(command.group, []).append(_line(command, bound[command.slug]))
    return [KeyGroup(name, lines) for name, lines in groups.items()]


def _line(command: keys.Command, written: str) -> KeyLine:
    shown = [key.split(" ") for key in written.split(", ") if key]
    address = reverse(command.goes_to[0], args=command.goes_to[1:]) if command.goes_to else ""
    return KeyLine(command.slug, command.words, written, shown, address)
