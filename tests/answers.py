"""Twilio's answers to Validate API Key, in its own form (twilio.com/docs/iam/api/account, 2026-11)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from tests.world import ACCOUNT_SID, OUR_NUMBER

ACCOUNT = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}.json"
NUMBERS = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers.json"
Arrange = Callable[[responses.RequestsMock], None]


def account(**values: Any) -> dict[str, Any]:
    """The account's own resource. It carries the token, as Twilio's does."""
    return {
        "sid": ACCOUNT_SID,
        "status": "active",
        "type": "Full",
        "auth_token": "canary-of-twilio",
        **values,
    }


def numbers(*found: dict[str, Any]) -> dict[str, Any]:
    """A page of numbers."""
    return {"incoming_phone_numbers": list(found), "page": 0, "page_size": 50, "next_page_uri": None}


def number(*, sms: bool = True) -> dict[str, Any]:
    """Our number."""
    capabilities = {"sms": sms, "voice": True, "mms": sms, "fax": False}
    return {"sid": "PN" + "0" * 32, "phone_number": f"+{OUR_NUMBER}", "capabilities": capabilities}


def answers(
    *, account_json: Any = None, numbers_json: Any = None, status: int = 200, **options: Any
) -> Arrange:
    def arrange(twilio: responses.RequestsMock) -> None:
        if options:
            twilio.get(ACCOUNT, status=status, **options)
        else:
            twilio.get(ACCOUNT, json=account_json or account(), status=status)
        twilio.get(NUMBERS, json=numbers_json if numbers_json is not None else numbers(number()))

    return arrange


def error(status: int, code: int, message: str) -> Arrange:
    return answers(account_json={"code": code, "message": message, "status": status}, status=status)


OK = f"success: The number {OUR_NUMBER} is valid."
RIGHT = "success: Account SID and Auth Token are valid."
NOT_DONE = "nothing was validated or changed"
TABLE = [
    pytest.param(answers(), [RIGHT, OK], "good", id="good"),
    pytest.param(
        answers(account_json=account(type="Trial")),
        [
            RIGHT,
            "warning: This is a trial account: it can only text numbers verified at Twilio. Verify them "
            "there, or upgrade the account.",
            OK,
        ],
        "trial",
        id="good, but a trial account",
    ),
    pytest.param(
        error(401, 20003, "Authenticate"),
        [
            "error: Twilio does not accept this Account SID and Auth Token. Copy both once more from the "
            "Twilio console, under Account info, and replace the Auth Token."
        ],
        "bad_credentials",
        id="bad token",
    ),
    pytest.param(
        error(404, 20404, "Not found"),
        [
            "error: Twilio does not accept this Account SID and Auth Token. Copy both once more from the "
            "Twilio console, under Account info, and replace the Auth Token."
        ],
        "bad_credentials",
        id="bad SID",
    ),
    pytest.param(
        answers(account_json=account(status="suspended")),
        [
            "error: The Account SID and Auth Token are right, but the Twilio account is suspended. The "
            "Twilio console says why, and what is due."
        ],
        "suspended",
        id="suspended",
    ),
    pytest.param(
        error(401, 20005, "Account not active"),
        [
            "error: The Twilio account is not active: it is suspended or closed. The Twilio console says "
            "why, and what is due."
        ],
        "suspended",
        id="not active",
    ),
    pytest.param(
        answers(account_json=account(status="closed")),
        [
            "error: The Account SID and Auth Token are right, but the Twilio account is closed. Use another "
            "account, or ask Twilio's support whether it can be opened again."
        ],
        "closed",
        id="closed",
    ),
    pytest.param(
        answers(numbers_json=numbers()),
        [
            RIGHT,
            f"error: The number {OUR_NUMBER} does not belong to this Twilio account. Check its digits, or "
            "pick one from the account.",
        ],
        "not_in_account",
        id="number not in the account",
    ),
    pytest.param(
        answers(numbers_json=numbers(number(sms=False))),
        [
            RIGHT,
            f"error: The number {OUR_NUMBER} cannot send or receive texts. Use a number of the account that "
            "has the SMS capability.",
        ],
        "cannot_text",
        id="number cannot text",
    ),
    pytest.param(
        error(429, 20429, "Too Many Requests"),
        [f"warning: Twilio is busy (too many requests): {NOT_DONE}. Try again in a minute."],
        "throttled",
        id="too many requests",
    ),
    pytest.param(
        error(503, 20503, "Service unavailable"),
        [f"error: Twilio answered with its error 503: {NOT_DONE}. Try again in a few minutes."],
        "unreachable",
        id="out of order",
    ),
    pytest.param(
        answers(body=requests.ConnectionError("refused")),
        [
            f"error: Twilio could not be reached: {NOT_DONE}. Check the Base URL and this server's way to "
            "the internet, then try again."
        ],
        "unreachable",
        id="unreachable",
    ),
    pytest.param(
        answers(body=requests.ReadTimeout("slow")),
        [f"error: Twilio did not answer in time: {NOT_DONE}. Try again in a few minutes."],
        "slow",
        id="slow",
    ),
    pytest.param(
        answers(body="<html>", content_type="text/html"),
        [f"error: Twilio's answer could not be read: {NOT_DONE}. Check the Base URL, then try again."],
        "unreadable",
        id="broken JSON",
    ),
]
