"""All that the simulator remembers: messages, the requests it saw, opt-outs and the faults still to come.

One lock guards it; every method is safe to call from any thread. Nothing is kept on disk.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from simulator.config import Account, Number, change_callbacks, parse_account, parse_config


class Direction(StrEnum):
    """Where a message goes, and whose idea it was."""

    # A customer's text to the company.
    INBOUND = "inbound"
    # A text the product asked the provider to send.
    OUTBOUND = "outbound-api"
    # A text the product gave as the answer to a webhook.
    REPLY = "outbound-reply"
    # The provider's own answer to STOP, START or HELP; the product never hears of it.
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Attempt:
    """One call of the product's webhook. http_status is None when no answer came."""

    purpose: str
    method: str
    url: str
    http_status: int | None
    # Why there was no answer, in words; empty when there was one.
    problem: str = ""
    answer: str = ""
    content_type: str = ""
    # "ct" no connection, "rt" no answer in time, "" otherwise: the words of Twilio's retry policy.
    failure: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def succeeded(self) -> bool:
        """Whether the answer was 2xx."""
        return self.http_status is not None and 200 <= self.http_status < 300


@dataclass
class Message:
    """A text as the provider knows it."""

    account_sid: str
    direction: Direction
    sender: str
    recipient: str
    body: str
    status: str
    media: list[str] = field(default_factory=list)
    status_callback: str = ""
    error_code: int | None = None
    sent_at: datetime | None = None
    attempts: list[Attempt] = field(default_factory=list)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    sid: str = ""

    def __post_init__(self) -> None:
        prefix = "MM" if self.media else "SM"
        self.sid = self.sid or f"{prefix}{uuid.uuid4().hex}"


@dataclass(frozen=True)
class SeenRequest:
    """One request to a provider's API. `accepted` is None for all but requests to send a message."""

    method: str
    path: str
    account_sid: str
    http_status: int | None
    accepted: bool | None = None
    message_sid: str = ""
    status_callback: str = ""
    fault: str = ""
    form: tuple[tuple[str, str], ...] = ()
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class PlannedFault:
    """A fault for the next `times` requests; `target` is "send" or "other" (every request but sending)."""

    kind: str
    times: int
    match_to: str | None = None
    target: str = "send"

    def fits(self, *, target: str, to: str) -> bool:
        """Whether this fault is for such a request."""
        return self.times > 0 and self.target == target and self.match_to in (None, to)


class State:
    """What happened since the start or the last reset."""

    def __init__(self, raw_config: Mapping[str, Any]) -> None:
        self.lock = threading.RLock()
        self._raw_config = raw_config
        self.reset()

    def reset(self) -> None:
        """Forget everything and go back to the configuration of the start. Raises ConfigError."""
        with self.lock:
            config = parse_config(self._raw_config)
            self.accounts = config.accounts
            self.callbacks = config.callbacks
            self.hang_seconds = config.hang_seconds
            # One of simulator.twilio.faults.MODES: how every request to the API is answered.
            self.mode = "normal"
            self.messages: list[Message] = []
            self.requests: list[SeenRequest] = []
            self.faults: list[PlannedFault] = []
            # (customer, company number) pairs closed by STOP.
            self.opt_outs: set[tuple[str, str]] = set()
            self._throttled: Counter[str] = Counter()
            # So many of the next customers' texts have their webhooks dropped on the way.
            self.drops = 0

    def save_account(self, raw: Mapping[str, Any]) -> Account:
        """Add an account or change one. Raises ConfigError."""
        with self.lock:
            account = parse_account(raw, self.accounts.get(str(raw.get("account_sid"))))
            self.accounts[account.account_sid] = account
            return account

    def change_callbacks(self, raw: Mapping[str, Any]) -> None:
        """Raises ConfigError."""
        with self.lock:
            self.callbacks = change_callbacks(self.callbacks, raw)

    def owner_of(self, phone_number: str) -> tuple[Account, Number] | None:
        """The account that has the number, and the number."""
        with self.lock:
            for account in self.accounts.values():
                if phone_number in account.numbers:
                    return account, account.numbers[phone_number]
        return None

    def add_message(self, message: Message, request: SeenRequest | None = None) -> Message:
        """Keep a message and, in the same moment, the request that made it."""
        with self.lock:
            self.messages.append(message)
            if request:
                self.requests.append(request)
        return message

    def add_request(self, request: SeenRequest) -> None:
        """Keep a request that made no message."""
        with self.lock:
            self.requests.append(request)

    def add_attempts(self, message: Message, attempts: list[Attempt]) -> None:
        """Keep the calls of a webhook made for a message."""
        with self.lock:
            message.attempts.extend(attempts)

    def set_status(self, message: Message, status: str, error_code: int | None = None) -> None:
        """The true status of a message; the time of sending is that of the first status past the queue."""
        with self.lock:
            message.status = status
            message.error_code = error_code
            if message.sent_at is None and status not in ("queued", "failed"):
                message.sent_at = datetime.now(UTC)

    def find(
        self, *, direction: str = "", to: str = "", sender: str = "", account_sid: str = ""
    ) -> list[Message]:
        """Messages in the order they were made; direction "outbound" is every one the product made."""
        with self.lock:
            return [
                message
                for message in self.messages
                if message.direction.startswith(direction)
                and to in ("", message.recipient)
                and sender in ("", message.sender)
                and account_sid in ("", message.account_sid)
            ]

    def message(self, sid: str) -> Message | None:
        """The message of that sid."""
        with self.lock:
            return next((message for message in self.messages if message.sid == sid), None)

    def plan_drops(self, times: int) -> None:
        """Have the webhooks of the next texts dropped."""
        with self.lock:
            self.drops = times

    def take_drop(self) -> bool:
        """Whether the webhook of this text is dropped; counted down."""
        with self.lock:
            is_dropped = self.drops > 0
            self.drops -= is_dropped
            return is_dropped

    def plan_fault(self, fault: PlannedFault) -> None:
        """Have a fault come after those planned already."""
        with self.lock:
            self.faults.append(fault)

    def take_fault(self, *, target: str, to: str = "") -> str:
        """The kind of the first planned fault that fits, counted down; empty when there is none."""
        with self.lock:
            fault = next((each for each in self.faults if each.fits(target=target, to=to)), None)
            if fault is None:
                return ""
            fault.times -= 1
            self.faults = [each for each in self.faults if each.times > 0]
            return fault.kind

    def count_throttled(self, to: str, *, limit: int) -> bool:
        """True for the first `limit` requests to a number, False for the next, and so on again."""
        with self.lock:
            self._throttled[to] = (self._throttled[to] + 1) % (limit + 1)
            return self._throttled[to] != 0

    def close_pair(self, customer: str, number: str) -> bool:
        """True when the pair was open until now."""
        with self.lock:
            was_open = (customer, number) not in self.opt_outs
            self.opt_outs.add((customer, number))
            return was_open

    def open_pair(self, customer: str, number: str) -> bool:
        """True when the pair was closed until now."""
        with self.lock:
            was_closed = (customer, number) in self.opt_outs
            self.opt_outs.discard((customer, number))
            return was_closed

    def is_closed(self, customer: str, number: str) -> bool:
        """Whether the customer has unsubscribed from the number."""
        with self.lock:
            return (customer, number) in self.opt_outs

    def accepted_by_callback(self) -> Counter[str]:
        """How many messages were accepted for each StatusCallback URL, which tells deliveries apart."""
        with self.lock:
            return Counter(request.status_callback for request in self.requests if request.accepted)
