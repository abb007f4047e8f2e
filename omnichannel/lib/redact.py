"""Taking secrets out of what is kept in logs and journals."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "••••"
SECRET_NAMES = re.compile(r"auth_?token|api_?key|secret|password|authorization|cookie|signature", re.IGNORECASE)


def mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same mapping with the values of tell-tale names masked."""
    return {name: MASK if SECRET_NAMES.search(name) else value for name, value in values.items()}


def text(raw: str, *, secrets: Iterable[str]) -> str:
    """The text with each of `secrets` masked, and JSON objects rid of tell-tale names."""
    try:
        decoded = json.loads(raw)
    except ValueError:
        decoded = None
    if isinstance(decoded, dict):
        raw = json.dumps(mapping(decoded), ensure_ascii=False)
    for secret in secrets:
        if secret:
            raw = raw.replace(secret, MASK)
    return raw
