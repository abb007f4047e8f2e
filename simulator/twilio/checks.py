"""What Twilio looks at before it accepts a message: the first thing wrong decides the error code."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from simulator.config import E164, Account
from simulator.state import State
from simulator.web import Fields

MAX_BODY = 1600
MAX_MEDIA = 10


def refusal(state: State, account: Account, form: Fields) -> int | None:
    """The error code of Twilio's refusal, or None when the message can be accepted."""
    checks: tuple[Callable[[], int | None], ...] = (
        lambda: _what_is_missing(form),
        lambda: _what_is_too_much(form),
        lambda: _who(account, form),
        lambda: _which_urls(form),
        lambda: 21610 if state.is_closed(form.get("To"), form.get("From")) else None,
        lambda: _trial(account, form.get("To")),
    )
    return next((code for check in checks if (code := check())), None)


def _what_is_missing(form: Fields) -> int | None:
    if not form.get("To"):
        return 21604
    if not form.get("From"):
        # No account here has a Messaging Service, so naming one finds no number to send from.
        return 21703 if form.get("MessagingServiceSid") else 21603
    if not form.get("Body") and not form.get("MediaUrl"):
        return 21602
    return None


def _what_is_too_much(form: Fields) -> int | None:
    if len(form.get("Body")) > MAX_BODY:
        return 21617
    return 21623 if len(form.all("MediaUrl")) > MAX_MEDIA else None


def _who(account: Account, form: Fields) -> int | None:
    if not is_valid_recipient(form.get("To")):
        return 21211
    number = account.numbers.get(form.get("From"))
    return None if number and number.sms else 21606


def _which_urls(form: Fields) -> int | None:
    if form.has("StatusCallback") and not is_callback_url(form.get("StatusCallback")):
        return 21609
    return None if all(is_callback_url(url) for url in form.all("MediaUrl")) else 21620


def _trial(account: Account, recipient: str) -> int | None:
    return 21608 if account.type == "Trial" and recipient not in account.verified else None


def is_valid_recipient(number: str) -> bool:
    """E.164; a number of North America has ten digits, and area code and exchange begin with 2 to 9."""
    if number.startswith("+1"):
        return bool(re.fullmatch(r"\+1[2-9]\d{2}[2-9]\d{6}", number))
    return bool(E164.fullmatch(number))


def is_callback_url(url: str) -> bool:
    """An absolute address. Twilio refuses an underscore in the host and (unlike this) a private host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and "_" not in host
