"""Accounts, numbers and callback settings, and how they are read from JSON.

    {"accounts": [{"account_sid": "AC…", "auth_token": "…", "secondary_auth_token": "", "status": "active",
                   "type": "Full", "friendly_name": "Demo", "verified": [],
                   "numbers": [{"phone_number": "+14252306549", "sms": true, "mms": true, "sms_url": "http://…/",
                                "sms_method": "POST", "sms_fallback_url": "", "status_callback": "",
                                "friendly_name": "Support", "voice": true, "sms_application_sid": "",
                                "service": "Pool"}],
                   "services": [{"name": "Pool", "inbound_request_url": "",
                                 "use_inbound_webhook_on_number": true}],
                   "senders": [{"sender_id": "whatsapp:+14155238886", …}],
                   "templates": [{"friendly_name": "order_update", …}]}],
     "telesign": [{"customer_id": "…", "api_key": "…", …}],
     "callbacks": {"delay_ms": 300, "order": "normal", "duplicates": 0, "enabled": true, "early": false},
     "hang_seconds": 40, "store_url": ""}

Only account_sid, auth_token and phone_number are required; for TeleSign see simulator.telesign.accounts,
for WhatsApp simulator.twilio.senders. An unknown name is refused: it is a typing error.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from simulator.reading import ConfigError, build, objects, one_of, phone_number, refuse_unknown
from simulator.telesign.accounts import TeleSignAccount, parse_telesign
from simulator.twilio.senders import Sender, Template, parse_senders, parse_templates

ACCOUNT_STATUSES = ("active", "suspended", "closed")
ACCOUNT_TYPES = ("Full", "Trial")
CALLBACK_ORDERS = ("normal", "shuffled", "reversed")
# Of an account: read apart from its other values.
APART = frozenset({"numbers", "services", "senders", "templates", "created_at"})


@dataclass
class Number:
    """A number of a company, and where its customers' texts are delivered."""

    phone_number: str
    sms: bool = True
    mms: bool = True
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    status_callback: str = ""
    friendly_name: str = ""
    voice: bool = True
    # A TwiML app, which takes the texts instead of sms_url; there is none here, so they go nowhere.
    sms_application_sid: str = ""
    # The name of the Messaging Service it is in, if any.
    service: str = ""


@dataclass
class Service:
    """A Messaging Service: texts to its numbers go to its own URL, unless it defers to the numbers'."""

    name: str
    # Empty: texts to its numbers are dropped.
    inbound_request_url: str = ""
    use_inbound_webhook_on_number: bool = True


@dataclass
class Account:
    """A company at the provider."""

    account_sid: str
    auth_token: str
    secondary_auth_token: str = ""
    status: str = "active"
    type: str = "Full"
    friendly_name: str = ""
    # Recipients a trial account may text.
    verified: list[str] = field(default_factory=list)
    # By phone number.
    numbers: dict[str, Number] = field(default_factory=dict)
    # By name.
    services: dict[str, Service] = field(default_factory=dict)
    # WhatsApp senders by address.
    senders: dict[str, Sender] = field(default_factory=dict)
    # Content templates by name and language.
    templates: dict[str, Template] = field(default_factory=dict)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def number_sid(self, number: Number) -> str:
        """The same on every start, so that whoever stored it still finds the number."""
        return self._sid("PN", number.phone_number)

    def service_sid(self, service: Service) -> str:
        """As number_sid."""
        return self._sid("MG", service.name)

    def sender_sid(self, sender: Sender) -> str:
        """As number_sid."""
        return self._sid("XE", sender.sender_id)

    def template_sid(self, template: Template) -> str:
        """As number_sid."""
        return self._sid("HX", template.key)

    def template(self, sid: str) -> Template | None:
        """The content template of that SID."""
        return next((each for each in self.templates.values() if self.template_sid(each) == sid), None)

    def _sid(self, prefix: str, name: str) -> str:
        return f"{prefix}{hashlib.sha256(f'{self.account_sid}{name}'.encode()).hexdigest()[:32]}"

    def overriding_service(self, number: Number) -> Service | None:
        """The Messaging Service that takes a number's texts to its own URL."""
        service = self.services.get(number.service)
        return None if service is None or service.use_inbound_webhook_on_number else service


