"""A customer's text on its way to the product: TeleSign's callback for a received text (mo_sms).

TeleSign keeps no list of who said STOP: it only says which of its key words a text is.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from simulator.customers import CustomerText, ImpossibleTextError, UnknownNumberError, country
from simulator.records import Attempt, Direction, Message, Provider
from simulator.scheduler import together
from simulator.state import State
from simulator.telesign.accounts import TeleSignAccount
from simulator.telesign.callbacks import Callbacks
from simulator.telesign.errors import stamp, status

# What is told of a received text, whatever becomes of it.
RECEIVED = 1500
ACTIONS = {
    "stop": frozenset({"arrêt", "arret", "cancel", "end", "quit", "stop", "unsubscribe"}),
    "help": frozenset({"aide", "contact", "help", "info"}),
    "start": frozenset({"start"}),
}
# Of the extra fields, those that do not belong to the text itself.
OUTSIDE = ("reference_id", "sub_resource", "submit_timestamp")


class Inbound:
    """Takes customers' texts to numbers at TeleSign and calls the account's address."""

    def __init__(self, state: State, callbacks: Callbacks) -> None:
        self._state = state
        self._callbacks = callbacks

    def accept(self, text: CustomerText) -> Message:
        """TeleSign has the text. Raises UnknownNumberError or ImpossibleTextError."""
        account = self._owner(text.recipient)
        if text.files or text.media:
            raise ImpossibleTextError("TeleSign carries no files.")
        reference_id = (text.extra or {}).get("reference_id") or uuid.uuid4().hex.upper()
        message = Message(
            account.customer_id,
            Direction.INBOUND,
            text.sender,
            text.recipient,
            text.body,
            "received",
            sid=reference_id,
            provider=Provider.TELESIGN,
        )
        return self._state.add_message(message)

    def deliver(self, message: Message, text: CustomerText) -> list[list[Attempt]]:
        """Call the product; one list with the first call for every repetition."""
        account = self._owner(text.recipient)
        url, payload = account.callback_url, inbound_json(message, text)
        problem = "" if url else "TeleSign knows no address for this account"
        if url and self._state.take_drop():
            problem = "dropped on purpose"
        if problem:
            attempt = Attempt("inbound", "POST", url, None, problem)
            self._state.add_attempts(message, [attempt])
            return [[attempt]]
        return together(
            text.repeat, lambda: [self._callbacks.call(message, account, url, "inbound", payload)]
        )

    def _owner(self, number: str) -> TeleSignAccount:
        account = self._state.telesign_owner_of(number)
        if account is None:
            raise UnknownNumberError(f"No account has the number {number}.")
        return account


def inbound_json(message: Message, text: CustomerText) -> dict[str, Any]:
    """The body of the callback; extra fields go to the text, but for those known to stand outside."""
    extra = dict(text.extra or {})
    outside = {name: extra.pop(name) for name in OUTSIDE if name in extra}
    word = message.body.strip().lower()
    action = next((name for name, words in ACTIONS.items() if word in words), "generic")
    return {
        "status": status(RECEIVED, "Delivered to customer"),
        "submit_timestamp": stamp(datetime.now(UTC)),
        "errors": [],
        "user_response": {
            "phone_number": message.sender.lstrip("+"),
            "sender_id": message.recipient.lstrip("+"),
            "mo_message": message.body,
            "iso_country_code": country(message.sender),
            "action": action,
            "keyword": message.body.strip() if action != "generic" else "",
            **extra,
        },
        "sub_resource": "mo_sms",
        "reference_id": message.sid,
        **outside,
    }
