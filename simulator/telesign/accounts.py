"""A company at TeleSign, and how it is read from JSON.

    {"customer_id": "FFFFFFFF-EEEE-DDDD-1234-AB1234567890", "api_key": "<base64>", "secondary_api_key": "",
     "status": "active", "product": true, "type": "Full", "verified": [], "friendly_name": "Demo",
     "callback_url": "http://…/", "callback_per_request": true, "callback_form": "both",
     "callback_waits_ms": [5000, 10000, 15000], "callback_patience_ms": 5000,
     "numbers": [{"phone_number": "+14252306550", "friendly_name": "Support"}]}

Only customer_id, api_key and phone_number are required.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.reading import ConfigError, build, objects, one_of, phone_number

STATUSES = ("active", "suspended")
TYPES = ("Full", "Trial")
# In which header the signature of a callback stands; TeleSign's samples differ.
CALLBACK_FORMS = ("both", "authorization", "x-ts-authorization", "bare")


@dataclass
class TeleSignNumber:
    """A number of a company; TeleSign knows no address for it, only one for the whole account."""

    phone_number: str
    friendly_name: str = ""


@dataclass
class TeleSignAccount:
    """A company at TeleSign."""

    customer_id: str
    # Base64, as TeleSign's portal shows it. Callbacks are signed with this one.
    api_key: str
    # Accepted in requests as well.
    secondary_api_key: str = ""
    status: str = "active"
    # Whether text messages are enabled for the account.
    product: bool = True
    type: str = "Full"
    # Recipients a trial account may text.
    verified: list[str] = field(default_factory=list)
    friendly_name: str = ""
    # Takes delivery reports and customers' texts alike, for all numbers.
    callback_url: str = ""
    # Whether a request to send may name another address for its reports.
    callback_per_request: bool = True
    callback_form: str = "both"
    # The waits before the second, third and fourth try.
    callback_waits_ms: list[int] = field(default_factory=lambda: [5000, 10_000, 15_000])
    callback_patience_ms: int = 5000
    # By phone number.
    numbers: dict[str, TeleSignNumber] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The API keys requests may be made with."""
        return [key for key in (self.api_key, self.secondary_api_key) if key]


def parse_telesign(raw: Mapping[str, Any], known: TeleSignAccount | None = None) -> TeleSignAccount:
    """A new account, or `known` with these values changed and its other numbers kept. Raises ConfigError."""
    values = {name: value for name, value in raw.items() if name != "numbers"}
    account = build(
        TeleSignAccount,
        values,
        known,
        required=("customer_id", "api_key"),
        apart=frozenset({"numbers"}),
    )
    numbers = dict(known.numbers) if known else {}
    for entry in objects(raw, "numbers"):
        before = numbers.get(str(entry.get("phone_number")))
        number = build(TeleSignNumber, entry, before, required=("phone_number",))
        numbers[phone_number(number.phone_number)] = number
    account = replace(account, numbers=numbers)
    _check(account)
    return account


def _check(account: TeleSignAccount) -> None:
    for key in account.keys:
        try:
            base64.b64decode(key)
        except binascii.Error as error:
            raise ConfigError(f"An API key of {account.customer_id} is not base64.") from error
    one_of(account.status, STATUSES, "status")
    one_of(account.type, TYPES, "type")
    one_of(account.callback_form, CALLBACK_FORMS, "callback_form")
    if not all(isinstance(wait, int) and wait >= 0 for wait in account.callback_waits_ms):
        raise ConfigError("callback_waits_ms must be a list of milliseconds.")
