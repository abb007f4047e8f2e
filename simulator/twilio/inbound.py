"""A customer's text on its way to the product: Twilio's webhook for a number, with all its usual fields."""

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from simulator.config import Account, Number
from simulator.scheduler import together
from simulator.state import Attempt, Direction, Message, State
from simulator.twilio.keywords import apply_keyword
from simulator.twilio.segments import count_segments
from simulator.twilio.webhook import Call, deliver

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


class Inbound:
    """Takes customers' texts and calls the product's webhook."""

    def __init__(self, state: State) -> None:
        self._state = state

    def accept(self, text: CustomerText) -> Message:
        """Twilio has the text and has acted on STOP, START or HELP. Raises UnknownNumberError."""
        account, number = self._owner(text.recipient)
        message = Message(
            account.account_sid,
            Direction.INBOUND,
            text.sender,
            number.phone_number,
            text.body,
            "received",
            media=list(text.media),
        )
        message.sid = (text.extra or {}).get("MessageSid", message.sid)
        self._state.add_message(message)
        answer = apply_keyword(self._state, customer=text.sender, number=text.recipient, body=text.body)
        if answer:
            self._answer(message, answer, Direction.AUTOMATIC)
        return message

    def deliver(self, message: Message, text: CustomerText) -> list[list[Attempt]]:
        """Call the product's webhook; one list of attempts for every repetition."""
        account, number = self._owner(text.recipient)
        goes_to = destination(account, number)
        if not goes_to.url:
            attempts = [Attempt("inbound", goes_to.method, "", None, goes_to.problem)]
            self._state.add_attempts(message, attempts)
            return [attempts]
        if self._state.take_drop():
            attempts = [Attempt("inbound", number.sms_method, number.sms_url, None, "dropped on purpose")]
            self._state.add_attempts(message, attempts)
            return [attempts]
        fields = {**inbound_fields(message), **(text.extra or {})}
        if service := account.services.get(number.service):
            fields["MessagingServiceSid"] = account.service_sid(service)
        call = Call("inbound", goes_to.url, list(fields.items()), account.auth_token, goes_to.method)
        deliveries = together(text.repeat, lambda: deliver(call, goes_to.fallback_url))
        for attempts in deliveries:
            self._state.add_attempts(message, attempts)
            self._send_plain_answer(message, attempts[-1])
        return deliveries

    def _owner(self, phone_number: str) -> tuple[Account, Number]:
        owner = self._state.owner_of(phone_number)
        if owner is None:
            raise UnknownNumberError(f"No account has the number {phone_number}.")
        return owner

    def _send_plain_answer(self, message: Message, attempt: Attempt) -> None:
        """Twilio texts a plain text answer to the customer: an innocent "OK" reaches the phone."""
        if attempt.succeeded and attempt.content_type.startswith("text/plain") and attempt.answer.strip():
            self._answer(message, attempt.answer, Direction.REPLY)

    def _answer(self, message: Message, body: str, direction: Direction) -> None:
        self._state.add_message(
            Message(message.account_sid, direction, message.recipient, message.sender, body, "delivered")
        )


class Destination(NamedTuple):
    """Where a number's texts go, or why they go nowhere."""

    url: str
    method: str = "POST"
    fallback_url: str = ""
    problem: str = ""


def destination(account: Account, number: Number) -> Destination:
    """A Messaging Service that does not defer comes first, then a TwiML app, then the number's own URL."""
    if service := account.overriding_service(number):
        return Destination(service.inbound_request_url, problem="its Messaging Service drops what comes in")
    if number.sms_application_sid:
        return Destination("", problem="a TwiML app takes its texts")
    problem = "this number has no sms_url"
    return Destination(number.sms_url, number.sms_method, number.sms_fallback_url, problem)


def inbound_fields(message: Message) -> dict[str, str]:
    """The webhook's form fields, in the order Twilio sends them."""
    fields = {
        "ToCountry": country(message.recipient),
        "ToState": "",
        "SmsMessageSid": message.sid,
        "NumMedia": str(len(message.media)),
        "ToCity": "",
        "FromZip": "",
        "SmsSid": message.sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": message.body,
        "FromCountry": country(message.sender),
        "To": message.recipient,
        "ToZip": "",
        "NumSegments": str(count_segments(message.body)),
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender,
        "ApiVersion": "2010-04-01",
    }
    for index, url in enumerate(message.media):
        fields[f"MediaUrl{index}"] = url
        fields[f"MediaContentType{index}"] = (
            mimetypes.guess_type(urlsplit(url).path)[0] or "application/octet-stream"
        )
    return fields


def country(phone_number: str) -> str:
    """The ISO code of the number's country, blank when it is not one of the few known here."""
    return next((code for prefix, code in COUNTRIES.items() if phone_number.startswith(prefix)), "")
