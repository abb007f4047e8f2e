"""A customer's text, and who takes it: the provider that has the number it is sent to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from simulator.files import File
from simulator.records import Attempt, Message
from simulator.state import State
from simulator.twilio.whatsapp import Extras

# Enough for the fields to look real; anything else is blank, as it often is with Twilio.
COUNTRIES = {
    "+1": "US",
    "+31": "NL",
    "+33": "FR",
    "+41": "CH",
    "+43": "AT",
    "+44": "GB",
    "+49": "DE",
    "+250": "RW",
}


class UnknownNumberError(Exception):
    """The text is for a number that no account has."""


class ImpossibleTextError(Exception):
    """No customer could send such a text; the message says why."""


class UnknownMessageError(Exception):
    """There is no such message, or it cannot be read."""


@dataclass(frozen=True)
class CustomerText:
    """What a customer sends, and how the simulator is to deliver it."""

    sender: str
    recipient: str
    body: str
    media: Sequence[str] = ()
    # Fields to add to the webhook, or to put in place of the usual ones.
    extra: Mapping[str, str] | None = None
    # How many times the same webhook is delivered, at the same time.
    repeat: int = 1
    # Kept here and served as the provider serves them.
    files: Sequence[File] = ()
    # What a message on WhatsApp is besides words.
    whatsapp: Extras | None = None


class Taker(Protocol):
    """A provider's way of taking customers' texts."""

    def accept(self, text: CustomerText) -> Message:
        """The provider has the text. Raises UnknownNumberError."""

    def deliver(self, message: Message, text: CustomerText) -> list[list[Attempt]]:
        """Call the product; one list of attempts for every repetition."""


class Customers:
    """Hands each text to the provider of its number."""

    def __init__(self, state: State, twilio: Taker, telesign: Taker) -> None:
        self._state = state
        self._twilio = twilio
        self._telesign = telesign

    def accept(self, text: CustomerText) -> Message:
        """The provider has the text. Raises UnknownNumberError."""
        return self._taker(text).accept(text)

    def deliver(self, message: Message, text: CustomerText) -> list[list[Attempt]]:
        """Call the product; one list of attempts for every repetition."""
        return self._taker(text).deliver(message, text)

    def _taker(self, text: CustomerText) -> Taker:
        return self._telesign if self._state.telesign_owner_of(text.recipient) else self._twilio


def country(phone_number: str) -> str:
    """The ISO code of the number's country, blank when it is not one of the few known here."""
    return next((code for prefix, code in COUNTRIES.items() if phone_number.startswith(prefix)), "")
