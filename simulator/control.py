"""The control API under /sim/: look at what happened, text as a customer, plan faults. JSON, without log-in.

GET  /sim/state                       accounts, callback settings, messages, requests, faults, opt-outs
GET  /sim/messages?direction=&to=&from=   direction inbound, outbound or automatic
GET  /sim/requests?accepted=true      requests to the API
GET  /sim/counts                      {"requests", "accepted", "refused", "by_status_callback": {url: times},
                                       "by_external_id": {id: times}}
POST /sim/text       {"from", "to", "body", "media": [url], "extra": {name: value}, "repeat": 1}
                      "files": [{"content_type", "content": base64, "name", "fault", "location"}],
                      "whatsapp": {"profile_name", "latitude", …: see simulator.twilio.whatsapp.Extras}
POST /sim/read       {"sid"}   the customer looks at a WhatsApp message
POST /sim/clock      {"hours": 25, "customer": "", "sender": ""}   WhatsApp's 24 hours go by
POST /sim/callbacks  {"delay_ms", "order": "normal|shuffled|reversed", "duplicates", "enabled", "early"}
POST /sim/faults     {"kind", "times": 1, "match_to": null, "target": "send|other", "hang_seconds": 40,
                      "provider": "twilio|telesign"}
POST /sim/mode       {"mode": "normal|slow|throttled|unreachable|broken", "hang_seconds": 40}: both APIs
POST /sim/drops      {"times": 1}   the webhooks of the next texts are dropped; Twilio's list has the texts
POST /sim/accounts   an account of the configuration, or the part of it to change
POST /sim/telesign   the same for an account at TeleSign
POST /sim/reset      {}
"""

import base64
import binascii
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from simulator.customers import (
    Customers,
    CustomerText,
    ImpossibleTextError,
    UnknownMessageError,
    UnknownNumberError,
)
from simulator.faults import BEFORE, UnknownFaultError
from simulator.files import File
from simulator.reading import ConfigError, build, objects
from simulator.records import PlannedFault, Provider
from simulator.scheduler import Scheduler
from simulator.shown import account_json, attempt_json, message_json, request_json, telesign_json
from simulator.state import State
from simulator.telesign import faults as telesign_faults
from simulator.twilio import faults as twilio_faults
from simulator.twilio.callbacks import Callbacks
from simulator.twilio.whatsapp import Extras
from simulator.web import BadRequestError, Handler, Request, Response, Route, json_response

# More copies at once than this test nothing further, and each takes a thread.
MAX_REPEAT = 50
PROBLEMS = (
    *(BadRequestError, ConfigError, UnknownFaultError),
    *(UnknownNumberError, UnknownMessageError, ImpossibleTextError),
)
PARSERS = {"twilio": twilio_faults.parse_fault, "telesign": telesign_faults.parse_fault}


