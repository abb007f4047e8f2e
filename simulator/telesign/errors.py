"""TeleSign's codes: refusals of requests, and what becomes of texts; in words of our own where there are any.

After TeleSign's published OpenAPI description of its SMS API and of the callbacks, read 2026-11.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from simulator.web import Response, json_response

# code: (HTTP status, description)
ERRORS: dict[int, tuple[int, str]] = {
    10000: (500, "System Unavailable, please try again later."),
    10002: (401, "'x-ts-nonce' header value has been used recently"),
    10004: (401, "'Date' or 'x-ts-date' header is not within tolerable range"),
    10008: (401, "Invalid Signature."),
    10009: (401, "Missing required 'Authorization' header"),
    10010: (401, "CustomerID Account Suspended"),
    10011: (401, "This product is not enabled for this CustomerID."),
    10014: (401, "Invalid source IP address."),
    10015: (401, "Invalid Customer ID."),
    10017: (404, "The reference ID is not known."),
    10019: (429, "Rate Limit Exceeded"),
    10020: (429, "Generic messaging exceeded transaction hard cap. Request denied."),
    10022: (401, "Invalid API Key."),
    10033: (401, "The number has not been verified for this trial account."),
    10036: (404, "The transaction is too old to be looked up."),
    11000: (400, "Invalid value for parameter phone_number."),
    11001: (400, "Invalid country code for parameter phone_number."),
    11009: (400, "Invalid value for parameter message."),
    11011: (400, "Invalid value for parameter reference_id."),
    11013: (400, "Invalid value for parameter sender_id."),
    11017: (400, "Invalid value for parameter message_type."),
    12000: (400, "Missing Required Parameter phone_number"),
    12009: (400, "Missing Required Parameter message"),
    12017: (400, "Missing Required Parameter message_type"),
    # The older form: the code stands, negative, in a list of errors, and the HTTP status says nothing.
    30006: (200, "Invalid Signature."),
    40007: (200, "Rate Limit Exceeded"),
}
OLD_FORM = 30000
NOT_ATTEMPTED = 500
IN_PROGRESS, AT_GATEWAY, DELIVERED = 290, 203, 200
# Of what becomes of a text.
DESCRIPTIONS = {
    200: "Delivered to handset",
    203: "Delivered to gateway",
    207: "Error delivering SMS to handset (reason unknown)",
    210: "Temporary phone error",
    211: "Permanent phone error",
    220: "Gateway/network cannot route message",
    221: "Message expired before delivery",
    222: "SMS not supported",
    230: "Message blocked by Telesign",
    231: "Invalid/unsupported message content",
    237: "Message blocked in requested country by Telesign",
    238: "Message blocked by Telesign due to prefix",
    250: "Final status unknown",
    251: "Message sent, but no final receipt",
    290: "Message in progress",
    292: "Queued by gateway",
    295: "Status delayed",
    500: "Transaction not attempted",
    503: "Carrier rejected temporary problem",
    504: "Carrier rejected permanent error",
    505: "Error on gateway temporary error",
    507: "Invalid destination address",
    510: "Message blocked by subscriber's carrier",
    515: "Message flagged as spam",
}


def error(code: int, **more: Any) -> Response:
    """TeleSign's refusal with this code."""
    status, description = ERRORS[code]
    if code >= OLD_FORM:
        old = {"errors": [{"code": -code, "description": description}]}
        return json_response({**envelope(NOT_ATTEMPTED), **old, **more}, status)
    return json_response({**envelope(code, description), **more}, status)


def envelope(code: int, description: str = "", *, reference_id: str = "") -> dict[str, Any]:
    """What every answer of TeleSign's has."""
    return {
        "reference_id": reference_id or uuid.uuid4().hex.upper(),
        "status": status(code, description),
        "external_id": None,
    }


def status(code: int, description: str = "") -> dict[str, Any]:
    """A status as of now."""
    said = description or DESCRIPTIONS.get(code, "Status not available")
    return {"code": code, "description": said, "updated_on": stamp(datetime.now(UTC))}


def stamp(moment: datetime) -> str:
    """As TeleSign writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
