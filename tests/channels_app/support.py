"""What the tests of the wire share: payload tables, signatures, and a Twilio at the HTTP seam."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import responses
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone
from twilio.request_validator import RequestValidator

from channels_app import outbox
from channels_app.models_deliveries import Delivery
from contacts.models import Address
from contacts.services import locked_address
from omnichannel.lib.phones import wire_address
from tests.world import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, OUR_NUMBER, World, sid

API = "https://api.twilio.com"
MESSAGES = f"{API}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
PAYLOADS = Path(__file__).parent / "payloads"


def table(name: str) -> list[dict[str, Any]]:
    """The cases of a payload table."""
    cases: list[dict[str, Any]] = json.loads((PAYLOADS / f"{name}.json").read_text())["cases"]
    assert len({case["name"] for case in cases}) == len(cases), "two cases of one name"
    return cases


def ids(case: dict[str, Any]) -> str:
    return str(case["name"])


def encoded(pairs: list[tuple[str, str]] | dict[str, str]) -> str:
    """A form; values may be bytes written as latin-1 after the mark bytes:."""
    items = pairs.items() if isinstance(pairs, dict) else pairs
    parts = []
    for name, value in items:
        raw = value[6:].encode("latin-1") if value.startswith("bytes:") else value.encode()
        parts.append(urlencode({name: ""})[:-1] + "=" + quote_from_bytes(raw, safe="").replace("%20", "+"))
    return "&".join(parts)


def library_signature(url: str, params: Any, token: str = AUTH_TOKEN) -> str:
    """What Twilio's own library makes of it."""
    made: str = RequestValidator(token).compute_signature(url, params)
    return made


def hmac_signature(url: str, raw: bytes = b"", token: str = AUTH_TOKEN, digest: str = "sha1") -> str:
    """The scheme in three lines, for what the library cannot make."""
    return base64.b64encode(hmac.new(token.encode(), url.encode() + raw, digest).digest()).decode()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def path_of(url: str) -> str:
    return url.removeprefix(settings.PUBLIC_BASE_URL)


def post(
    path: str, body: bytes | str, *, signature: str | None, content_type: str = FORM, **extra: Any
) -> Any:
    """Post a body as it is, through the front door."""
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    headers |= extra.pop("headers", {})
    return Client().generic("POST", path, body, content_type=content_type, headers=headers, **extra)


# --- deliveries -----------------------------------------------------------------------------------


def address(value: str = CUSTOMER) -> Address:
    wire = wire_address(value)
    assert wire is not None
    with transaction.atomic():
        return locked_address(wire)


def delivery_of(world: World, text: str = "Your parcel is on its way.", **options: Any) -> Delivery:
    """A pending delivery to a customer."""
    world.number.refresh_from_db()
    now = options.pop("now", None) or timezone.now()
    to = options.pop("to", CUSTOMER)
    return outbox.submit(number=world.number, address=address(to), text=text, now=now, **options)


def message_json(number: int = 1, **values: Any) -> dict[str, Any]:
    """A message resource (twilio.com/docs/messaging/api/message-resource, read 2026-11)."""
    return {
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": "Your parcel is on its way.",
        "date_created": "Sat, 21 Nov 2026 10:00:00 +0000",
        "date_sent": None,
        "date_updated": "Sat, 21 Nov 2026 10:00:00 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": f"+{OUR_NUMBER}",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": sid(number),
        "status": "queued",
        "subresource_uris": {},
        "to": CUSTOMER,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid(number)}.json",
        **values,
    }


def page_json(*messages: dict[str, Any]) -> dict[str, Any]:
    """One page of the list of messages."""
    uri = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    return {
        "messages": list(messages),
        "page": 0,
        "page_size": 50,
        "start": 0,
        "end": max(0, len(messages) - 1),
        "uri": uri,
        "first_page_uri": uri,
        "next_page_uri": None,
        "previous_page_uri": None,
    }


def accept(twilio: responses.RequestsMock, number: int = 1, **values: Any) -> responses.BaseResponse:
    """Let Twilio take the next text."""
    return twilio.add(responses.POST, MESSAGES, json=message_json(number, **values), status=201)
