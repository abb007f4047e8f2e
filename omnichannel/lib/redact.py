"""Taking secrets and telephone numbers out of what is kept in logs and journals, or shown of them."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from omnichannel.lib import phones

MASK = "••••"
SECRET_NAMES = re.compile(
    r"auth_?token|api_?key|secret|password|authorization|cookie|signature", re.IGNORECASE
)
# Telephone numbers in a text: after a + (as it is, or encoded for a URL or in JSON), in North American
# groups, or nine to fifteen digits in a row. Not inside words: ids of providers have long runs of digits too.
_PLUS = r"(?:\+|%(?:25)*2[Bb]|\\u002[Bb]|&#43;)"
_GAP = r"(?:[ .()\-\u00a0\u2011+]|%(?:25)*(?:20|2[Dd89Ee]))"
NUMBERS = re.compile(
    rf"{_PLUS}{_GAP}{{0,2}}[1-9](?:{_GAP}{{0,2}}[0-9]){{6,14}}(?![0-9])"
    rf"|(?<![0-9A-Za-z])(?:1{_GAP})?\(?[0-9]{{3}}\)?{_GAP}{{1,2}}[0-9]{{3}}{_GAP}[0-9]{{4}}(?![0-9A-Za-z])"
    r"|(?:(?<![0-9A-Za-z])|(?<=%20)|(?<=%3[Aa]))[0-9]{9,15}(?![0-9A-Za-z])"
)
_ENCODED = re.compile(rf"^{_PLUS}")
_ENCODED_GAP = re.compile(r"%(?:25)*(?:20|2[Dd89Ee])")


def numbers(raw: str) -> str:
    """The text with every telephone number in it masked (see phones.masked), encoded ones too."""
    return NUMBERS.sub(_masked_number, raw)


def _masked_number(found: re.Match[str]) -> str:
    bare = _ENCODED_GAP.sub("", _ENCODED.sub("", found.group()))
    digits = re.sub(r"[^0-9]", "", bare)
    return phones.masked(f"+{digits}" if _ENCODED.match(found.group()) else digits)


def mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same mapping with the values of tell-tale names masked, however deep they lie."""
    return {name: MASK if SECRET_NAMES.search(name) else _masked(value) for name, value in values.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return mapping(value)
    return [_masked(item) for item in value] if isinstance(value, list) else value


def text(raw: str, *, secrets: Iterable[str]) -> str:
    """The text with each of `secrets` masked, and JSON rid of tell-tale names. Never raises."""
    try:
        decoded = json.loads(raw)
        if isinstance(decoded, dict | list) and (masked := _masked(decoded)) != decoded:
            raw = json.dumps(masked, ensure_ascii=False)
    except (ValueError, RecursionError):
        pass  # no JSON, or nested to drive readers mad: kept as it came
    for secret in secrets:
        if secret:
            raw = raw.replace(secret, MASK)
    return raw
