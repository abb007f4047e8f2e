"""Plain documents as PDF: headings, paragraphs, page numbers. No markup: what a stranger wrote is only text.

The font shows Latin, Greek and Cyrillic with their signs, and many symbols. What it cannot show, or could
only show in the wrong order (scripts that run from right to left), is marked and never left out.
"""

import unicodedata
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos

FONTS = Path(__file__).resolve().parent.parent / "fonts"
REGULAR, BOLD = FONTS / "DejaVuSans.ttf", FONTS / "DejaVuSans-Bold.ttf"
FAMILY = "DejaVu"
# Stands for a character that cannot be shown.
MISSING = "\u25af"
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
LINE_MM, GREY = 5.2, 95


@cache
def _known() -> frozenset[int]:
    """The characters of the font."""
    return frozenset(TTFont(REGULAR, lazy=True).getBestCmap())


def showable(text: str) -> str:
    """The text as the font can show it: a symbol that it lacks by its name, other characters as MISSING."""
    return "".join(map(_shown, unicodedata.normalize("NFC", text).replace("\t", "    ")))


def _shown(sign: str) -> str:
    if sign == "\n":
        return sign
    kind = unicodedata.category(sign)
    if kind in {"Cc", "Cf", "Cs"} or unicodedata.name(sign, "").startswith("VARIATION SELECTOR"):
        return ""  # nothing to be seen
    if unicodedata.bidirectional(sign) in RIGHT_TO_LEFT:
        return MISSING
    if ord(sign) in _known():
        return sign
    name = unicodedata.name(sign, "")
    return f"[{name.lower()}]" if kind in {"So", "Sk"} and name else MISSING


class Paper:
    """A document that is written from top to bottom. `title` is said in its properties and at its top."""

    def __init__(self, title: str) -> None:
        self._lacks = False
        self._pages = _Pages(format="A4")
        self._pages.set_title(title)
        self._pages.set_auto_page_break(True, margin=18)
        self._pages.add_font(FAMILY, "", REGULAR)
        self._pages.add_font(FAMILY, "B", BOLD)
        self._pages.add_page()
        self._write(title, size=15, style="B")
        self.gap()

    def gap(self) -> None:
        """Some room."""
        self._pages.ln(LINE_MM * 0.7)

    def heading(self, text: str) -> None:
        """Begins a part."""
        self.gap()
        self._write(text, size=10.5, style="B")

    def label(self, text: str) -> None:
        """A small grey line above what follows it."""
        self._pages.ln(1.6)
        self._write(text, size=8.5, grey=GREY)

    def paragraph(self, text: str, *, indent_mm: float = 0) -> None:
        """A text with its own line ends."""
        self._write(text, size=10, indent_mm=indent_mm)

    def made(self) -> bytes:
        """The file. It says at its end when something could not be shown."""
        if self._lacks:
            self.gap()
            self.label(f"{MISSING} stands for a character that this file cannot show.")
        return bytes(self._pages.output())

    def _write(self, text: str, *, size: float, style: str = "", grey: int = 0, indent_mm: float = 0) -> None:
        shown = showable(text)
        self._lacks = self._lacks or MISSING in shown
        pages = self._pages
        pages.set_font(FAMILY, style, size)
        pages.set_text_color(grey)
        pages.set_x(pages.l_margin + indent_mm)
        pages.multi_cell(0, size * 0.52, shown, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


class _Pages(FPDF):
    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FAMILY, "", 8)
        self.set_text_color(GREY)
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="R")
