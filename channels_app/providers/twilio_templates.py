"""Twilio's content templates, read from its Content API.

Source: twilio.com/docs/content/content-api-resources (Fetch Content and Approvals) and .../content/overview
(content types), read 2026-11.
"""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from twilio.rest import Client

from channels_app.providers.base import Credentials
from channels_app.providers.templates import ProvidedTemplate, TemplateListing
from channels_app.providers.twilio_client import ask
from omnichannel.lib.http import Recorder

LISTED_AT_MOST, PAGE = 2_000, 200
# Between two pages; with one slow page more the task still ends in time.
PATIENCE_S = 20.0
PLACEHOLDER = re.compile(r"\{\{\s*(\w{1,64})\s*\}\}", re.ASCII)
# Twilio's word -> ours. WhatsApp has more words than these; what is none of them is still being looked at.
APPROVALS = frozenset({"unsubmitted", "received", "pending", "approved", "rejected", "paused", "disabled"})
# Content types that are words and buttons; their parts in the order in which the customer reads them.
PARTS = {
    "twilio/text": ("body",),
    "twilio/quick-reply": ("body",),
    "twilio/call-to-action": ("body",),
    "twilio/card": ("title", "body", "subtitle"),
    "whatsapp/card": ("header_text", "body", "footer"),
}
WITH_FILE = "It has a picture or file, and such templates cannot be sent from here."
OTHER_KIND = "It is more than words and buttons, and such templates cannot be sent from here."


class TwilioTemplates:
    """The part of the provider that is in channels_app.providers.templates."""

    def list_templates(self, account: Credentials, record: Recorder) -> TemplateListing:
        """See Templates."""
        return ask(account, record, _listed)


def _listed(client: Client) -> TemplateListing:
    deadline, found = time.monotonic() + PATIENCE_S, []
    for content in client.content.v1.content_and_approvals.stream(limit=LISTED_AT_MOST, page_size=PAGE):
        if content.sid:
            found.append(template_of(content))
        if time.monotonic() > deadline:
            return TemplateListing(tuple(found), is_whole=False)
    return TemplateListing(tuple(found), is_whole=len(found) < LISTED_AT_MOST)


def template_of(content: Any) -> ProvidedTemplate:
    """One of the list, in our words. Never raises for odd content."""
    approval = _approval(content.approval_requests)
    kind, payload = _type(content.types, _text(approval.get("content_type")))
    status = _text(approval.get("status")).lower() or "unsubmitted"
    body = "\n".join([*_words(kind, payload), *_buttons(payload)])
    return ProvidedTemplate(
        external_id=_text(content.sid),
        name=_text(content.friendly_name) or _text(approval.get("name")) or _text(content.sid),
        language=_text(content.language),
        kind=kind,
        body=body,
        approval=status if status in APPROVALS else "pending",
        variables=_variables(body, payload, content.variables),
        unsupported=_unsupported(kind, payload, body),
        rejection_reason=_text(approval.get("rejection_reason")),
        category=_text(approval.get("category")),
    )


def _approval(requests: Any) -> Mapping[str, Any]:
    """WhatsApp's approval: the list has it plainly, other answers of Twilio under its channel's name."""
    told = requests if isinstance(requests, Mapping) else {}
    nested = told.get("whatsapp")
    return nested if isinstance(nested, Mapping) else told


def _type(types: Any, submitted: str) -> tuple[str, Mapping[str, Any]]:
    """The content type that WhatsApp gets: the one that was submitted, else the first."""
    known = {str(name): of for name, of in types.items()} if isinstance(types, Mapping) else {}
    kind = submitted if submitted in known else next(iter(known), "")
    payload = known.get(kind)
    return kind, payload if isinstance(payload, Mapping) else {}


def _words(kind: str, payload: Mapping[str, Any]) -> list[str]:
    parts = (_text(payload.get(name)) for name in PARTS.get(kind, ("body",)))
    return [part for part in parts if part]


def _buttons(payload: Mapping[str, Any]) -> Iterator[str]:
    """Each button as a line: what is on it, and the address or number behind it."""
    actions = payload.get("actions")
    for action in actions if isinstance(actions, list) else []:
        if isinstance(action, Mapping) and (title := _text(action.get("title"))):
            behind = _text(action.get("url")) or _text(action.get("phone"))
            yield f"[{title}] {behind}".strip()


def _unsupported(kind: str, payload: Mapping[str, Any], body: str) -> str:
    if payload.get("media"):
        return WITH_FILE
    return "" if kind in PARTS and body else OTHER_KIND


def _variables(body: str, payload: Mapping[str, Any], examples: Any) -> dict[str, str]:
    """The variables in the order in which they appear: in what is read, then in what stands behind it."""
    known = examples if isinstance(examples, Mapping) else {}
    names = PLACEHOLDER.findall(f"{body}\n{payload}")
    return {name: _text(known.get(name)) for name in dict.fromkeys(names)}


def _text(value: Any) -> str:
    return str(value).replace("\x00", "").strip() if isinstance(value, str | int | float) else ""
