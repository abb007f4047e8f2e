"""Twilio's REST API as far as the product uses it: account, numbers, messages and their files."""

from datetime import UTC, datetime

from simulator.config import Account, Number, Service
from simulator.records import Direction, Message
from simulator.state import State
from simulator.twilio.checks import is_callback_url
from simulator.twilio.errors import error
from simulator.twilio.media import Media
from simulator.twilio.paging import meta_page_json, page_json
from simulator.twilio.resources import (
    BASE,
    account_json,
    member_json,
    message_json,
    number_json,
    service_json,
)
from simulator.twilio.sending import Sending
from simulator.twilio.signing_in import Guard
from simulator.web import Fields, Request, Response, Route, json_response

# Form field: attribute of the number.
WEBHOOK_FIELDS = {
    "SmsUrl": "sms_url",
    "SmsFallbackUrl": "sms_fallback_url",
    "StatusCallback": "status_callback",
}


class TwilioRest:
    """The handlers of the API."""

    def __init__(self, state: State, sending: Sending, guard: Guard, media: Media) -> None:
        self._state = state
        self._sending = sending
        self._guard = guard
        self._media = media

    def routes(self) -> list[Route]:
        """The part of the API that exists here."""
        account, numbers = f"{BASE}/{{account}}", f"{BASE}/{{account}}/IncomingPhoneNumbers"
        messages, guard = f"{account}/Messages", self._guard.of_path
        let_in, media = self._guard.of_credentials, f"{messages}/{{message}}/Media"
        return [
            Route("POST", f"{messages}.json", guard(self._send, is_sending=True)),
            Route("GET", f"{messages}.json", guard(self._list_messages)),
            Route("GET", f"{messages}/{{sid}}.json", guard(self._show_message)),
            Route("GET", f"{numbers}.json", guard(self._list_numbers)),
            Route("GET", f"{numbers}/{{sid}}.json", guard(self._show_number)),
            Route("POST", f"{numbers}/{{sid}}.json", guard(self._change_number)),
            Route("GET", f"{account}.json", guard(self._show_account)),
            Route("GET", f"{media}.json", guard(self._media.answer_list)),
            Route("GET", f"{media}/{{sid}}", guard(self._media.answer)),
            Route("GET", "/v1/Services", let_in(self._list_services)),
            Route("GET", "/v1/Services/{sid}/PhoneNumbers", let_in(self._list_members)),
        ]

    def _send(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        return self._sending.answer(request, account)

    def _show_account(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        """A suspended or closed account can still be looked at: its status is what one wants to see."""
        return json_response(account_json(account))

    def _list_numbers(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        """PhoneNumber is a pattern: any part of a number finds it, as with Twilio."""
        wanted = request.query.get("PhoneNumber").replace("*", "")
        found = [number for number in account.numbers.values() if wanted in number.phone_number]
        page = page_json(
            "incoming_phone_numbers",
            found,
            request.query,
            request.path,
            sid=account.number_sid,
            show=lambda number: number_json(account, number),
        )
        return json_response(page)

    def _show_number(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        number = _number(account, parts["sid"])
        return json_response(number_json(account, number)) if number else error(20404)

    def _change_number(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        number, form = _number(account, parts["sid"]), request.form
        if account.status != "active":
            return error(20005)
        if number is None:
            return error(20404)
        if any(form.get(field) and not is_callback_url(form.get(field)) for field in WEBHOOK_FIELDS):
            return error(21402)
        if form.get("SmsMethod", "POST").upper() not in ("POST", "GET"):
            return error(21403)
        with self._state.lock:
            _apply(number, form)
        return json_response(number_json(account, number))

    def _list_services(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        """The Messaging Services: a product with paths of its own."""
        found = [service_json(account, each) for each in account.services.values()]
        return json_response(meta_page_json("services", found, request.query, self._url(request)))

    def _list_members(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        service = _service(account, parts["sid"])
        if service is None:
            return error(20404)
        found = [each for each in account.numbers.values() if each.service == service.name]
        members = [member_json(account, service, each) for each in found]
        return json_response(meta_page_json("phone_numbers", members, request.query, self._url(request)))

    def _url(self, request: Request) -> str:
        return f"{self._state.base_url}{request.path}"

    def _list_messages(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        query = request.query
        found = self._state.find(
            to=query.get("To"), sender=query.get("From"), account_sid=account.account_sid
        )
        wanted = [
            message for message in reversed(found) if _is_listed(message) and was_sent_within(message, query)
        ]
        page = page_json(
            "messages", wanted, query, request.path, sid=lambda message: message.sid, show=message_json
        )
        return json_response(page)

    def _show_message(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        message = self._state.message(parts["sid"])
        if message is None or message.account_sid != account.account_sid or not _is_listed(message):
            return error(20404)
        return json_response(message_json(message))


def _number(account: Account, sid: str) -> Number | None:
    return next((each for each in account.numbers.values() if account.number_sid(each) == sid), None)


def _service(account: Account, sid: str) -> Service | None:
    return next((each for each in account.services.values() if account.service_sid(each) == sid), None)


def _apply(number: Number, form: Fields) -> None:
    """Change what the form names; a blank URL takes the webhook away."""
    for field, attribute in WEBHOOK_FIELDS.items():
        if form.has(field):
            setattr(number, attribute, form.get(field))
    if form.has("SmsMethod"):
        number.sms_method = form.get("SmsMethod").upper()
    if form.has("SmsApplicationSid"):
        number.sms_application_sid = form.get("SmsApplicationSid")
    if form.has("FriendlyName"):
        number.friendly_name = form.get("FriendlyName")


def _is_listed(message: Message) -> bool:
    """Twilio's own answers stay out, so that whoever looks for a lost message finds only what was sent."""
    return message.direction != Direction.AUTOMATIC


def was_sent_within(message: Message, query: Fields) -> bool:
    """DateSent (that day), DateSent> (from then on) and DateSent< (until then).

    A date alone means its midnight, UTC. A message not sent yet counts by the time it was made.
    """
    sent_at = message.sent_at or message.created_at
    day, after, before = (_moment(query.get(name)) for name in ("DateSent", "DateSent>", "DateSent<"))
    return (
        (day is None or sent_at.date() == day.date())
        and (after is None or sent_at.replace(microsecond=0) >= after)
        and (before is None or sent_at <= before)
    )


def _moment(text: str) -> datetime | None:
    """Unreadable counts as not given, which is also what Twilio makes of it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
