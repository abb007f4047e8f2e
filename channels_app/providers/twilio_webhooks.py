"""Reading what Twilio posts: texts and status reports, on each channel.

Facts about parameters and statuses: twilio.com/docs/messaging/guides/webhook-request and
.../outbound-message-status-in-status-callbacks, read 2026-11.
"""

import json
from datetime import datetime

from channels_app.providers import twilio_signature as signatures
from channels_app.providers.base import Inbound, InboundMedia, NotUnderstood, Report, WireRequest
from channels_app.providers.twilio_channels import MOST_MEDIA
from channels_app.providers.twilio_codes import explain
from channels_app.providers.twilio_extras import extras_of

# Twilio's word -> our state. A word that is not here changes nothing and is kept as an event.
STATUSES = {
    "accepted": "accepted",
    "scheduled": "scheduled",
    "queued": "queued",
    "sending": "sending",
    "sent": "sent",
    "canceled": "canceled",
    "failed": "failed",
    "undelivered": "undelivered",
    "delivered": "delivered",
    "read": "read",
}
INBOUND_WORDS = frozenset({"received", "receiving"})
# The whole text, without case or outer white space: what Twilio itself acts on for long codes.
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "unstop", "yes"})
HELP_WORDS = frozenset({"help", "info"})
OPT_OUT_TYPES = {"STOP": "stop", "START": "start", "HELP": "help"}
PROFILE_NAMES = ("FromCity", "FromState", "FromZip", "FromCountry")


def params_of(request: WireRequest) -> dict[str, str]:
    """The parameters of a form or a query string, without NUL; of a repeated name, the first."""
    raw = request.query.encode("utf-8", "replace") if request.method == "GET" else request.body
    if request.method != "GET" and "json" in request.content_type:
        return _json_params(request.body)
    params: dict[str, str] = {}
    for name, value in signatures.form_pairs(raw):
        text = value.decode("utf-8", "replace").replace("\x00", "")
        params.setdefault(name.decode("utf-8", "replace").replace("\x00", ""), text)
    return params


def _json_params(body: bytes) -> dict[str, str]:
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("The body is not JSON, though it says so.") from error
    if not isinstance(decoded, dict):
        raise NotUnderstood("The body is JSON, but no object.")
    return {_storable(k): _storable(v) for k, v in decoded.items() if v is not None}


def _storable(value: object) -> str:
    """The value as text without what no database stores: NUL and halves of letters (lone surrogates)."""
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode()


def is_inbound(params: dict[str, str]) -> bool:
    """Whether it is a customer's text, whatever URL it came to."""
    word = (params.get("MessageStatus") or params.get("SmsStatus") or "").lower()
    if word:
        return word in INBOUND_WORDS
    return "From" in params or "Body" in params


def parse_inbound(params: dict[str, str]) -> Inbound:
    """A text; raises NotUnderstood when it has no id, sender or recipient."""
    external_id = next((params[n] for n in ("MessageSid", "SmsMessageSid", "SmsSid") if params.get(n)), "")
    for name, value in (("MessageSid", external_id), ("From", params.get("From")), ("To", params.get("To"))):
        if not (value or "").strip():
            raise NotUnderstood(f"The text has no {name}.")
    extras = extras_of(params)
    # What was pressed or chosen is what was said; Twilio mostly repeats it as the body.
    chosen = extras.get("button", {}).get("text") or extras.get("choice", {}).get("title") or ""
    body = params.get("Body", "") or chosen
    return Inbound(
        external_id=external_id[:64],
        sender=params["From"],
        recipient=params["To"],
        text=body,
        segments=_count(params.get("NumSegments", "")),
        keyword=OPT_OUT_TYPES.get(params.get("OptOutType", "").upper(), "") or keyword(body),
        profile_name=params.get("ProfileName", "").strip()[:160],
        profile={name: params[name] for name in PROFILE_NAMES if params.get(name)},
        sent_at=_moment(params.get("DateSent", "")),
        media=_media(params),
        extras=extras,
    )


def _media(params: dict[str, str]) -> tuple[InboundMedia, ...]:
    """The files of a text; one whose address is missing is still counted."""
    count = min(_count(params.get("NumMedia", "")) or 0, MOST_MEDIA)
    return tuple(
        InboundMedia(params.get(f"MediaUrl{i}", ""), params.get(f"MediaContentType{i}", "")[:100])
        for i in range(count)
    )


def keyword(body: str) -> str:
    """stop, start or help when the whole text is such a word."""
    word = body.strip().casefold()
    if word in STOP_WORDS:
        return "stop"
    if word in START_WORDS:
        return "start"
    return "help" if word in HELP_WORDS else ""


def parse_report(params: dict[str, str]) -> Report:
    """A status report; an unknown word changes nothing."""
    external_id = next((params[n] for n in ("MessageSid", "SmsSid") if params.get(n)), "")
    if not external_id:
        raise NotUnderstood("The report has no MessageSid.")
    word = (params.get("MessageStatus") or params.get("SmsStatus") or "").lower()
    status = STATUSES.get(word)
    code = params.get("ErrorCode", "").strip()[:16]
    error, explanation = None, ""
    if status in {"failed", "undelivered"}:
        error, explanation = explain(code if code != "0" else "", params.get("ErrorMessage", "")[:200])
    return Report(external_id[:64], status, word[:24], error, code, explanation, params.get("To", ""))


def _moment(text: str) -> datetime | None:
    """A moment in ISO 8601 with its zone; webhooks of Twilio carry none, its list does."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _count(text: str) -> int | None:
    """A small whole number, or None: NumMedia has been seen as abc, 1e3 and with a billion."""
    return min(int(text), 1000) if text.isascii() and text.isdigit() and len(text) < 10 else None
