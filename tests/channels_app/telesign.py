"""TeleSign in tests: an account, callbacks as it posts them, and the signature in three lines."""

import base64
import hashlib
import hmac
import json
from typing import Any

from channels_app.accounts import save_sms_settings
from channels_app.providers.base import Credentials
from tests.world import CUSTOMER, OUR_NUMBER, World

CUSTOMER_ID = "5C0FFEE0-1111-4222-8333-0123456789AB"
API_KEY = base64.b64encode(b"a key for tests, sixty-four bytes long, as TeleSign's keys are ..").decode()
SECOND_KEY = base64.b64encode(b"another one").decode()
API = "https://rest-ww.telesign.com"
MESSAGING = f"{API}/v1/messaging"
JSON = "application/json"


def account(**changes: str) -> Credentials:
    """As providers get it."""
    values = {"external_id": CUSTOMER_ID, "secret": API_KEY, "secondary_secret": "", "base_url": API}
    return Credentials(**{**values, **changes})


def reference_id(number: int = 1) -> str:
    """An id of TeleSign's."""
    return f"{number:032X}"


def signature(body: bytes, key: bytes | None = None) -> str:
    """The scheme of callbacks; `key` decoded. That it is TeleSign's, the oracle tests show."""
    used = base64.b64decode(API_KEY) if key is None else key
    return base64.b64encode(hmac.new(used, body, hashlib.sha256).digest()).decode()


def authorization(body: bytes, key: str = API_KEY) -> str:
    """The header of a callback."""
    return f"TSA {CUSTOMER_ID}:{signature(body, base64.b64decode(key))}"


def text_body(text: str = "Is my bike ready?", *, number: int = 1, sender: str = CUSTOMER) -> dict[str, Any]:
    """A customer's text (developer.telesign.com/enterprise/docs/inbound-sms, read 2026-11)."""
    return {
        "status": {
            "updated_on": "2026-11-21T09:10:11.121314Z",
            "code": 1500,
            "description": "Delivered to customer",
        },
        "submit_timestamp": "2026-11-21T09:10:10.000000Z",
        "errors": [],
        "user_response": {
            "phone_number": sender.removeprefix("+"),
            "sender_id": OUR_NUMBER,
            "mo_message": text,
        },
        "sub_resource": "mo_sms",
        "reference_id": reference_id(number),
    }


def report_body(code: Any, *, number: int = 1, reference: str | None = None) -> dict[str, Any]:
    """A delivery report (developer.telesign.com/enterprise/reference/smsdeliveryreports, read 2026-11)."""
    return {
        "reference_id": reference_id(number),
        "status": {"code": code, "description": "", "updated_on": "2026-11-21T09:12:13.141516Z"},
        "submit_timestamp": "2026-11-21T09:12:10.000000Z",
        "external_id": reference,
        "additional_info": {
            "mcc": "310",
            "mnc": "260",
            "message_parts_count": 1,
            "cleansed_phone_number": CUSTOMER.removeprefix("+"),
        },
    }


def encoded(body: Any) -> bytes:
    """JSON as TeleSign writes it."""
    return json.dumps(body).encode()


def at_telesign(world: World, base_url: str = API) -> World:
    """The world with its number at TeleSign."""
    save_sms_settings(
        sms_settings=world.sms_settings,
        provider="telesign",
        external_id=CUSTOMER_ID,
        base_url=base_url,
        secret=API_KEY,
        secondary_secret=None,
    )
    world.sms_settings.refresh_from_db()
    world.number.refresh_from_db()
    return world
