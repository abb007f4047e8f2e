"""Contact cards (vCard 2.1, 3.0, 4.0: RFC 6350 and its forerunners) as names and lines. Pure.

Only what people look for is read: name, numbers, e-mail, company. Pictures, keys and sounds in a card are
never decoded. Everything is bounded and comes from strangers: whoever shows it must escape it.
"""

import quopri
import re
import unicodedata
from dataclasses import dataclass

LOOKED_AT = 64 * 1024
MOST_CARDS, MOST_LINES, LONGEST = 10, 12, 120
ESCAPED = re.compile(r"\\(.)")
SPLIT = re.compile(r"(?<!\\);")
LABELS = {"TEL": "Phone", "EMAIL": "Email", "ORG": "Company"}
# What a type parameter says of a number, in our words.
TYPES = {"cell": "Mobile", "mobile": "Mobile", "work": "Work", "home": "Home", "fax": "Fax"}


@dataclass(frozen=True)
class ContactCard:
    """A person or company: a name, and (label, value) for each line."""

    name: str
    lines: tuple[tuple[str, str], ...]


def cards_of(data: bytes) -> tuple[ContactCard, ...]:
    """The cards of a file; empty when there is none to be read. Never raises."""
    text = data[:LOOKED_AT].decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    found: list[ContactCard] = []
    current: list[str] | None = None
    for line in _unfolded(text):
        word = line.strip().upper()
        if word == "BEGIN:VCARD":
            current = []
        elif word == "END:VCARD" and current is not None:
            if (card := _card(current)) is not None:
                found.append(card)
            current = None
        elif current is not None:
            current.append(line)
        if len(found) == MOST_CARDS:
            break
    return tuple(found)


def _unfolded(text: str) -> list[str]:
    """Lines as they were before they were folded: a blank, or (2.1) a = at the end, goes on."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and line[:1] in {" ", "\t"}:
            lines[-1] += line[1:]
        elif lines and lines[-1].endswith("=") and "QUOTED-PRINTABLE" in lines[-1].upper():
            lines[-1] = lines[-1][:-1] + line
        else:
            lines.append(line)
    return lines


def _card(lines: list[str]) -> ContactCard | None:
    name, spare, told = "", "", []
    for line in lines:
        head, colon, raw = line.partition(":")
        key, *parameters = head.split(";")
        # A group (item1.TEL) is only for labels.
        key = key.rpartition(".")[2].strip().upper()
        if not colon or key not in {"FN", "N", *LABELS}:
            continue
        value = _value(raw, parameters)
        if key == "FN":
            name = name or _plain(value)
        elif key == "N":
            family, given = (*SPLIT.split(value), "", "")[:2]
            spare = spare or _plain(f"{given} {family}")
        elif plain := _plain(value.removeprefix("tel:").removeprefix("mailto:")):
            told.append((_label(key, parameters), plain))
    name = name or spare
    return ContactCard(name, tuple(told[:MOST_LINES])) if name or told else None


def _value(raw: str, parameters: list[str]) -> str:
    if any("QUOTED-PRINTABLE" in parameter.upper() for parameter in parameters):
        return quopri.decodestring(raw.encode()).decode("utf-8", "replace")
    return raw


def _plain(value: str) -> str:
    """Without escapes and control characters, in one line, bounded."""
    said = ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], SPLIT.sub(" ", value))
    visible = "".join(" " if unicodedata.category(char) in {"Cc", "Cf"} else char for char in said)
    return " ".join(visible.split())[:LONGEST]


def _label(key: str, parameters: list[str]) -> str:
    said = " ".join(parameters).lower()
    words = [word for part, word in TYPES.items() if key == "TEL" and part in said]
    return words[0] if words else LABELS[key]
