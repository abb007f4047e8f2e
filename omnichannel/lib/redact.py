"""Taking secrets out of what is kept in logs and journals."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "••••"
SECRET_NAMES = re.compile(
    r"auth_?token|api_?key|secret|password|authorization|cookie|signature", re.IGNORECASE
)


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
