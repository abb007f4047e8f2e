"""What the API's schema says of every operation alike: how it refuses."""

from typing import Any

DETAIL = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "detail": {"type": "string"}},
    "required": ["detail"],
}
# What was wrong, per field (nested as the request is); what belongs to no field under non_field_errors.
FIELDS = {
    "oneOf": [{"type": "object", "additionalProperties": {}}, {"type": "array", "items": {}}],
    "example": {"name": ["This field may not be blank."]},
}
SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "400": ("What was sent is wrong: a sentence per field. Nothing was stored.", FIELDS),
    "401": ("Not logged in.", DETAIL),
    "403": ("Your role does not allow it.", DETAIL),
    "404": ("There is none, or you may not see it.", DETAIL),
    "409": ("What is asked for contradicts what is there. Nothing was changed.", DETAIL),
    "415": ("Send JSON or a form.", DETAIL),
    "429": ("Too many tries; the header Retry-After says when again (seconds).", DETAIL),
}
ALWAYS = ("400", "401", "403", "404")
WRITING = (*ALWAYS, "409", "415", "429")


def document_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A drf-spectacular hook: add the answers that any operation may give besides its own."""
    for operations in result["paths"].values():
        for method, operation in operations.items():
            for status in ALWAYS if method == "get" else WRITING:
                description, schema = SAID[status]
                known = {"description": description, "content": {"application/json": {"schema": schema}}}
                operation["responses"].setdefault(status, known)
    return result
