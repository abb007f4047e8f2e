"""Content templates filled in: the text, the files, and what a customer can press below them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.records import Choice
from simulator.twilio.senders import Template

PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# What a text fails with when WhatsApp does not (or no longer) want its template.
REFUSALS = {"rejected": 63040, "paused": 63041, "disabled": 63042}
# The number of variables is not the template's.
WRONG_VARIABLES = 63028


@dataclass(frozen=True)
class Content:
    """A template filled in."""

    body: str
    media: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    # Placeholders that nobody filled.
    missing: tuple[str, ...] = ()


def read_variables(text: str) -> dict[str, str] | None:
    """None when they are not a JSON object of strings."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return None
    is_good = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    return value if is_good else None


def fill_in(template: Template, variables: Mapping[str, str]) -> Content:
    """Of several types, WhatsApp takes the one that is not plain text."""
    kind, shape = _shape(template)
    names = PLACEHOLDER.findall(json.dumps(shape))
    missing = tuple(dict.fromkeys(name for name in names if not variables.get(name)))

    def filled(text: Any) -> str:
        return PLACEHOLDER.sub(lambda found: variables.get(found[1]) or found[0], str(text or ""))

    lines = [filled(shape.get(name)) for name in ("header_text", "title", "body", "subtitle", "footer")]
    media = shape.get("media") or []
    return Content(
        "\n".join(line for line in lines if line),
        tuple(filled(url) for url in ([media] if isinstance(media, str) else media)),
        tuple(_choices(kind, shape, filled)),
        missing,
    )


def _shape(template: Template) -> tuple[str, Mapping[str, Any]]:
    rich = [kind for kind in template.types if kind != "twilio/text"]
    kind = rich[0] if rich else "twilio/text"
    return kind, template.types[kind]


def _choices(kind: str, shape: Mapping[str, Any], filled: Any) -> list[Choice]:
    if kind == "twilio/list-picker":
        return [
            Choice(filled(item.get("item")), filled(item.get("id")), filled(item.get("description")), True)
            for item in shape.get("items", [])
        ]
    actions = shape.get("actions", [])
    # An action with an address or a number opens that; nothing comes back from it.
    quick = [action for action in actions if not action.get("url") and not action.get("phone")]
    return [Choice(filled(action.get("title")), filled(action.get("id"))) for action in quick]
