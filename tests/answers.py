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
TABLE = [
    pytest.param(answers(), [RIGHT, OK], id="good"),
    pytest.param(
        answers(account_json=account(type="Trial")),
        [RIGHT, "warning: This is a trial account: it can only text numbers verified at Twilio.", OK],
        id="good, but a trial account",
    ),
    pytest.param(
        error(401, 20003, "Authenticate"),
        ["error: Twilio does not accept this Account SID and Auth Token."],
        id="bad token",
    ),
    pytest.param(
        answers(account_json=account(status="suspended")),
        ["error: The credentials are right, but the Twilio account is suspended.", OK],
        id="suspended",
    ),
    pytest.param(
        answers(account_json=account(status="closed")),
        ["error: The credentials are right, but the Twilio account is closed.", OK],
        id="closed",
    ),
    pytest.param(
        answers(numbers_json=numbers()),
        [RIGHT, f"error: The number {OUR_NUMBER} does not belong to this Twilio account."],
        id="number not in the account",
    ),
    pytest.param(
        answers(numbers_json=numbers(number(sms=False))),
        [RIGHT, f"error: The number {OUR_NUMBER} cannot send or receive texts."],
        id="number cannot text",
    ),
    pytest.param(
        error(429, 20429, "Too Many Requests"),
        ["warning: Twilio is busy: nothing was validated, try again later."],
        id="too many requests",
    ),
    pytest.param(
        answers(body=requests.ConnectionError("refused")),
        ["error: Twilio could not be reached: nothing was validated, try again later."],
        id="unreachable",
    ),
    pytest.param(
        answers(body=requests.ReadTimeout("slow")),
        ["error: Twilio did not answer in time: nothing was validated, try again later."],
        id="slow",
    ),
    pytest.param(
        answers(body="<html>", content_type="text/html"),
        ["error: Twilio's answer could not be read: nothing was validated, try again later."],
        id="broken JSON",
    ),
]
