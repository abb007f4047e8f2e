"""What TeleSign posts, read: customers' texts, delivery reports, and the rest. Pure.

One URL takes everything of an account; sub_resource and user_response tell what a body is. Sources:
developer.telesign.com (inbound SMS, SMS delivery reports, transaction callback service), read 2026-11.
"""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from channels_app.providers.base import Inbound, NotUnderstood, Other, Report
from channels_app.providers.telesign_client import code_of, plain
from channels_app.providers.telesign_codes import REMARKS, STATUSES, explain

TEXT = "mo_sms"
# What a delivery report of a text calls itself, when it does.
OF_TEXTS = frozenset({"", "sms", "messaging"})
RECEIVED = 1500
FAILED = frozenset({"failed", "undelivered"})
# The whole text, without case or outer white space: what TeleSign's own keyword service knows. TeleSign keeps
# no list of who opted out; we do, whether or not that service is switched on.
WORDS = {
    **dict.fromkeys(("stop", "arrêt", "arret", "cancel", "end", "quit", "unsubscribe"), "stop"),
    **dict.fromkeys(("stopall", "revoke", "optout"), "stop"),
    **dict.fromkeys(("start", "unstop"), "start"),
    **dict.fromkeys(("help", "info", "aide", "contact"), "help"),
}
ACTIONS = frozenset({"stop", "start", "help"})


def body_of(body: bytes) -> dict[str, Any]:
    """The object of a body; raises NotUnderstood."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("The body is not JSON, and TeleSign posts nothing else.") from error
    if not isinstance(found, dict):
        raise NotUnderstood("The body is JSON, but no object.")
    return found


def classify(raw: bytes) -> Inbound | Report | Other:
    """What a body is. Raises NotUnderstood."""
    if not raw.strip():
        return Other("The request has no body.")
    body = body_of(raw)
    product, status = plain(body.get("sub_resource")).lower(), body.get("status")
    if product == TEXT or (not product and _looks_received(body)):
        return inbound(body)
    if product not in OF_TEXTS:
        return Other(f"It is about another product of TeleSign ({product[:40]}), which is not used here.")
    if code_of(status) is None:
        return Other("The request is neither a text nor a report.")
    return report(body)


def sequence_key(raw: bytes) -> str:
    """Sender and recipient of a text; empty for all else."""
    try:
        body = body_of(raw)
    except NotUnderstood:
        return ""
    told = _part(body, "user_response")
    sender, recipient = plain(told.get("phone_number")), plain(told.get("sender_id"))
    return f"{sender}>{recipient}"[:200] if sender and recipient else ""


def inbound(body: Mapping[str, Any]) -> Inbound:
    """A text; raises NotUnderstood when it has no id, sender or recipient."""
    told = _part(body, "user_response")
    text = plain(told.get("mo_message"))
    country = plain(told.get("iso_country_code"))[:8]
    return Inbound(
        external_id=_needed(body, "reference_id", "text")[:64],
        sender=_needed(told, "phone_number", "text"),
        recipient=_needed(told, "sender_id", "text"),
        text=text,
        segments=None,
        keyword=keyword(text, plain(told.get("action"))),
        profile_name="",
        profile={"FromCountry": country} if country else {},
    )


def keyword(text: str, action: str = "") -> str:
    """stop, start or help when TeleSign says so, or when the whole text is such a word."""
    said = action.lower()
    word = unicodedata.normalize("NFC", text.strip()).casefold()
    return said if said in ACTIONS else WORDS.get(word, "")


def report(body: Mapping[str, Any]) -> Report:
    """A delivery report; a code that we do not know changes nothing."""
    status = body.get("status")
    code = code_of(status)
    state = STATUSES.get(code) if code is not None else None
    description = plain(status.get("description")) if isinstance(status, dict) else ""
    error, sentence = (None, REMARKS.get(code or 0, ""))
    if state in FAILED:
        error, sentence = explain(code, description)
    elif state is None and code not in STATUSES:
        sentence = explain(code, description)[1]
    recipient = plain(_part(body, "additional_info").get("cleansed_phone_number"))
    return Report(
        external_id=_needed(body, "reference_id", "report")[:64],
        status=state,
        word=state or "no news",
        error=error,
        code="" if state is not None and error is None else str(code),
        explanation=sentence,
        recipient=recipient[:40],
        reference=plain(body.get("external_id"))[:64],
    )


def _looks_received(body: Mapping[str, Any]) -> bool:
    return code_of(body.get("status")) == RECEIVED or "mo_message" in _part(body, "user_response")


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An inner object; empty when there is none (errors and user_response come as lists or null, too)."""
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _needed(part: Mapping[str, Any], name: str, of: str) -> str:
    value = plain(part.get(name)).strip()
    if not value:
        raise NotUnderstood(f"The {of} has no {name}.")
    return value
