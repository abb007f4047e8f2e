"""Calling the product as TeleSign does: signed JSON to one address, repeated until it answers exactly 200."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests

from simulator.faults import Step
from simulator.records import Attempt, Message
from simulator.scheduler import Scheduler
from simulator.state import State
from simulator.telesign.accounts import TeleSignAccount
from simulator.telesign.errors import AT_GATEWAY, DELIVERED, IN_PROGRESS, stamp, status
from simulator.telesign.signing import sign
from simulator.twilio.segments import count_segments

# A status of ours and TeleSign's code for it; a failed or undelivered text has a code of its own.
CODES = {"queued": IN_PROGRESS, "sent": AT_GATEWAY, "delivered": DELIVERED}
ANSWER_BYTES = 64 * 1024


class Callbacks:
    """Calls an account's address, and again after each of its waits."""

    def __init__(self, state: State, scheduler: Scheduler) -> None:
        self._state = state
        self._scheduler = scheduler

    def report(self, message: Message, step: Step) -> None:
        """Tell what became of a text."""
        account = self._state.telesign.get(message.account_sid)
        if account is None or not message.status_callback:
            return
        url, body = message.status_callback, report_json(message, step)
        self.call(message, account, url, f"status:{step.error_code or CODES[step.status]}", body)

    def call(
        self, message: Message, account: TeleSignAccount, url: str, purpose: str, payload: Mapping[str, Any]
    ) -> Attempt:
        """The first call; the others follow by themselves. Each is noted with the message."""
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self._call(message, account, Attempt(purpose, "POST", url, None, wanted_status=200), body, 0)

    def _call(
        self, message: Message, account: TeleSignAccount, blank: Attempt, body: bytes, tries: int
    ) -> Attempt:
        attempt = post(account, blank, body)
        self._state.add_attempts(message, [attempt])
        waits = account.callback_waits_ms
        if not attempt.succeeded and tries < len(waits):

            def again() -> None:
                self._call(message, account, blank, body, tries + 1)

            self._scheduler.after(waits[tries] / 1000, again)
        return attempt


def post(account: TeleSignAccount, blank: Attempt, body: bytes) -> Attempt:
    """One call, and what came of it."""
    patience = account.callback_patience_ms / 1000
    try:
        with requests.Session() as session:
            # The environment's proxy and .netrc are the developer's, not TeleSign's.
            session.trust_env = False
            answer = session.post(
                blank.url,
                data=body,
                headers={"Content-Type": "application/json", **signature_headers(account, body)},
                timeout=(patience, patience),
                allow_redirects=False,
                stream=True,
            )
            text = next(answer.iter_content(ANSWER_BYTES), b"").decode("utf-8", "replace")
    except requests.Timeout:
        return replace(blank, problem="no answer in time", failure="rt")
    except (requests.RequestException, UnicodeError, ValueError) as problem:
        is_connection = isinstance(problem, requests.ConnectionError)
        words = "no connection" if is_connection else f"not a usable URL ({type(problem).__name__})"
        return replace(blank, problem=words, failure="ct" if is_connection else "")
    content_type = answer.headers.get("Content-Type", "")
    return replace(blank, http_status=answer.status_code, answer=text, content_type=content_type)


def signature_headers(account: TeleSignAccount, body: bytes) -> dict[str, str]:
    """The signature of the raw body, in the headers that the account is told to get it in."""
    bare = sign(account.api_key, body)
    full = f"TSA {account.customer_id}:{bare}"
    return {
        "both": {"Authorization": full, "X-TS-Authorization": full},
        "authorization": {"Authorization": full},
        "x-ts-authorization": {"X-TS-Authorization": full},
        "bare": {"X-TS-Authorization": bare},
    }[account.callback_form]


def report_json(message: Message, step: Step) -> dict[str, Any]:
    """The body of a delivery report."""
    parts = count_segments(message.body)
    return {
        "reference_id": message.sid,
        "status": status(step.error_code or CODES[step.status]),
        "submit_timestamp": stamp(message.created_at),
        "external_id": message.external_id or None,
        "additional_info": {
            "mcc": "310",
            "mnc": "004",
            "price": f"{0.01 * parts:.2f}",
            "currency": "USD",
            "message_parts_count": parts,
            "sender_id": message.sender.lstrip("+"),
            "cleansed_phone_number": message.recipient.lstrip("+"),
        },
    }
