"""What a WhatsApp message is besides its words, out of the parameters that Twilio posts. Pure.

Source: twilio.com/docs/messaging/guides/webhook-request (WhatsApp-specific parameters, ad referrals) and
twilio.com/docs/whatsapp/buttons, read 2026-11; business-scoped user ids after Meta's announcement of
usernames, 2026. Customers have a hand in nearly all of it, so every value is bounded.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Params = Mapping[str, str]
# Meta's limits are below these (a list row's description has 72 characters, a button's payload 256).
LONGEST_LINE, LONGEST_TEXT = 300, 1_000
# A country, perhaps ENT for a whole enterprise, and an opaque id.
USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
PREFIX = "whatsapp:"
OURS, THEIRS = "us", "customer"


def extras_of(params: Params) -> dict[str, Any]:
    """By name (see Inbound.extras); what is not there has no entry. Never raises."""
    if not params.get("From", "").strip().lower().startswith(PREFIX):
        return {}
    return {name: value for name, read in PARTS.items() if (value := read(params))}


def _location(params: Params) -> dict[str, Any] | None:
    latitude = _degrees(params.get("Latitude", ""), most=90)
    longitude = _degrees(params.get("Longitude", ""), most=180)
    if latitude is None or longitude is None:
        return None
    told = _lines(params, label="Label", address="Address")
    return {"latitude": latitude, "longitude": longitude, **told}


def _degrees(text: str, *, most: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= most else None


def _button(params: Params) -> dict[str, str]:
    return _lines(params, text="ButtonText", payload="ButtonPayload")


def _choice(params: Params) -> dict[str, str]:
    return _lines(params, id="ListId", title="ListTitle", description="ListDescription")


def _forwarded(params: Params) -> bool | str:
    if _is_true(params, "FrequentlyForwarded"):
        return "often"
    return _is_true(params, "Forwarded")


def _reply_to(params: Params) -> dict[str, str] | None:
    """Which message is answered. Who wrote that one is said without their number."""
    external_id = params.get("OriginalRepliedMessageSid", "").strip()[:64]
    if not external_id:
        return None
    sender = params.get("OriginalRepliedMessageSender", "").strip().lower()
    is_ours = sender == params.get("To", "").strip().lower()
    return (
        {"external_id": external_id, "sender": OURS if is_ours else THEIRS}
        if sender
        else {"external_id": external_id}
    )


def _sticker(params: Params) -> bool:
    return _message_type(params) == "sticker"


def _referral(params: Params) -> dict[str, str]:
    """The advertisement that led here."""
    found = _lines(params, headline="ReferralHeadline", body="ReferralBody", url="ReferralSourceUrl")
    if not found.get("url", "https://").lower().startswith(("https://", "http://")):
        del found["url"]
    return found


def _message_type(params: Params) -> str:
    return params.get("MessageType", "").strip().lower()[:40]


def _username(params: Params) -> str:
    return params.get("ProfileUsername", "").strip()[:LONGEST_LINE]


def _user_id(name: str) -> Callable[[Params], str]:
    def read(params: Params) -> str:
        value = params.get(name, "").strip()
        if value.lower().startswith(PREFIX):
            value = value[len(PREFIX) :]
        return value if USER_ID.fullmatch(value) else ""

    return read


PARTS: dict[str, Callable[[Params], Any]] = {
    "message_type": _message_type,
    "location": _location,
    "button": _button,
    "choice": _choice,
    "forwarded": _forwarded,
    "reply_to": _reply_to,
    "sticker": _sticker,
    "referral": _referral,
    "profile_username": _username,
    "user_id": _user_id("ExternalUserId"),
    "parent_user_id": _user_id("ParentExternalUserId"),
}


def _lines(params: Params, **names: str) -> dict[str, str]:
    """The parameters that are filled in, under our names."""
    longest = {"body": LONGEST_TEXT, "payload": LONGEST_TEXT, "url": LONGEST_TEXT}
    found = {ours: params.get(theirs, "").strip() for ours, theirs in names.items()}
    return {ours: value[: longest.get(ours, LONGEST_LINE)] for ours, value in found.items() if value}


def _is_true(params: Params, name: str) -> bool:
    return params.get(name, "").strip().lower() == "true"
