"""Validate API Key: what TeleSign says of Customer ID and API key, and what to do next.

Asked is the status of a message that nobody sent: it costs nothing and sends nothing. TeleSign answers "no
such message" to those it knows, and says to all others why not. Whose a number is, it tells nobody.
"""

from collections.abc import Iterable

import requests

from channels_app.providers.base import Check, Credentials, Validity
from channels_app.providers.telesign_client import MESSAGING, Answer, ask
from channels_app.providers.telesign_codes import CLOCK_OFF, DOWN, KEY_REFUSED, STATUSES, THROTTLED
from channels_app.providers.telesign_signature import key_bytes
from omnichannel.lib.http import Recorder

# Somebody waits for a page: shorter than any web server's patience.
PATIENCE_S = 12.0
NOBODYS_MESSAGE = f"{MESSAGING}/{'0' * 32}"
NO_SUCH_MESSAGE = frozenset({10017, 10036, 11011})
NOT_DONE = "nothing was validated or changed"
NOT_BASE64 = "An API key of TeleSign is base64: letters, digits, + and /, often with = at its end."
VALID = "Customer ID and API key are valid."
NUMBERS = (
    " TeleSign does not tell which numbers belong to an account: a test SMS shows whether the support number "
    "can send."
)
CLOCK = (
    "Customer ID and API key are valid, but this server's clock is wrong, so TeleSign refuses signed "
    "requests: set the clock (NTP). Until then requests are sent with Basic authentication."
)
FORM = (
    "Customer ID and API key are valid, but TeleSign does not take signed requests (code {code}): a proxy "
    "may change their headers. Requests are sent with Basic authentication."
)
# code -> level, outcome, sentence
SAID: dict[int, tuple[str, Validity, str]] = {
    10010: (
        "error",
        Validity.SUSPENDED,
        "Customer ID and API key are right, but the TeleSign account is suspended. Ask TeleSign's "
        "support why.",
    ),
    10011: (
        "error",
        Validity.PRODUCT_OFF,
        "Customer ID and API key are right, but SMS is not switched on for this account. Ask TeleSign's "
        "support to enable SMS messaging.",
    ),
    10014: (
        "error",
        Validity.IP_REFUSED,
        "TeleSign takes no requests from this server's address. Have it added to the allowed addresses of "
        "the TeleSign account.",
    ),
    10009: (
        "error",
        Validity.REFUSED,
        "The request reached TeleSign without its signature: a proxy takes the header Authorization away.",
    ),
    CLOCK_OFF: (
        "error",
        Validity.CLOCK_OFF,
        "This server's clock is wrong: TeleSign refuses what is signed more than a few minutes off. Set the "
        "clock (NTP), then try again.",
    ),
    10020: (
        "error",
        Validity.THROTTLED,
        "Customer ID and API key are right, but the account's number of requests is used up. Ask TeleSign's "
        "support to raise it.",
    ),
}
BAD = (
    "TeleSign does not accept this Customer ID and API key. Copy both once more from the TeleSign portal, "
    "and replace the API key."
)
TROUBLES = {
    Validity.SLOW: f"TeleSign did not answer in time: {NOT_DONE}. Try again in a few minutes.",
    Validity.UNREACHABLE: (
        f"TeleSign could not be reached: {NOT_DONE}. Check the Base URL and this server's way to the "
        "internet, then try again."
    ),
    Validity.UNREADABLE: (
        f"TeleSign's answer could not be read: {NOT_DONE}. Check the Base URL, then try again."
    ),
}


def check_credentials(account: Credentials, numbers: Iterable[str], record: Recorder) -> list[Check]:
    """See Provider. With the second API key when the first is refused."""
    found = Check("error", BAD, Validity.BAD_CREDENTIALS)
    for position, secret in enumerate(account.secrets):
        found = check_key(account, secret, record)
        if found.outcome is not Validity.BAD_CREDENTIALS:
            return [_with_second(found) if position else _with_numbers(found, numbers)]
    return [found]


def check_key(account: Credentials, secret: str, record: Recorder) -> Check:
    """What TeleSign says of one API key."""
    if not key_bytes(secret):
        return Check("error", NOT_BASE64, Validity.BAD_CREDENTIALS)
    try:
        return told(ask(account, secret, record, path=NOBODYS_MESSAGE, patience_s=PATIENCE_S))
    except requests.ReadTimeout:
        outcome = Validity.SLOW
    except requests.RequestException:
        outcome = Validity.UNREACHABLE
    return Check("error", TROUBLES[outcome], outcome)


def told(answer: Answer) -> Check:
    """An answer in words, with what to do next."""
    code = answer.code
    if code in NO_SUCH_MESSAGE or (code in STATUSES and answer.http < 400):
        return _good(answer.refused_form)
    if code in SAID:
        level, outcome, said = SAID[code]
        return Check(level, said, outcome)
    if code in KEY_REFUSED:
        return Check("error", BAD, Validity.BAD_CREDENTIALS)
    if code in THROTTLED or (code is None and answer.http == 429):
        said = f"TeleSign is busy (too many requests): {NOT_DONE}. Try again in a minute."
        return Check("warning", said, Validity.THROTTLED)
    if code in DOWN or answer.http >= 500:
        said = (
            f"TeleSign is out of order (HTTP status {answer.http}): {NOT_DONE}. Try again in a few minutes."
        )
        return Check("error", said, Validity.UNREACHABLE)
    if code is None:
        return Check("error", TROUBLES[Validity.UNREADABLE], Validity.UNREADABLE)
    words = f" ({answer.description[:120]})" if answer.description else ""
    return Check("error", f"TeleSign refused: code {code}{words}.", Validity.REFUSED)


def _good(refused_form: int | None) -> Check:
    if refused_form is None:
        return Check("success", VALID, Validity.GOOD)
    if refused_form == CLOCK_OFF:
        return Check("warning", CLOCK, Validity.GOOD)
    return Check("warning", FORM.format(code=refused_form), Validity.GOOD)


def _with_numbers(found: Check, numbers: Iterable[str]) -> Check:
    if found.level != "success" or not any(numbers):
        return found
    return Check(found.level, found.text + NUMBERS, found.outcome)


def _with_second(found: Check) -> Check:
    """What it comes to when the first key was refused and the second was tried."""
    if found.outcome is not Validity.GOOD:
        return found
    said = (
        "Only the Secondary API key works: TeleSign does not accept the primary any more. Promote the "
        "secondary key to primary."
    )
    return Check("warning", said, Validity.ONLY_SECONDARY)
