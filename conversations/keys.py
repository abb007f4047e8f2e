"""The keys of the desk: what can be done by keyboard, with which key, and what a key may be. Pure.

A key is written as on the sheet: `j`, `?`, `Shift+E`, `Ctrl+K`, `Alt+J`, or two after another, `g m`.
Several keys for one command are separated by commas: `j, Alt+J`. On a Mac, Cmd counts as Ctrl.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MODIFIERS = ("Ctrl", "Alt", "Shift")
ENTER = "Enter"
MOST_KEYS = 3
# What browsers keep to themselves, or what everybody's fingers know to mean something else.
RESERVED = frozenset(f"Ctrl+{letter}" for letter in "ACFLNPQRTVWXZY0+-") | {
    "Ctrl+Shift+N",
    "Ctrl+Shift+T",
    "Ctrl+Shift+W",
    "Ctrl+Shift+C",
    "Ctrl+Shift+I",
    "Alt+D",
    "Alt+F",
    "Alt+E",
    ENTER,
}


class BadKey(ValueError):
    """What was typed is no key that can be chosen; the message says why."""


@dataclass(frozen=True)
class Command:
    """Something that a key does. `slug` names it in preferences and in the page."""

    slug: str
    words: str
    usual: str
    group: str
    # Where it goes: the name of an address, and its arguments.
    goes_to: tuple[str, ...] = ()
    supervisors_only: bool = False


EVERYWHERE, LIST, CONVERSATION, WRITING = "Everywhere", "List", "Conversation", "Writing"
ALL = (
    Command("keys", "Show this sheet", "?", EVERYWHERE),
    Command("command-bar", "Command bar", "Ctrl+K", EVERYWHERE),
    Command("search", "Search", "/, g s", EVERYWHERE),
    Command("go-my", "Go to My work items", "g m", EVERYWHERE, goes_to=("desk:list", "my")),
    Command("go-open", "Go to Open work items", "g u", EVERYWHERE, goes_to=("desk:list", "open")),
    Command("go-closed", "Go to Closed work items", "g c", EVERYWHERE, goes_to=("desk:list", "closed")),
    Command(
        "go-today", "Go to the figures of today", "g t", EVERYWHERE, ("desk:today",), supervisors_only=True
    ),
    Command("next", "Next conversation", "j, Alt+J", LIST),
    Command("previous", "Previous conversation", "k, Alt+K", LIST),
    Command("open", "Open it", "o", LIST),
    Command("pane", "Show or hide the customer", "]", CONVERSATION),
    Command("take", "Pick or reopen", "i", CONVERSATION),
    Command("assign", "Assign…", "a", CONVERSATION, supervisors_only=True),
    Command("take-over", "Take over…", "Shift+I", CONVERSATION, supervisors_only=True),
    Command("transfer", "Transfer…", "t", CONVERSATION),
    Command("release", "Release to its queue", "Shift+R", CONVERSATION),
    Command("unread", "Mark as unread", "u", CONVERSATION),
    Command("end", "End", "e", CONVERSATION),
    Command("end-next", "End, and open the next", "Shift+E", CONVERSATION),
    Command("close", "Close session…", "c", CONVERSATION),
    Command("reply", "Reply", "r", WRITING),
    Command("note", "Internal message", "n", WRITING),
    Command("send", "Send", "Ctrl+Enter", WRITING),
)
BY_SLUG = {command.slug: command for command in ALL}
# Works while one writes, so it cannot be a letter.
NEEDS_MODIFIER = frozenset({"send"})


def read(text: str) -> str:
    """One or more keys as they are written here; empty for none. Raises BadKey."""
    keys = [_one(part) for part in text.split(",")] if text.strip(" ,") else []
    if len(keys) > MOST_KEYS:
        raise BadKey(f"{MOST_KEYS} keys at most.")
    if len(set(keys)) < len(keys):
        raise BadKey("The same key stands there twice.")
    return ", ".join(keys)


def _one(text: str) -> str:
    strokes = text.replace(" + ", "+").split()
    if not 1 <= len(strokes) <= 2:
        raise BadKey("Write a key as in the examples: j, Shift+E, Ctrl+K, or g m.")
    written = [_stroke(stroke) for stroke in strokes]
    if len(written) == 2 and any(has_modifier(stroke) for stroke in written):
        raise BadKey("Of two keys one after another, neither takes Ctrl or Alt.")
    return " ".join(written)


def _stroke(text: str) -> str:
    *held, key = text.split("+") if not text.endswith("+") else [*text[:-1].rstrip("+").split("+"), "+"]
    names = {name.lower(): name for name in MODIFIERS} | {"cmd": "Ctrl", "control": "Ctrl"}
    unknown = next((name for name in held if name and name.lower() not in names), "")
    if unknown:
        raise BadKey(f"{unknown} is no key to hold: there are Ctrl, Alt and Shift.")
    modifiers = {names[name.lower()] for name in held if name}
    key = _key(key, modifiers)
    written = "+".join([*(name for name in MODIFIERS if name in modifiers), key])
    if {"Ctrl", "Alt"} <= modifiers:
        raise BadKey("Ctrl with Alt types a sign on many keyboards. Choose one of the two.")
    if written in RESERVED:
        raise BadKey(f"{written} belongs to the browser. Choose another.")
    return written


def _key(key: str, modifiers: set[str]) -> str:
    """The key itself; a capital letter alone is the letter with Shift."""
    if key.lower() == ENTER.lower():
        return ENTER
    if len(key) != 1 or not key.isprintable() or key.isspace():
        raise BadKey(
            "Write one letter, digit or sign, or Enter with Ctrl. Other keys have work of their own."
        )
    if not key.isalpha():
        modifiers.discard("Shift")  # the sign is what Shift made of it
        return key
    if key.isupper() and not modifiers:
        modifiers.add("Shift")
    return key.upper() if modifiers else key


def has_modifier(key: str) -> bool:
    """Whether Ctrl or Alt is held: such a key works while one types, and cannot be switched off."""
    return key.startswith(("Ctrl+", "Alt+"))


def bindings(changed: Mapping[str, str]) -> dict[str, str]:
    """The keys of every command: the usual ones, and those that somebody has changed."""
    return {command.slug: changed.get(command.slug, command.usual) for command in ALL}


def changes(chosen: Mapping[str, str]) -> dict[str, str]:
    """What differs from the usual keys, to be kept."""
    return {slug: keys for slug, keys in chosen.items() if keys != BY_SLUG[slug].usual}


def conflicts(chosen: Mapping[str, str]) -> dict[str, str]:
    """Why a command cannot have its keys beside the others', by slug; empty when all can.

    Told at both commands: one key for two, or one that the other's two begin with.
    """
    places = [(key, slug) for slug, keys in chosen.items() for key in keys.split(", ") if key]
    told: dict[str, str] = {}
    for key, slug in places:
        for other, owner in places:
            if owner != slug and (other == key or other.startswith(f"{key} ") or key.startswith(f"{other} ")):
                told.setdefault(slug, f"{key} is in the way of “{BY_SLUG[owner].words}” ({other}).")
    for slug in NEEDS_MODIFIER & chosen.keys():
        if any(key and not has_modifier(key) for key in chosen[slug].split(", ")):
            told[slug] = "It is used while one writes: it needs Ctrl or Alt."
    return told
