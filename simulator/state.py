"""All that the simulator remembers: messages, the requests it saw, opt-outs and the faults still to come.

One lock guards it; every method is safe to call from any thread. Nothing is kept on disk.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.config import Account, Number, change_callbacks, parse_account, parse_config
from simulator.files import File
from simulator.records import Attempt, Message, PlannedFault, Provider, SeenRequest
from simulator.telesign.accounts import TeleSignAccount, parse_telesign
from simulator.twilio.senders import Sender

# After a customer's message on WhatsApp.
WINDOW = timedelta(hours=24)


class State:
    """What happened since the start or the last reset."""

    def __init__(self, raw_config: Mapping[str, Any]) -> None:
        self.lock = threading.RLock()
        self._raw_config = raw_config
        # Where the simulator is reached; known when it is served.
        self.base_url = ""
        self.reset()

    def reset(self) -> None:
        """Forget everything and go back to the configuration of the start. Raises ConfigError."""
        with self.lock:
            config = parse_config(self._raw_config)
            self.accounts = config.accounts
            self.telesign = config.telesign
            self.callbacks = config.callbacks
            self.hang_seconds = config.hang_seconds
            self.store_url = config.store_url
            # One of the MODES of each provider's faults: how every request to the API is answered.
            self.mode = "normal"
            self.messages: list[Message] = []
            self.requests: list[SeenRequest] = []
            self.faults: list[PlannedFault] = []
            # (customer, company number) pairs closed by STOP.
            self.opt_outs: set[tuple[str, str]] = set()
            self._throttled: Counter[str] = Counter()
            # Of requests to TeleSign, so that none is used twice.
            self._nonces: set[str] = set()
            # Files that were asked for once.
            self._fetched: set[str] = set()
            # When a customer last wrote to a WhatsApp sender.
            self._last_inbound: dict[tuple[str, str], datetime] = {}
            # So many of the next customers' texts have their webhooks dropped on the way.
            self.drops = 0

    def save_account(self, raw: Mapping[str, Any]) -> Account:
        """Add an account or change one. Raises ConfigError."""
        with self.lock:
            account = parse_account(raw, self.accounts.get(str(raw.get("account_sid"))))
            self.accounts[account.account_sid] = account
            return account

    def save_telesign(self, raw: Mapping[str, Any]) -> TeleSignAccount:
        """As save_account, for a company at TeleSign. Raises ConfigError."""
        with self.lock:
            account = parse_telesign(raw, self.telesign.get(str(raw.get("customer_id"))))
            self.telesign[account.customer_id] = account
            return account

    def telesign_owner_of(self, phone_number: str) -> TeleSignAccount | None:
        """The company at TeleSign that has the number."""
        with self.lock:
            found = (each for each in self.telesign.values() if phone_number in each.numbers)
            return next(found, None)

    def use_nonce(self, nonce: str) -> bool:
        """True the first time."""
        with self.lock:
            is_new = nonce not in self._nonces
            self._nonces.add(nonce)
            return is_new

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

    def sender_owner_of(self, address: str) -> tuple[Account, Sender] | None:
        """The account that has the WhatsApp sender, and the sender."""
        with self.lock:
            for account in self.accounts.values():
                if address in account.senders:
                    return account, account.senders[address]
        return None

    def open_window(self, customer: str, sender: str) -> None:
        """The customer has just written to the WhatsApp sender."""
        with self.lock:
            self._last_inbound[customer, sender] = datetime.now(UTC)

    def window_closes_at(self, customer: str, sender: str) -> datetime | None:
        """Until then the sender may write what it wants; None when the customer never wrote to it."""
        with self.lock:
            last = self._last_inbound.get((customer, sender))
        return last + WINDOW if last else None

    def is_window_open(self, customer: str, sender: str) -> bool:
        """Whether the sender may write what it wants."""
        closes_at = self.window_closes_at(customer, sender)
        return closes_at is not None and datetime.now(UTC) <= closes_at

    def let_time_pass(self, hours: float, customer: str = "", sender: str = "") -> None:
        """Make customers' last messages older: all, or one customer's to one sender."""
        with self.lock:
            for pair in self._last_inbound:
                if (customer or pair[0], sender or pair[1]) == pair:
                    self._last_inbound[pair] -= timedelta(hours=hours)

    def file(self, sid: str) -> File | None:
        """The file of that sid."""
        with self.lock:
            files = (each for message in reversed(self.messages) for each in message.files)
            return next((each for each in files if each.sid == sid), None)

    def is_first_fetch(self, sid: str) -> bool:
        """True once for each file."""
        with self.lock:
            is_first = sid not in self._fetched
            self._fetched.add(sid)
            return is_first

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

    def take_fault(self, *, target: str, to: str = "", provider: Provider = Provider.TWILIO) -> str:
        """The kind of the first planned fault that fits, counted down; empty when there is none."""
        with self.lock:
            fitting = (each for each in self.faults if each.fits(target=target, to=to, provider=provider))
            fault = next(fitting, None)
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

    def accepted_by_external_id(self) -> Counter[str]:
        """As accepted_by_callback, for each external_id (TeleSign)."""
        with self.lock:
            forms = [dict(request.form) for request in self.requests if request.accepted]
        return Counter(form["external_id"] for form in forms if "external_id" in form)
