"""The words of a text as search knows them, and the stretch of it that shows what was looked for."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+")
MARKS = re.compile("[\u0300-\u036f]")
# Letters before and after what is marked first.
BEFORE, SHOWN = 60, 220


@dataclass(frozen=True)
class Term:
    """Words that stand one after the other; with `is_beginning` the last of them may go on."""

    words: tuple[str, ...]
    is_beginning: bool = False


@dataclass(frozen=True)
class Piece:
    """A part of a text, and whether it is what was looked for."""

    text: str
    is_marked: bool


def plain(text: str) -> str:
    """Without accents and in small letters: “Müller” and “MULLER” are alike."""
    return MARKS.sub("", unicodedata.normalize("NFKD", text)).lower()


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, plain."""
    return tuple(plain(match.group()) for match in WORD.finditer(text))


def says_all(text: str, terms: Sequence[Term]) -> bool:
    """Whether each of the terms is in the text."""
    words = words_of(text)
    return all(next(_places(words, term), None) is not None for term in terms)


def marked(text: str, terms: Sequence[Term]) -> list[Piece]:
    """The stretch of the text around the first find, in pieces; the beginning when nothing is found."""
    found = list(WORD.finditer(text))
    words = tuple(plain(match.group()) for match in found)
    hits = sorted(
        {n for term in terms for at in _places(words, term) for n in range(at, at + len(term.words))}
    )
    start = max(found[hits[0]].start() - BEFORE, 0) if hits else 0
    if start:
        start = next((m.start() for m in found if m.start() >= start), start)
    end = start + SHOWN
    pieces, at = [Piece("…", False)] if start else [], start
    for number in hits:
        match = found[number]
        if match.end() > end:
            break
        pieces += [Piece(text[at : match.start()], False), Piece(match.group(), True)]
        at = match.end()
    pieces.append(Piece(text[at:end] + ("…" if len(text) > end else ""), False))
    return [piece for piece in pieces if piece.text]


def _places(words: Sequence[str], term: Term) -> Iterator[int]:
    """Where a term begins."""
    size = len(term.words)
    for at in range(len(words) - size + 1):
        *firsts, last = words[at : at + size]
        wanted = term.words[-1]
        fits = last.startswith(wanted) if term.is_beginning else last == wanted
        if fits and tuple(firsts) == term.words[:-1]:
            yield at
