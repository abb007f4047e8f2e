"""Validate API Key: what Twilio says of an account and its numbers, and what to do next."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests
from twilio.rest import Client

from channels_app.providers.base import Check, Credentials, Validity
from channels_app.providers.twilio_client import PATIENCE_S, UNREADABLE, client, refusal, trouble
from omnichannel.lib.http import Recorder


def check_credentials(account: Credentials, numbers: tuple[str, ...], record: Recorder) -> list[Check]:
    """See Provider. The account's own answer holds the token in clear, so no body may be recorded."""
    asked = client(account, account.secret, record, patience_s=PATIENCE_S)
    checks = account_checks(asked, account.external_id)
    if checks[0].outcome is Validity.BAD_CREDENTIALS and account.secondary_secret:
        asked = client(account, account.secondary_secret, record, patience_s=PATIENCE_S)
        checks = with_secondary(checks, account_checks(asked, account.external_id))
    if any(check.level == "error" or check.outcome is Validity.THROTTLED for check in checks):
        return checks
    return [*checks, *(number_check(asked, number) for number in numbers)]


def account_checks(asked: Client, account_sid: str) -> list[Check]:
    """What the account's own resource says; never empty."""
    try:
        fetched = asked.api.v2010.accounts(account_sid).fetch()
        return told_of_account(str(fetched.status), str(fetched.type))
    except (requests.RequestException, *UNREADABLE) as error:
        found = trouble(error)
    if found.outcome is Validity.REFUSED:
        # 404: there is no such account, which Twilio says of a wrong SID.
        return [refusal(401, "", "")]
    return [found]


def with_secondary(first: list[Check], second: list[Check]) -> list[Check]:
    """What it comes to when the primary token was refused and the secondary was tried."""
    if second[0].outcome is Validity.BAD_CREDENTIALS:
        return first
    if second[0].outcome is not Validity.GOOD:
        return second
    said = (
        "Only the Secondary Auth Token works: Twilio does not accept the primary any more. Promote the "
        "secondary token to primary."
    )
    return [Check("warning", said, Validity.ONLY_SECONDARY), *second[1:]]


def told_of_account(status: str, kind: str) -> list[Check]:
    """In words, with what to do next."""
    right = "The Account SID and Auth Token are right, but the Twilio account is"
    if status == "closed":
        said = f"{right} closed. Use another account, or ask Twilio's support whether it can be opened again."
        return [Check("error", said, Validity.CLOSED)]
    if status == "suspended":
        said = f"{right} suspended. The Twilio console says why, and what is due."
        return [Check("error", said, Validity.SUSPENDED)]
    checks = [Check("success", "Account SID and Auth Token are valid.", Validity.GOOD)]
    if kind.lower() == "trial":
        said = (
            "This is a trial account: it can only text numbers verified at Twilio. Verify them there, or "
            "upgrade the account."
        )
        checks.append(Check("warning", said, Validity.TRIAL))
    return checks


def number_check(asked: Client, number: str) -> Check:
    """Whether a number is the account's and can text."""
    try:
        listed = asked.incoming_phone_numbers.list(phone_number=f"+{number}", limit=20)
        found = [one for one in listed if one.phone_number == f"+{number}"]
    except (requests.RequestException, *UNREADABLE) as error:
        return replace(trouble(error), number=number)
    if not found:
        said = (
            f"The number {number} does not belong to this Twilio account. Check its digits, or pick one from "
            "the account."
        )
        return Check("error", said, Validity.NOT_IN_ACCOUNT, number)
    if not capability(found[0].capabilities, "sms"):
        said = (
            f"The number {number} cannot send or receive texts. Use a number of the account that has the SMS "
            "capability."
        )
        return Check("error", said, Validity.CANNOT_TEXT, number)
    return Check("success", f"The number {number} is valid.", Validity.GOOD, number)


def capability(capabilities: Any, name: str) -> bool:
    """One of a number's capabilities, as the library hands them out."""
    if isinstance(capabilities, Mapping):
        return bool(capabilities.get(name))
    return bool(getattr(capabilities, name, False))
