"""How many SMS a text is, and which letter makes it more. Pure; the desk's meter has its tables from here.

160 letters of the GSM alphabet are one SMS (153 each once it is cut), 70 (67) when any other letter is among
them: 3GPP TS 23.038 and 23.040.
"""

from dataclasses import dataclass
from enum import StrEnum

# Default alphabet, without the escape.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Written as an escape and a letter: two units that are never cut apart.
EXTENDED = "\f^{}\\[~]|€"
# What people hardly mean when word processors and phones put it in, and what says the same.
INSTEAD = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "•": "-", "·": "-",
    "…": "...", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\u2060": "", "\ufeff": "",
    "\t": " ", "×": "x", "⁄": "/",
}  # fmt: skip
GSM_SIZES, UCS2_SIZES = (160, 153), (70, 67)


class Encoding(StrEnum):
    """How the letters travel."""

    GSM = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True)
class Measure:
    """What a text comes to. `unusual`: the letters outside the GSM alphabet, each once, in their order.

    `plain_segments`: how many SMS it would be with what INSTEAD has for them; None when that does not help.
    """

    characters: int
    encoding: Encoding
    segments: int
    unusual: tuple[str, ...]
    plain_segments: int | None


def measure(text: str) -> Measure:
    """Measure a text; no text at all is one SMS."""
    unusual = tuple(dict.fromkeys(letter for letter in text if letter not in BASIC + EXTENDED))
    segments = _segments(text, is_gsm=not unusual)
    instead = plain(text)
    helps = unusual and all(letter in BASIC + EXTENDED for letter in instead)
    fewer = _segments(instead, is_gsm=True) if helps else segments
    return Measure(
        characters=len(text),
        encoding=Encoding.UCS2 if unusual else Encoding.GSM,
        segments=segments,
        unusual=unusual,
        plain_segments=fewer if fewer < segments else None,
    )


def plain(text: str) -> str:
    """The same with what INSTEAD has for a letter."""
    return "".join(INSTEAD.get(letter, letter) for letter in text)


def _segments(text: str, *, is_gsm: bool) -> int:
    widths = [_width(letter, is_gsm=is_gsm) for letter in text]
    whole, part = GSM_SIZES if is_gsm else UCS2_SIZES
    if sum(widths) <= whole:
        return 1
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments


def _width(letter: str, *, is_gsm: bool) -> int:
    """In septets, or in UTF-16 units; neither an escape nor a surrogate pair is cut apart."""
    if is_gsm:
        return 2 if letter in EXTENDED else 1
    return 1 if ord(letter) < 0x10000 else 2


def tables() -> dict[str, object]:
    """What a browser needs to measure alike."""
    return {
        "basic": BASIC,
        "extended": EXTENDED,
        "instead": INSTEAD,
        "gsm": list(GSM_SIZES),
        "ucs2": list(UCS2_SIZES),
    }
