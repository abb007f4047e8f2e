"""A company's WhatsApp senders and content templates at Twilio, and how they are read from JSON.

    "senders": [{"sender_id": "whatsapp:+14155238886", "friendly_name": "Acme", "status": "ONLINE",
                 "offline_reasons": [{"code": "…", "message": "…"}], "is_sandbox": false,
                 "callback_url": "http://…/", "callback_method": "POST", "fallback_url": "",
                 "status_callback_url": ""}],
    "templates": [{"friendly_name": "order_update", "language": "en", "category": "UTILITY",
                   "variables": {"1": "Maria"}, "types": {"twilio/text": {"body": "Hello {{1}}"}},
                   "status": "approved", "rejection_reason": ""}]

Only sender_id, friendly_name (of a template) and types are required.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.reading import ConfigError, build, objects, one_of

PREFIX = "whatsapp:"
STATUSES = (
    *("ONLINE", "OFFLINE", "CREATING", "DRAFT", "PENDING_VERIFICATION", "VERIFYING"),
    *("ONLINE:UPDATING", "TWILIO_REVIEW", "STUBBED"),
)
APPROVALS = ("approved", "pending", "rejected", "paused", "disabled", "unsubmitted", "received")


@dataclass
class Sender:
    """A number with WhatsApp, and where its customers' texts are delivered."""

    sender_id: str
    friendly_name: str = ""
    status: str = "ONLINE"
    offline_reasons: list[dict[str, str]] = field(default_factory=list)
    # Twilio's shared number to try with: it can send and receive, but is not in the list of senders.
    is_sandbox: bool = False
    callback_url: str = ""
    callback_method: str = "POST"
    fallback_url: str = ""
    status_callback_url: str = ""


@dataclass
class Template:
    """A content template, and what WhatsApp thinks of it."""

    friendly_name: str
    types: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    category: str = "UTILITY"
    # A sample for each placeholder.
    variables: dict[str, str] = field(default_factory=dict)
    status: str = "approved"
    rejection_reason: str = ""

    @property
    def key(self) -> str:
        """There is one for each name and language."""
        return f"{self.friendly_name}:{self.language}"


def parse_senders(raw: Mapping[str, Any], known: dict[str, Sender]) -> dict[str, Sender]:
    """Those known, with these added or changed. Raises ConfigError."""
    senders = dict(known)
    for entry in objects(raw, "senders"):
        sender = build(Sender, entry, senders.get(str(entry.get("sender_id"))), required=("sender_id",))
        if not re.fullmatch(r"whatsapp:\+[1-9]\d{5,14}", sender.sender_id):
            raise ConfigError(f"sender_id {sender.sender_id!r} must be like whatsapp:+14155238886.")
        one_of(sender.status, STATUSES, "status")
        one_of(sender.callback_method, ("POST", "GET"), "callback_method")
        senders[sender.sender_id] = sender
    return senders


def parse_templates(raw: Mapping[str, Any], known: dict[str, Template]) -> dict[str, Template]:
    """Those known, with these added or changed. Raises ConfigError."""
    templates = dict(known)
    for entry in objects(raw, "templates"):
        key = f"{entry.get('friendly_name')}:{entry.get('language', 'en')}"
        template = build(Template, entry, templates.get(key), required=("friendly_name",))
        if not template.types:
            raise ConfigError(f"The template {template.friendly_name} needs types.")
        one_of(template.status, APPROVALS, "status")
        templates[template.key] = template
    return templates