class Control:
    """The handlers of /sim/."""

    def __init__(
        self, state: State, scheduler: Scheduler, customers: Customers, callbacks: Callbacks
    ) -> None:
        self._state = state
        self._scheduler = scheduler
        self._customers = customers
        self._callbacks = callbacks

    def routes(self) -> list[Route]:
        """One route for every line of the list above."""
        return [
            Route("GET", "/sim/state", _in_json(self._show_state)),
            Route("GET", "/sim/messages", _in_json(self._show_messages)),
            Route("GET", "/sim/requests", _in_json(self._show_requests)),
            Route("GET", "/sim/counts", _in_json(self._show_counts)),
            Route("POST", "/sim/text", _in_json(self._text)),
            Route("POST", "/sim/read", _in_json(self._read)),
            Route("POST", "/sim/clock", _in_json(self._let_time_pass)),
            Route("POST", "/sim/callbacks", _in_json(self._change_callbacks)),
            Route("POST", "/sim/faults", _in_json(self._plan_fault)),
            Route("POST", "/sim/mode", _in_json(self._change_mode)),
            Route("POST", "/sim/drops", _in_json(self._plan_drops)),
            Route("POST", "/sim/accounts", _in_json(self._save_account)),
            Route("POST", "/sim/telesign", _in_json(self._save_telesign)),
            Route("POST", "/sim/reset", _in_json(self._reset)),
        ]

    def _show_state(self, request: Request) -> dict[str, Any]:
        state = self._state
        with state.lock:
            return {
                "accounts": [account_json(account) for account in state.accounts.values()],
                "telesign": [telesign_json(account) for account in state.telesign.values()],
                "callbacks": asdict(state.callbacks),
                "hang_seconds": state.hang_seconds,
                "mode": state.mode,
                "messages": [message_json(message) for message in state.messages],
                "requests": [request_json(seen) for seen in state.requests],
                "faults": [asdict(fault) for fault in state.faults],
                "opt_outs": [
                    {"customer": customer, "number": number} for customer, number in sorted(state.opt_outs)
                ],
            }

    def _show_messages(self, request: Request) -> dict[str, Any]:
        query = request.query
        found = self._state.find(
            direction=query.get("direction"), to=query.get("to"), sender=query.get("from")
        )
        return {"messages": [message_json(message) for message in found]}

    def _show_requests(self, request: Request) -> dict[str, Any]:
        wanted = request.query.get("accepted")
        with self._state.lock:
            found = [request_json(seen) for seen in self._state.requests]
        return {"requests": [each for each in found if wanted in ("", str(each["accepted"]).lower())]}

    def _show_counts(self, request: Request) -> dict[str, Any]:
        with self._state.lock:
            answers = Counter(seen.accepted for seen in self._state.requests)
        return {
            "requests": answers.total(),
            "accepted": answers[True],
            "refused": answers[False],
            "by_status_callback": dict(self._state.accepted_by_callback()),
            "by_external_id": dict(self._state.accepted_by_external_id()),
        }

    def _text(self, request: Request) -> dict[str, Any]:
        text = customer_text(request.json())
        message = self._customers.accept(text)
        deliveries = self._customers.deliver(message, text)
        statuses = [attempts[-1].http_status for attempts in deliveries]
        return {
            "message_sid": message.sid,
            "http_status": statuses[0],
            "http_statuses": statuses,
            "attempts": [attempt_json(attempt) for attempts in deliveries for attempt in attempts],
        }

    def _read(self, request: Request) -> dict[str, Any]:
        self._callbacks.read(_typed(request.json().get("sid"), str, "sid"))
        return {}

    def _let_time_pass(self, request: Request) -> dict[str, Any]:
        raw = request.json()
        pair = [_typed(raw.get(name, ""), str, name) for name in ("customer", "sender")]
        self._state.let_time_pass(_typed(raw.get("hours"), (int, float), "hours"), *pair)
        return {}

    def _change_callbacks(self, request: Request) -> dict[str, Any]:
        self._state.change_callbacks(request.json())
        return asdict(self._state.callbacks)

    def _plan_fault(self, request: Request) -> dict[str, Any]:
        raw = request.json()
        if "hang_seconds" in raw:
            self._state.hang_seconds = _typed(raw.pop("hang_seconds"), (int, float), "hang_seconds")
        if raw:
            self._state.plan_fault(planned_fault(raw))
        return {"faults": [asdict(fault) for fault in self._state.faults]}

    def _change_mode(self, request: Request) -> dict[str, Any]:
        raw = request.json()
        mode = _typed(raw.get("mode"), str, "mode")
        if mode not in twilio_faults.MODES:
            raise BadRequestError(f"mode must be one of {', '.join(twilio_faults.MODES)}.")
        with self._state.lock:
            self._state.mode = mode
            if "hang_seconds" in raw:
                self._state.hang_seconds = _typed(raw["hang_seconds"], (int, float), "hang_seconds")
        return {"mode": mode}

    def _plan_drops(self, request: Request) -> dict[str, Any]:
        self._state.plan_drops(_typed(request.json().get("times", 1), int, "times"))
        return {"drops": self._state.drops}

    def _save_account(self, request: Request) -> dict[str, Any]:
        return account_json(self._state.save_account(request.json()))

    def _save_telesign(self, request: Request) -> dict[str, Any]:
        return telesign_json(self._state.save_telesign(request.json()))

    def _reset(self, request: Request) -> dict[str, Any]:
        self._scheduler.clear()
        self._state.reset()
        return {}


def _in_json(answer: Callable[[Request], dict[str, Any]]) -> Handler:
    def handler(request: Request, parts: dict[str, str]) -> Response:
        try:
            return json_response(answer(request))
        except PROBLEMS as problem:
            return json_response({"error": str(problem)}, 400)

    return handler


def customer_text(raw: dict[str, Any]) -> CustomerText:
    """Raises BadRequestError."""
    repeat = _typed(raw.get("repeat", 1), int, "repeat")
    if not 1 <= repeat <= MAX_REPEAT:
        raise BadRequestError(f"repeat must be 1 to {MAX_REPEAT}.")
    return CustomerText(
        _typed(raw.get("from"), str, "from"),
        _typed(raw.get("to"), str, "to"),
        _typed(raw.get("body", ""), str, "body"),
        [str(url) for url in _typed(raw.get("media", []), list, "media")],
        {str(name): str(value) for name, value in _typed(raw.get("extra", {}), dict, "extra").items()},
        repeat,
        [_file(entry) for entry in objects(raw, "files")],
        build(Extras, _typed(raw["whatsapp"], dict, "whatsapp")) if "whatsapp" in raw else None,
    )


def _file(raw: dict[str, Any]) -> File:
    try:
        content = base64.b64decode(raw.pop("content", ""), validate=True)
    except (binascii.Error, TypeError) as error:
        raise BadRequestError("The content of a file must be base64.") from error
    return replace(
        build(File, raw, required=("content_type",), apart=frozenset({"content"})), content=content
    )


def planned_fault(raw: dict[str, Any]) -> PlannedFault:
    """Raises BadRequestError or UnknownFaultError."""
    kind, target = _typed(raw.get("kind"), str, "kind"), _typed(raw.get("target", "send"), str, "target")
    provider = raw.get("provider", "twilio")
    if provider not in PARSERS:
        raise BadRequestError(f"provider must be one of {', '.join(PARSERS)}.")
    fault = PARSERS[provider](kind)
    if target not in ("send", "other"):
        raise BadRequestError('target must be "send" or "other".')
    if target == "other" and (fault.kind not in BEFORE or fault.kind == "throttled_twice"):
        raise BadRequestError(f"{kind} means something for requests to send only.")
    match_to = raw.get("match_to")
    if match_to is not None:
        match_to = _typed(match_to, str, "match_to")
    return PlannedFault(kind, _typed(raw.get("times", 1), int, "times"), match_to, target, Provider(provider))


def _typed(value: Any, wanted: type | tuple[type, ...], name: str) -> Any:
    if not isinstance(value, wanted):
        raise BadRequestError(f"{name} is missing or of the wrong type.")
    return value
