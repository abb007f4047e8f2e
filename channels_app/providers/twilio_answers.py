"""Reading what Twilio answers when a text is sent, and what its list says of one.

Source: twilio.com/docs/messaging/api/message-resource, read 2026-11.
"""

from dataclasses import replace
from typing import Any

import requests

from channels_app.providers.base import Error, Finding, FindResult, Outcome, SendResult
from channels_app.providers.twilio_codes import explain
from channels_app.providers.twilio_webhooks import STATUSES
from omnichannel.lib.http import surely_not_sent


class Unauthorized(Exception):
    """401: surely nothing was accepted. `result` is what it comes to when no other token works."""

    def __init__(self, result: SendResult) -> None:
        super().__init__(result.explanation)
        self.result = result


def accepted(message: Any) -> SendResult:
    """A 2xx: accepted, even when it already failed or cannot be tracked."""
    code = str(message.error_code or "")
    status = STATUSES.get(str(message.status or ""), "accepted")
    if status in {"failed", "undelivered"}:
        error, explanation = explain(code, str(message.error_message or ""))
        return SendResult(Outcome.ACCEPTED, status, str(message.sid or ""), error, code, explanation)
    if not message.sid:
        said = "Twilio took the text but gave it no id: it cannot be tracked."
        return SendResult(Outcome.ACCEPTED, "accepted", explanation=said)
    return SendResult(Outcome.ACCEPTED, status, str(message.sid))


def refused(status: int, code: str, said: str) -> SendResult:
    """An answer that is no 2xx: 429 may be tried again, 5xx is in doubt, all else is final.

    `status` is HTTP's; `code` Twilio's, empty when it gave none. Raises Unauthorized on 401.
    """
    if status >= 500:
        return ambiguous(f"Twilio answered with its error {status}.", code)
    if status == 429:
        return SendResult(Outcome.NOT_SENT, error=Error.THROTTLED, code=code, explanation=explain("20429")[1])
    meaning, sentence = explain("20003") if status == 401 else explain(code, said)
    result = SendResult(Outcome.REFUSED, "failed", "", meaning, code, sentence)
    if status == 401:
        raise Unauthorized(replace(result, code=code or "20003"))
    return result


def failed_on_the_way(error: requests.RequestException) -> SendResult:
    """No answer at all: either the request never left, or nobody knows."""
    if surely_not_sent(error):
        said = "Twilio could not be reached; it is tried again by itself."
        return SendResult(Outcome.NOT_SENT, error=Error.UNAVAILABLE, explanation=said)
    return ambiguous("The connection to Twilio broke before it answered.")


def ambiguous(sentence: str, code: str = "") -> SendResult:
    """Nobody knows whether the text was accepted."""
    return SendResult(Outcome.AMBIGUOUS, error=Error.AMBIGUOUS, code=code, explanation=sentence)


def found_message(message: Any) -> FindResult:
    """A message of Twilio's list that is taken for ours."""
    status = STATUSES.get(str(message.status), "accepted")
    if status not in {"failed", "undelivered"}:
        return FindResult(Finding.FOUND, message.sid, status)
    code = str(message.error_code or "")
    error, explanation = explain(code, str(message.error_message or ""))
    return FindResult(Finding.FOUND, message.sid, status, error, code, explanation)


def files_of(message: Any) -> int:
    """How many files a message of Twilio's list has; it writes the number as text."""
    count = str(message.num_media or "0")
    return int(count) if count.isascii() and count.isdigit() else 0


def is_outbound(message: Any) -> bool:
    """Whether a message of Twilio's list is one of ours."""
    return str(message.direction or "outbound").startswith("outbound")
