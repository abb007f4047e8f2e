"""The control API under /sim/: look at what happened, text as a customer, plan faults. JSON, without log-in.

GET  /sim/state                       accounts, callback settings, messages, requests, faults, opt-outs
GET  /sim/messages?direction=&to=&from=   direction inbound, outbound or automatic
GET  /sim/requests?accepted=true      requests to the API
GET  /sim/counts                      {"requests", "accepted", "refused", "by_status_callback": {url: times}}
POST /sim/text       {"from", "to", "body", "media": [url], "extra": {name: value}, "repeat": 1}
POST /sim/callbacks  {"delay_ms", "order": "normal|shuffled|reversed", "duplicates", "enabled", "early"}
POST /sim/faults     {"kind", "times": 1, "match_to": null, "target": "send|other", "hang_seconds": 40}
POST /sim/mode       {"mode": "normal|slow|throttled|unreachable|broken", "hang_seconds": 40}: the whole API
POST /sim/drops      {"times": 1}   the webhooks of the next texts are dropped; Twilio's list has the texts
POST /sim/accounts   an account of the configuration, or the part of it to change
POST /sim/reset      {}
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from simulator.config import Account, ConfigError
from simulator.scheduler import Scheduler
from simulator.state import Attempt, Message, PlannedFault, SeenRequest, State
from simulator.twilio.faults import BEFORE, MODES, UnknownFaultError, parse_fault
from simulator.twilio.inbound import CustomerText, Inbound, UnknownNumberError
from simulator.web import BadRequestError, Handler, Request, Response, Route, json_response

# More copies at once than this test nothing further, and each takes a thread.
MAX_REPEAT = 50


class Control:
    """The handlers of /sim/."""

    def __init__(self, state: State, scheduler: Scheduler, inbound: Inbound) -> None:
        self._state = state
        self._scheduler = scheduler
        self._inbound = inbound

    def routes(self) -> list[Route]:
        """One route for every line of the list above."""
        return [
            Route("GET", "/sim/state", _in_json(self._show_state)),
            Route("GET", "/sim/messages", _in_json(self._show_messages)),
            Route("GET", "/sim/requests", _in_json(self._show_requests)),
            Route("GET", "/sim/counts", _in_json(self._show_counts)),
            Route("POST", "/sim/text", _in_json(self._text)),
            Route("POST", "/sim/callbacks", _in_json(self._change_callbacks)),
            Route("POST", "/sim/faults", _in_json(self._plan_fault)),
            Route("POST", "/sim/mode", _in_json(self._change_mode)),
            Route("POST", "/sim/drops", _in_json(self._plan_drops)),
            Route("POST", "/sim/accounts", _in_json(self._save_account)),
            Route("POST", "/sim/reset", _in_json(self._reset)),
        ]

    def _show_state(self, request: Request) -> dict[str, Any]:
        state = self._state
        with state.lock:
            return {
                "accounts": [account_json(account) for account in state.accounts.values()],
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
        }

    def _text(self, request: Request) -> dict[str, Any]:
        text = customer_text(request.json())
        message = self._inbound.accept(text)
        deliveries = self._inbound.deliver(message, text)
        statuses = [attempts[-1].http_status for attempts in deliveries]
        return {
            "message_sid": message.sid,
            "http_status": statuses[0],
            "http_statuses": statuses,
            "attempts": [attempt_json(attempt) for attempts in deliveries for attempt in attempts],
        }

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
        if mode not in MODES:
            raise BadRequestError(f"mode must be one of {', '.join(MODES)}.")
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

    def _reset(self, request: Request) -> dict[str, Any]:
        self._scheduler.clear()
        self._state.reset()
        return {}


def _in_json(answer: Callable[[Request], dict[str, Any]]) -> Handler:
    def handler(request: Request, parts: dict[str, str]) -> Response:
        try:
            return json_response(answer(request))
        except (BadRequestError, ConfigError, UnknownFaultError, UnknownNumberError) as problem:
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
    )


def planned_fault(raw: dict[str, Any]) -> PlannedFault:
    """Raises BadRequestError or UnknownFaultError."""
    kind, target = _typed(raw.get("kind"), str, "kind"), _typed(raw.get("target", "send"), str, "target")
    fault = parse_fault(kind)
    if target not in ("send", "other"):
        raise BadRequestError('target must be "send" or "other".')
    if target == "other" and (fault.kind not in BEFORE or fault.kind == "throttled_twice"):
        raise BadRequestError(f"{kind} means something for requests to send only.")
    match_to = raw.get("match_to")
    if match_to is not None:
        match_to = _typed(match_to, str, "match_to")
    return PlannedFault(kind, _typed(raw.get("times", 1), int, "times"), match_to, target)


def _typed(value: Any, wanted: type | tuple[type, ...], name: str) -> Any:
    if not isinstance(value, wanted):
        raise BadRequestError(f"{name} is missing or of the wrong type.")
    return value


def account_json(account: Account) -> dict[str, Any]:
    """Tokens shortened to their end: enough to tell two apart."""
    shown = asdict(account)
    for name in ("auth_token", "secondary_auth_token"):
        shown[name] = f"…{shown[name][-4:]}" if shown[name] else ""
    shown["services"] = [asdict(service) for service in account.services.values()]
    shown["created_at"] = account.created_at.isoformat()
    shown["numbers"] = [
        {"sid": account.number_sid(number), **asdict(number)} for number in account.numbers.values()
    ]
    return shown


def message_json(message: Message) -> dict[str, Any]:
    """A message with every call of a webhook made for it."""
    return {
        "sid": message.sid,
        "account_sid": message.account_sid,
        "direction": str(message.direction),
        "from": message.sender,
        "to": message.recipient,
        "body": message.body,
        "media": message.media,
        "status": message.status,
        "error_code": message.error_code,
        "status_callback": message.status_callback,
        "created_at": message.created_at.isoformat(),
        "sent_at": _iso(message.sent_at),
        "attempts": [attempt_json(attempt) for attempt in message.attempts],
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    """One call of a webhook."""
    return {**asdict(attempt), "at": attempt.at.isoformat()}


def request_json(request: SeenRequest) -> dict[str, Any]:
    """One request to the provider's API."""
    return {**asdict(request), "form": [list(pair) for pair in request.form], "at": request.at.isoformat()}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
