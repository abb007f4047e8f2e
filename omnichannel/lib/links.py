"""What can be clicked in a text that a stranger wrote: addresses of pages, e-mail addresses, numbers. Pure.

The text is cut into parts, never changed: whoever shows them escapes each one as before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers

# Blanks end an address, and so do signs that change the direction of what is read or cannot be seen: with
# them an address could look like another one.
INVISIBLE = "\\s\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
# Long enough for any address that people send; what is longer is left as text.
URL = rf"(?:https?://|www\.)[^{INVISIBLE}<>\"]{{2,1000}}"
EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
FOUND = re.compile(rf"(?<![A-Za-z0-9@])(?P<url>{URL})|(?<![A-Za-z0-9.@])(?P<email>{EMAIL})", re.IGNORECASE)
CLOSING = {")": "(", "]": "[", "}": "{", "»": "«", "”": "“", "’": "‘"}
AT_THE_END = ".,;:!?'\"…*_~" + "".join(CLOSING)
# The shortest number that is looked for: shorter ones are prices, years and orders.
FEWEST_DIGITS = 7
MOST_NUMBERS = 20


@dataclass(frozen=True)
class Part:
    """A piece of a text; `href` is empty, or begins with http://, https://, mailto: or tel:."""

    text: str
    href: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it leads to a page of somebody else's."""
        return self.href.startswith("http")


def parts(text: str, *, region: str | None = None) -> list[Part]:
    """The text in pieces that add up to it. National forms are numbers of `region` (such as CH)."""
    found: list[Part] = []
    at = 0
    for match in FOUND.finditer(text):
        word = _trimmed(match.group())
        href = _href(word, is_email=match.lastgroup == "email")
        if not href:
            continue
        found += _numbers(text[at : match.start()], region)
        found.append(Part(word, href))
        at = match.start() + len(word)
    return found + list(_numbers(text[at:], region))


def _trimmed(word: str) -> str:
    """Without what ends the sentence; a bracket stays when it was opened inside."""
    while word and word[-1] in AT_THE_END:
        opened = CLOSING.get(word[-1])
        if opened and word.count(opened) >= word.count(word[-1]):
            break
        word = word[:-1]
    return word


def _href(word: str, *, is_email: bool) -> str:
    """Where it leads; empty for what only began like an address."""
    if is_email:
        return f"mailto:{word}"
    bare = re.sub(r"^https?://", "", word, flags=re.IGNORECASE)
    host = re.split(r"[/?#]", bare)[0]
    # A name before an @ can make an address look like another one's.
    if "@" in host or "\\" in word or "." not in host.strip("."):
        return ""
    return word if bare != word else f"https://{word}"


def _numbers(text: str, region: str | None) -> Iterator[Part]:
    """A piece without addresses, its telephone numbers apart."""
    at = 0
    if sum(sign.isdigit() for sign in text) >= FEWEST_DIGITS:
        for match in phonenumbers.PhoneNumberMatcher(text, region, max_tries=MOST_NUMBERS):
            if match.start > at:
                yield Part(text[at : match.start])
            number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            yield Part(match.raw_string, f"tel:{number}")
            at = match.end
    if at < len(text):
        yield Part(text[at:])