@dataclass(frozen=True)
class CallbackSettings:
    """How the product is told what became of its messages."""

    # Time before the first status and between one and the next.
    delay_ms: int = 300
    order: str = "normal"
    # How many further copies of every callback are posted, at the same time.
    duplicates: int = 0
    # False: statuses go on changing, but nobody is told.
    enabled: bool = True
    # True: the first callback is posted before the request to send is answered.
    early: bool = False


@dataclass
class Config:
    """All that the simulator is started with."""

    accounts: dict[str, Account]
    telesign: dict[str, TeleSignAccount] = field(default_factory=dict)
    callbacks: CallbackSettings = CallbackSettings()
    hang_seconds: float = 40.0
    # Where customers' files are kept, if not under the API's own address.
    store_url: str = ""


def parse_config(raw: Mapping[str, Any]) -> Config:
    """Raises ConfigError."""
    refuse_unknown(
        raw, {"accounts", "telesign", "callbacks", "hang_seconds", "store_url"}, "the configuration"
    )
    hang_seconds = raw.get("hang_seconds", 40)
    if not isinstance(hang_seconds, (int, float)):
        raise ConfigError("hang_seconds must be a number.")
    accounts = [parse_account(entry) for entry in objects(raw, "accounts")]
    callbacks = change_callbacks(CallbackSettings(), raw.get("callbacks", {}))
    telesign = [parse_telesign(entry) for entry in objects(raw, "telesign")]
    return Config(
        {account.account_sid: account for account in accounts},
        {account.customer_id: account for account in telesign},
        callbacks,
        float(hang_seconds),
        str(raw.get("store_url", "")),
    )


def parse_account(raw: Mapping[str, Any], known: Account | None = None) -> Account:
    """A new account, or `known` with these values changed and its other numbers kept. Raises ConfigError."""
    values = {name: value for name, value in raw.items() if name not in APART}
    account = build(Account, values, known, required=("account_sid", "auth_token"), apart=APART)
    numbers = dict(known.numbers) if known else {}
    for entry in objects(raw, "numbers"):
        number = _parse_number(entry, numbers.get(str(entry.get("phone_number"))))
        numbers[number.phone_number] = number
    services = dict(known.services) if known else {}
    for entry in objects(raw, "services"):
        service = build(Service, entry, services.get(str(entry.get("name"))), required=("name",))
        services[service.name] = service
    account = replace(
        account,
        numbers=numbers,
        services=services,
        senders=parse_senders(raw, known.senders if known else {}),
        templates=parse_templates(raw, known.templates if known else {}),
    )
    _check_account(account)
    return account


def change_callbacks(settings: CallbackSettings, raw: Mapping[str, Any]) -> CallbackSettings:
    """Raises ConfigError."""
    changed = build(CallbackSettings, raw, settings)
    one_of(changed.order, CALLBACK_ORDERS, "callbacks.order")
    for name in ("delay_ms", "duplicates"):
        if getattr(changed, name) < 0:
            raise ConfigError(f"callbacks.{name} must not be negative.")
    return changed


def _parse_number(raw: Mapping[str, Any], known: Number | None) -> Number:
    number = build(Number, raw, known, required=("phone_number",))
    phone_number(number.phone_number)
    one_of(number.sms_method, ("POST", "GET"), "sms_method")
    return number


def _check_account(account: Account) -> None:
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", account.account_sid):
        raise ConfigError(f"account_sid {account.account_sid!r} must be AC and 32 hexadecimal digits.")
    if not account.auth_token:
        # An empty key would make every signature a stranger can compute a good one.
        raise ConfigError(f"{account.account_sid} needs an auth_token.")
    one_of(account.status, ACCOUNT_STATUSES, "status")
    one_of(account.type, ACCOUNT_TYPES, "type")
    for number in account.numbers.values():
        one_of(number.service, ("", *account.services), "service")
