"""What a customer's message is besides words, as plain data for people. Pure: it reads InboundText.extras.

Customers have a hand in all of it, and an older row may lack anything: whatever is not as expected is left
out. Templates escape; nothing here makes HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Pages that show a place; opened by people, never fetched by us.
MAP = "https://www.openstreetmap.org/?mlat={latitude:.6f}&mlon={longitude:.6f}#map=16/{latitude:.6f}/{longitude:.6f}"
# By the provider's word for the message, for lists that show one line of it.
TYPES = {
    "image": "Picture",
    "audio": "Audio",
    "voice": "Voice message",
    "video": "Video",
    "document": "Document",
    "sticker": "Sticker",
    "location": "Location",
    "contacts": "Contact card",
}


@dataclass(frozen=True)
class Place:
    """Where somebody is: degrees in words, what the customer calls it, and a page that shows it."""

    coordinates: str
    label: str
    address: str
    url: str


@dataclass(frozen=True)
class Choice:
    """What was chosen, of what: a button or an entry of a list."""

    of: str
    title: str
    description: str


@dataclass(frozen=True)
class Advertisement:
    """What the customer had seen before writing. `url` is empty or begins with http."""

    headline: str
    body: str
    url: str


@dataclass(frozen=True)
class Extras:
    """Everything besides the words; None or empty for what is not there."""

    place: Place | None = None
    choice: Choice | None = None
    advertisement: Advertisement | None = None
    marks: tuple[str, ...] = ()

    @property
    def has_card(self) -> bool:
        """Whether there is more than marks."""
        return any((self.place, self.choice, self.advertisement))


NOTHING = Extras()


def extras_of(stored: Mapping[str, Any] | None, text: str = "") -> Extras:
    """Out of what is stored. A choice whose words are the message's own is only a mark: they are not said
    twice.
    """
    if not stored:
        return NOTHING
    choice = _choice(stored)
    marks = list(_marks(stored))
    if choice and choice.title.strip() == text.strip() and not choice.description:
        marks.append(f"{choice.of} pressed" if choice.of == "Button" else "Chosen from a list")
        choice = None
    return Extras(_place(stored), choice, _advertisement(stored), tuple(marks))


def files_preview(content_types: Sequence[str]) -> str:
    """One line for lists about files of ours; empty without any."""
    if len(content_types) != 1:
        return f"{len(content_types)} files" if content_types else ""
    return TYPES.get(content_types[0].partition("/")[0], "File")


def preview(text: str, stored: Mapping[str, Any], media_count: int) -> str:
    """One line for lists: the text, else what came instead of one; empty when nothing did."""
    if text.strip():
        return text
    if place := _place(stored):
        return f"Location: {place.label}" if place.label else "Location"
    if choice := _choice(stored):
        return choice.title
    if stored.get("sticker"):
        return TYPES["sticker"]
    if media_count > 1:
        return f"{media_count} files"
    known = TYPES.get(str(stored.get("message_type", "")), "")
    return known or ("File" if media_count else "")


def _words(stored: Mapping[str, Any], name: str) -> dict[str, str]:
    """The part of this name with its values as text."""
    part = stored.get(name)
    return {key: str(value) for key, value in part.items()} if isinstance(part, dict) else {}


def _place(stored: Mapping[str, Any]) -> Place | None:
    told = _words(stored, "location")
    try:
        latitude, longitude = float(told["latitude"]), float(told["longitude"])
    except (KeyError, ValueError):
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Place(
        coordinates=f"{latitude:.5f}, {longitude:.5f}",
        label=told.get("label", ""),
        address=told.get("address", ""),
        url=MAP.format(latitude=latitude, longitude=longitude),
    )


def _choice(stored: Mapping[str, Any]) -> Choice | None:
    if (button := _words(stored, "button")) and (said := button.get("text") or button.get("payload")):
        return Choice("Button", said, "")
    if (entry := _words(stored, "choice")) and (said := entry.get("title") or entry.get("id")):
        return Choice("List", said, entry.get("description", ""))
    return None


def _advertisement(stored: Mapping[str, Any]) -> Advertisement | None:
    told = _words(stored, "referral")
    if not any(told.values()):
        return None
    url = told.get("url", "")
    safe = url if url.lower().startswith(("https://", "http://")) else ""
    return Advertisement(told.get("headline", ""), told.get("body", ""), safe)


def _marks(stored: Mapping[str, Any]) -> list[str]:
    marks = []
    if forwarded := stored.get("forwarded"):
        marks.append("Forwarded many times" if forwarded == "often" else "Forwarded")
    if stored.get("sticker"):
        marks.append("Sticker")
    return marks
