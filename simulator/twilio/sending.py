"""POST Messages.json: accept a message or refuse it, and answer as the fault at hand wants it."""

import json
import threading

from simulator.config import Account
from simulator.faults import BEFORE, ORDINARY, Fault, Step, course
from simulator.records import Direction, Message, SeenRequest
from simulator.state import State
from simulator.twilio.callbacks import Callbacks
from simulator.twilio.checks import refusal
from simulator.twilio.content import REFUSALS, WRONG_VARIABLES, Content, fill_in, read_variables
from simulator.twilio.errors import error
from simulator.twilio.faults import FAILED_AT_ONCE_CODE, FAULT_BY_NUMBER, MODES, parse_fault
from simulator.twilio.resources import message_json
from simulator.twilio.senders import Template
from simulator.web import ConnectionDroppedError, Fields, Request, Response, json_response, redirect

# A trial account's texts begin so, in the answer too.
TRIAL_PREFIX = "Sent from your Twilio trial account - "
WINDOW_CLOSED = 63016


class Sending:
    """Answers requests to send."""

    def __init__(self, state: State, callbacks: Callbacks, stopping: threading.Event) -> None:
        self._state = state
        self._callbacks = callbacks
        self._stopping = stopping

    def answer(self, request: Request, account: Account) -> Response:
        """Refuse or accept. Raises ConnectionDroppedError where the fault says so."""
        form = request.form
        if account.status != "active":
            # Twilio documents 20005 for both; a suspended account may be told so by HTTP 403 elsewhere.
            return self._refuse(request, account, Fault("refuse", 20005))
        if code := refusal(self._state, account, form):
            return self._refuse(request, account, Fault("refuse", code))
        fault = self._fault(form.get("To"))
        if fault.kind in BEFORE:
            return self._refuse(request, account, fault)
        return self._accept(request, account, fault)

    def _fault(self, to: str) -> Fault:
        """A planned fault goes before a magic number; the third try of a throttled number is let through."""
        planned = self._state.take_fault(target="send", to=to) or MODES[self._state.mode]
        text = planned or FAULT_BY_NUMBER.get(to, "none")
        fault = parse_fault(text)
        if fault.kind != "throttled_twice":
            return fault
        return Fault("refuse", 20429) if self._state.count_throttled(to, limit=2) else ORDINARY

    def _refuse(self, request: Request, account: Account, fault: Fault) -> Response:
        response = unaccepted_answer(fault)
        status = response.status if response else None
        self._state.add_request(seen(request, account.account_sid, status, fault, accepted=False))
        if response is None:
            self.break_off(fault)
            return error(20500)
        return response

    def _accept(self, request: Request, account: Account, fault: Fault) -> Response:
        message, steps = new_message(self._state, account, request.form, fault)
        response = _accepted_answer(message, fault)
        status = None if fault.kind in ("hang", "reset") else response.status
        record = seen(request, account.account_sid, status, fault, accepted=True, message_sid=message.sid)
        self._state.add_message(message, record)
        self._callbacks.start(message, steps, early=fault.kind == "early")
        if fault.kind in ("hang", "reset"):
            self.break_off(fault)
        return response

    def break_off(self, fault: Fault) -> None:
        """Drop the connection, or wait until the client's patience ends (or the server is stopped)."""
        if fault.kind.startswith("reset"):
            raise ConnectionDroppedError
        self._stopping.wait(self._state.hang_seconds)


def unaccepted_answer(fault: Fault) -> Response | None:
    """None when the client gets no answer at all, or too late."""
    if fault.kind == "error_before":
        return error(20500)
    if fault.kind == "redirect":
        return redirect("/2010-04-01/elsewhere.json", 302)
    return error(fault.code) if fault.code else None


def _accepted_answer(message: Message, fault: Fault) -> Response:
    resource = message_json(message)
    if fault.kind == "error_after":
        return error(20500)
    if fault.kind == "no_sid":
        return json_response(
            {name: value for name, value in resource.items() if name not in ("sid", "uri")}, 201
        )
    if fault.kind == "broken_json":
        half = json.dumps(resource).encode()
        return Response(201, half[: len(half) // 2], "application/json")
    return json_response(resource, 201)


def new_message(state: State, account: Account, form: Fields, fault: Fault) -> tuple[Message, list[Step]]:
    """An accepted message, and the statuses it will go through."""
    template = account.template(form.get("ContentSid"))
    variables = read_variables(form.get("ContentVariables")) or {}
    content = fill_in(template, variables) if template else Content(form.get("Body"))
    message = Message(
        account.account_sid,
        Direction.OUTBOUND,
        form.get("From"),
        form.get("To"),
        (TRIAL_PREFIX if account.type == "Trial" else "") + content.body,
        "queued",
        media=list(content.media) if template else form.all("MediaUrl"),
        status_callback=form.get("StatusCallback"),
        choices=content.choices,
        content_sid=form.get("ContentSid"),
    )
    if fault.kind == "failed_at_once":
        message.status, message.error_code = "failed", FAILED_AT_ONCE_CODE
    refused = _refused_by_whatsapp(state, message, template, content) if message.is_whatsapp else None
    return message, [Step("failed", refused)] if refused and fault == ORDINARY else course(fault)


def _refused_by_whatsapp(
    state: State, message: Message, template: Template | None, content: Content
) -> int | None:
    """What Twilio accepts and WhatsApp does not."""
    if content.missing:
        return WRONG_VARIABLES
    if template and template.status in REFUSALS:
        return REFUSALS[template.status]
    if template and template.status == "approved":
        return None
    return None if state.is_window_open(message.recipient, message.sender) else WINDOW_CLOSED


def seen(
    request: Request,
    account_sid: str,
    http_status: int | None,
    fault: Fault = ORDINARY,
    *,
    accepted: bool | None = None,
    message_sid: str = "",
) -> SeenRequest:
    """The note of a request that is about to be answered."""
    form = request.form
    return SeenRequest(
        request.method,
        request.path,
        account_sid,
        http_status,
        accepted,
        message_sid,
        form.get("StatusCallback"),
        fault.name,
        tuple(form.pairs),
        has_credentials=bool(request.headers.get("Authorization")),
    )
