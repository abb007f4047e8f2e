"""Accounts, numbers and callback settings, and how they are read from JSON.

    {"accounts": [{"account_sid": "AC…", "auth_token": "…", "secondary_auth_token": "", "status": "active",
                   "type": "Full", "friendly_name": "Demo", "verified": [],
                   "numbers": [{"phone_number": "+14252306549", "sms": true, "mms": true, "sms_url": "http://…/",
                                "sms_method": "POST", "sms_fallback_url": "", "status_callback": "",
                                "friendly_name": "Support", "voice": true, "sms_application_sid": "",
                                "service": "Pool"}],
                   "services": [{"name": "Pool", "inbound_request_url": "",
                                 "use_inbound_webhook_on_number": true}]}],
     "callbacks": {"delay_ms": 300, "order": "normal", "duplicates": 0, "enabled": true, "early": false},
     "hang_seconds": 40}

Only account_sid, auth_token and phone_number are required. An unknown name is refused: it is a
typing error.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

ACCOUNT_STATUSES = ("active", "suspended", "closed")
ACCOUNT_TYPES = ("Full", "Trial")
CALLBACK_ORDERS = ("normal", "shuffled", "reversed")
Model = TypeVar("Model", "Account", "Number", "Service", "CallbackSettings")
E164 = re.compile(r"\+[1-9]\d{6,14}")


class ConfigError(Exception):
    """The configuration cannot be used; the text says which value and what it should be."""


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
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def number_sid(self, number: Number) -> str:
        """The same on every start, so that whoever stored it still finds the number."""
        digest = hashlib.sha256(f"{self.account_sid}{number.phone_number}".encode()).hexdigest()
        return f"PN{digest[:32]}"

    def service_sid(self, service: Service) -> str:
        """As number_sid."""
        return f"MG{hashlib.sha256(f'{self.account_sid}{service.name}'.encode()).hexdigest()[:32]}"

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
    callbacks: CallbackSettings = CallbackSettings()
    hang_seconds: float = 40.0


def parse_config(raw: Mapping[str, Any]) -> Config:
    """Raises ConfigError."""
    _refuse_unknown(raw, {"accounts", "callbacks", "hang_seconds"}, "the configuration")
    hang_seconds = raw.get("hang_seconds", 40)
    if not isinstance(hang_seconds, (int, float)):
        raise ConfigError("hang_seconds must be a number.")
    accounts = [parse_account(entry) for entry in _objects(raw, "accounts")]
    callbacks = change_callbacks(CallbackSettings(), raw.get("callbacks", {}))
    return Config({account.account_sid: account for account in accounts}, callbacks, float(hang_seconds))


def parse_account(raw: Mapping[str, Any], known: Account | None = None) -> Account:
    """A new account, or `known` with these values changed and its other numbers kept. Raises ConfigError."""
    values = {name: value for name, value in raw.items() if name not in ("numbers", "services")}
    account = _build(Account, values, known, required=("account_sid", "auth_token"))
    numbers = dict(known.numbers) if known else {}
    for entry in _objects(raw, "numbers"):
        number = _parse_number(entry, numbers.get(str(entry.get("phone_number"))))
        numbers[number.phone_number] = number
    services = dict(known.services) if known else {}
    for entry in _objects(raw, "services"):
        service = _build(Service, entry, services.get(str(entry.get("name"))), required=("name",))
        services[service.name] = service
    account = replace(account, numbers=numbers, services=services)
    _check_account(account)
    return account


def change_callbacks(settings: CallbackSettings, raw: Mapping[str, Any]) -> CallbackSettings:
    """Raises ConfigError."""
    changed = _build(CallbackSettings, raw, settings, required=())
    _one_of(changed.order, CALLBACK_ORDERS, "callbacks.order")
    for name in ("delay_ms", "duplicates"):
        if getattr(changed, name) < 0:
            raise ConfigError(f"callbacks.{name} must not be negative.")
    return changed


def _parse_number(raw: Mapping[str, Any], known: Number | None) -> Number:
    number = _build(Number, raw, known, required=("phone_number",))
    if not E164.fullmatch(number.phone_number):
        raise ConfigError(f"{number.phone_number!r} is not a phone number like +14252306549.")
    _one_of(number.sms_method, ("POST", "GET"), "sms_method")
    return number


def _check_account(account: Account) -> None:
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", account.account_sid):
        raise ConfigError(f"account_sid {account.account_sid!r} must be AC and 32 hexadecimal digits.")
    if not account.auth_token:
        # An empty key would make every signature a stranger can compute a good one.
        raise ConfigError(f"{account.account_sid} needs an auth_token.")
    _one_of(account.status, ACCOUNT_STATUSES, "status")
    _one_of(account.type, ACCOUNT_TYPES, "type")
    for number in account.numbers.values():
        _one_of(number.service, ("", *account.services), "service")


def _build(
    model: type[Model], raw: Mapping[str, Any], known: Model | None, *, required: tuple[str, ...]
) -> Model:
    name = model.__name__
    blank: dict[str, Any] = dict.fromkeys(required, "")
    defaults = known or model(**blank)
    _refuse_unknown(raw, {each.name for each in fields(model)} - {"numbers", "services", "created_at"}, name)
    for each, value in raw.items():
        wanted = type(getattr(defaults, each))
        if type(value) is not wanted:
            raise ConfigError(f"{name}.{each} must be {wanted.__name__}, not {type(value).__name__}.")
    if missing := [each for each in required if not (raw.get(each) or getattr(defaults, each))]:
        raise ConfigError(f"{name} needs {', '.join(missing)}.")
    return replace(defaults, **raw)


def _objects(raw: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    entries = raw.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{name} must be a list of objects.")
    return entries


def _refuse_unknown(raw: Mapping[str, Any], allowed: set[str], where: str) -> None:
    if unknown := sorted(set(raw) - allowed):
        raise ConfigError(f"Unknown in {where}: {', '.join(unknown)}.")


def _one_of(value: str, allowed: tuple[str, ...], name: str) -> None:
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
