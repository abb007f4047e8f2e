"""A customer's text on its way to the product: Twilio's webhook for a number, with all its usual fields."""

import mimetypes
from typing import NamedTuple
from urllib.parse import urlsplit

from simulator.config import Account, Number
from simulator.customers import CustomerText, ImpossibleTextError, UnknownNumberError, country
from simulator.records import Attempt, Direction, Message
from simulator.scheduler import together
from simulator.state import State
from simulator.twilio.keywords import apply_keyword
from simulator.twilio.media import media_url
from simulator.twilio.segments import count_segments
from simulator.twilio.senders import PREFIX, Sender
from simulator.twilio.webhook import Call, deliver
from simulator.twilio.whatsapp import Extras, address_of
from simulator.twilio.whatsapp import inbound_fields as whatsapp_fields


class Inbound:
    """Takes customers' texts and calls the product's webhook."""

    def __init__(self, state: State) -> None:
        self._state = state

    def accept(self, text: CustomerText) -> Message:
        """Twilio has the text and has acted on STOP, START or HELP; over WhatsApp it leaves them alone.

        Raises UnknownNumberError or ImpossibleTextError.
        """
        account, _ = self._owner(text.recipient)
        is_whatsapp = text.recipient.startswith(PREFIX)
        if is_whatsapp and len(text.files) + len(text.media) > 1:
            raise ImpossibleTextError("A message on WhatsApp carries one file.")
        message = Message(
            account.account_sid,
            Direction.INBOUND,
            address_of(text.sender) if is_whatsapp else text.sender,
            text.recipient,
            text.body,
            "received",
            media=list(text.media),
            files=list(text.files),
        )
        message.sid = (text.extra or {}).get("MessageSid", message.sid)
        message.media += [media_url(self._state, message, file) for file in text.files]
        message.extras = self._extras(message, text)
        self._state.add_message(message)
        if is_whatsapp:
            self._state.open_window(message.sender, message.recipient)
        elif answer := apply_keyword(
            self._state, customer=text.sender, number=text.recipient, body=text.body
        ):
            self._answer(message, answer, Direction.AUTOMATIC)
        return message

    def _extras(self, message: Message, text: CustomerText) -> dict[str, str]:
        fields = whatsapp_fields(message, text.whatsapp or Extras()) if message.is_whatsapp else {}
        return {**fields, **(text.extra or {})}

    def deliver(self, message: Message, text: CustomerText) -> list[list[Attempt]]:
        """Call the product's webhook; one list of attempts for every repetition."""
        account, goes_to = self._owner(text.recipient)
        problem = "" if goes_to.url else goes_to.problem
        if not problem and self._state.take_drop():
            problem = "dropped on purpose"
        if problem:
            attempts = [Attempt("inbound", goes_to.method, goes_to.url, None, problem)]
            self._state.add_attempts(message, attempts)
            return [attempts]
        usual = {} if message.is_whatsapp else inbound_fields(message)
        fields = {**usual, **media_fields(message), **message.extras}
        if goes_to.service_sid:
            fields["MessagingServiceSid"] = goes_to.service_sid
        call = Call("inbound", goes_to.url, list(fields.items()), account.auth_token, goes_to.method)
        deliveries = together(text.repeat, lambda: deliver(call, goes_to.fallback_url))
        for attempts in deliveries:
            self._state.add_attempts(message, attempts)
            self._send_plain_answer(message, attempts[-1])
        return deliveries

    def _owner(self, address: str) -> tuple[Account, "Destination"]:
        if found := self._state.sender_owner_of(address):
            return found[0], sender_destination(found[1])
        if owner := self._state.owner_of(address):
            return owner[0], destination(*owner)
        raise UnknownNumberError(f"No account has the number {address}.")

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
    service_sid: str = ""


def sender_destination(sender: Sender) -> Destination:
    """The webhook of a WhatsApp sender."""
    problem = "this sender has no callback_url"
    return Destination(sender.callback_url, sender.callback_method, sender.fallback_url, problem)


def destination(account: Account, number: Number) -> Destination:
    """A Messaging Service that does not defer comes first, then a TwiML app, then the number's own URL."""
    if service := account.overriding_service(number):
        problem = "its Messaging Service drops what comes in"
        return Destination(
            service.inbound_request_url, problem=problem, service_sid=account.service_sid(service)
        )
    if number.sms_application_sid:
        return Destination("", problem="a TwiML app takes its texts")
    member_of = account.services.get(number.service)
    return Destination(
        number.sms_url,
        number.sms_method,
        number.sms_fallback_url,
        "this number has no sms_url",
        account.service_sid(member_of) if member_of else "",
    )


def inbound_fields(message: Message) -> dict[str, str]:
    """The webhook's form fields, in the order Twilio sends them."""
    return {
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


def media_fields(message: Message) -> dict[str, str]:
    """Where the message's files are, and what they are said to be."""
    types = {file.sid: file.content_type for file in message.files}
    fields = {}
    for index, url in enumerate(message.media):
        path = urlsplit(url).path
        told = types.get(path.rpartition("/")[2]) or mimetypes.guess_type(path)[0]
        fields[f"MediaUrl{index}"] = url
        fields[f"MediaContentType{index}"] = told or "application/octet-stream"
    return fields
