"""TeleSign's API for text messages: send one, and ask what became of it."""

import json
import re
import threading
import uuid
from http import HTTPStatus

from simulator.courses import Courses
from simulator.faults import BEFORE, ORDINARY, Fault, course
from simulator.records import Direction, Message, Provider, SeenRequest
from simulator.state import State
from simulator.telesign.accounts import TeleSignAccount
from simulator.telesign.authentication import authenticate
from simulator.telesign.callbacks import CODES, Callbacks
from simulator.telesign.checks import refusal
from simulator.telesign.errors import NOT_ATTEMPTED, envelope, error, stamp, status
from simulator.telesign.faults import FAULT_BY_NUMBER, MODES, parse_fault
from simulator.web import ConnectionDroppedError, Fields, Request, Response, Route, json_response, redirect


class TeleSignRest:
    """The handlers of the API."""

    def __init__(
        self, state: State, courses: Courses, callbacks: Callbacks, stopping: threading.Event
    ) -> None:
        self._state = state
        self._courses = courses
        self._callbacks = callbacks
        self._stopping = stopping

    def routes(self) -> list[Route]:
        """The part of the API that exists here."""
        return [
            Route("POST", "/v1/messaging", self._send),
            Route("GET", "/v1/messaging/{reference_id}", self._show),
        ]

    def _show(self, request: Request, parts: dict[str, str]) -> Response:
        fault = self._state.take_fault(target="other", provider=Provider.TELESIGN) or MODES[self._state.mode]
        if fault:
            return self._refuse(request, parse_fault(fault), accepted=None)
        account = authenticate(self._state, request)
        if isinstance(account, Response):
            self._note(request, account.status, ORDINARY, accepted=None)
            return account
        response = self._status(account, parts["reference_id"])
        self._note(request, response.status, ORDINARY, accepted=None, account=account)
        return response

    def _status(self, account: TeleSignAccount, reference_id: str) -> Response:
        if not re.fullmatch(r"[0-9A-Fa-f]{32}", reference_id):
            return error(11011)
        message = self._state.message(reference_id.upper())
        if message is None or message.account_sid != account.customer_id:
            return error(10017)
        return json_response(message_json(message))

    def _send(self, request: Request, parts: dict[str, str]) -> Response:
        account = authenticate(self._state, request)
        form = request.form
        if isinstance(account, Response):
            self._note(request, account.status, ORDINARY, accepted=False)
            return account
        if code := refusal(account, form):
            return self._refuse(request, Fault("refuse", code), accepted=False, account=account)
        fault = self._fault(f"+{form.get('phone_number')}")
        if fault.kind in BEFORE:
            return self._refuse(request, fault, accepted=False, account=account)
        return self._accept(request, account, fault)

    def _fault(self, to: str) -> Fault:
        """A planned fault goes before a magic number; the third try of a throttled number is let through."""
        planned = self._state.take_fault(target="send", to=to, provider=Provider.TELESIGN)
        fault = parse_fault(planned or MODES[self._state.mode] or FAULT_BY_NUMBER.get(to, "none"))
        if fault.kind != "throttled_twice":
            return fault
        return Fault("refuse", 10019) if self._state.count_throttled(to, limit=2) else ORDINARY

    def _refuse(
        self, request: Request, fault: Fault, *, accepted: bool | None, account: TeleSignAccount | None = None
    ) -> Response:
        response = _refused(fault)
        is_answered = fault.kind not in ("hang_before", "reset_before")
        self._note(
            request, response.status if is_answered else None, fault, accepted=accepted, account=account
        )
        if not is_answered:
            self._break_off(fault)
        return response

    def _accept(self, request: Request, account: TeleSignAccount, fault: Fault) -> Response:
        message = new_message(account, request.form, fault)
        response = _accepted(message, fault)
        http_status = None if fault.kind in ("hang", "reset") else response.status
        record = _seen(request, http_status, fault, accepted=True, account=account, sid=message.sid)
        self._state.add_message(message, record)
        self._courses.start(message, course(fault), self._callbacks.report, early=fault.kind == "early")
        if fault.kind in ("hang", "reset"):
            self._break_off(fault)
        return response

    def _break_off(self, fault: Fault) -> None:
        """Drop the connection, or wait until the client's patience ends (or the server is stopped)."""
        if fault.kind.startswith("reset"):
            raise ConnectionDroppedError
        self._stopping.wait(self._state.hang_seconds)

    def _note(
        self,
        request: Request,
        http_status: int | None,
        fault: Fault,
        *,
        accepted: bool | None,
        account: TeleSignAccount | None = None,
    ) -> None:
        self._state.add_request(_seen(request, http_status, fault, accepted=accepted, account=account))


def _refused(fault: Fault) -> Response:
    if fault.kind == "redirect":
        return redirect("/v1/elsewhere", HTTPStatus.FOUND)
    return error(fault.code or 10000)


def _accepted(message: Message, fault: Fault) -> Response:
    if fault.kind == "error_after":
        return error(10000)
    code = message.error_code or CODES[message.status]
    answer = {**envelope(code, reference_id=message.sid), "external_id": message.external_id or None}
    if fault.kind == "no_sid":
        answer.pop("reference_id")
    if fault.kind == "broken_json":
        half = json.dumps(answer).encode()
        return Response(200, half[: len(half) // 2], "application/json")
    return json_response(answer)


def message_json(message: Message) -> dict[str, object]:
    """What GET shows of a text."""
    return {
        "reference_id": message.sid,
        "status": status(message.error_code or CODES[message.status]),
        "submit_timestamp": stamp(message.created_at),
        "external_id": message.external_id or None,
    }


def new_message(account: TeleSignAccount, form: Fields, fault: Fault) -> Message:
    """An accepted text. Without a sender ID it leaves from the account's first number."""
    sender = form.get("sender_id").lstrip("+")
    own_url = form.get("callback_url") if account.callback_per_request else ""
    message = Message(
        account.customer_id,
        Direction.OUTBOUND,
        f"+{sender}" if sender else next(iter(account.numbers), ""),
        f"+{form.get('phone_number')}",
        form.get("message"),
        "queued",
        status_callback=own_url or account.callback_url,
        sid=uuid.uuid4().hex.upper(),
        provider=Provider.TELESIGN,
        external_id=form.get("external_id"),
    )
    if fault.kind == "failed_at_once":
        message.status, message.error_code = "failed", NOT_ATTEMPTED
    return message


def _seen(
    request: Request,
    http_status: int | None,
    fault: Fault,
    *,
    accepted: bool | None,
    account: TeleSignAccount | None,
    sid: str = "",
) -> SeenRequest:
    form = request.form
    return SeenRequest(
        request.method,
        request.path,
        account.customer_id if account else "",
        http_status,
        accepted,
        sid,
        form.get("callback_url"),
        fault.name,
        tuple(form.pairs),
        Provider.TELESIGN,
        bool(request.headers.get("Authorization")),
    )
