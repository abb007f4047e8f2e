"""Slugs in texts: {FullName{Customer}} stands for what is filled in before anybody reads it."""

import re
from collections.abc import Iterable, Mapping

KNOWN = (
    "{FullName{Customer}}",
    "{LastName{Customer}}",
    "{FullName{Agent}}",
    "{FirstName{Agent}}",
    "{LastName{Agent}}",
    "{Nickname{Agent}}",
)
# Whatever somebody may have meant as one, misspelt ones too.
SLUG = re.compile(r"\{\s*\w{1,40}\s*\{\s*(?:customer|agent)\s*\}\s*\}", re.I)


def slugs_in(text: str) -> list[str]:
    """The slugs of a text as they are written, known or not, each once and in order."""
    return list(dict.fromkeys(found.group() for found in SLUG.finditer(text)))


def unknown_in(text: str) -> list[str]:
    """Those that nobody can fill in."""
    return [slug for slug in slugs_in(text) if slug not in KNOWN]


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with what stands for each slug. A slug without a value, or with an empty one, stays."""
    return SLUG.sub(lambda found: values.get(found.group()) or found.group(), text)


def sentence(slugs: Iterable[str]) -> str:
    """What is wrong with a text in which these are left; empty for none."""
    left = list(slugs)
    if not left:
        return ""
    return f"Replace {' and '.join(left)} by what the customer shall read: it could not be filled in."
