"""What Twilio looks at before it accepts a message: the first thing wrong decides the error code."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from simulator.config import Account
from simulator.reading import E164
from simulator.state import State
from simulator.twilio.content import read_variables
from simulator.twilio.senders import PREFIX
from simulator.twilio.whatsapp import is_recipient
from simulator.web import Fields

MAX_BODY = 1600
MAX_MEDIA = 10
MAX_WHATSAPP_MEDIA = 1


def refusal(state: State, account: Account, form: Fields) -> int | None:
    """The error code of Twilio's refusal, or None when the message can be accepted."""
    is_whatsapp = form.get("To").startswith(PREFIX) or form.get("From").startswith(PREFIX)
    checks: tuple[Callable[[], int | None], ...] = (
        lambda: _what_is_missing(form),
        lambda: _what_is_too_much(form, MAX_WHATSAPP_MEDIA if is_whatsapp else MAX_MEDIA),
        lambda: _who_on_whatsapp(account, form) if is_whatsapp else _who(account, form),
        lambda: _which_urls(form),
        lambda: _which_content(account, form),
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
    if not any(form.get(name) for name in ("Body", "MediaUrl", "ContentSid")):
        return 21602
    return None


def _what_is_too_much(form: Fields, most_media: int) -> int | None:
    if len(form.get("Body")) > MAX_BODY:
        return 21617
    return 21623 if len(form.all("MediaUrl")) > most_media else None


def _who(account: Account, form: Fields) -> int | None:
    if not is_valid_recipient(form.get("To")):
        return 21211
    number = account.numbers.get(form.get("From"))
    return None if number and number.sms else 21606


def _who_on_whatsapp(account: Account, form: Fields) -> int | None:
    """A sender that is being changed goes on sending."""
    if not all(form.get(name).startswith(PREFIX) for name in ("To", "From")):
        return 21910
    if not is_recipient(form.get("To")):
        return 21211
    sender = account.senders.get(form.get("From"))
    return None if sender and sender.status.startswith("ONLINE") else 63007


def _which_content(account: Account, form: Fields) -> int | None:
    if not form.get("ContentSid"):
        return None
    if account.template(form.get("ContentSid")) is None:
        return 21655
    return 21656 if read_variables(form.get("ContentVariables")) is None else None


def _which_urls(form: Fields) -> int | None:
    if form.has("StatusCallback") and not is_callback_url(form.get("StatusCallback")):
        return 21609
    return None if all(is_callback_url(url) for url in form.all("MediaUrl")) else 21620


def _trial(account: Account, recipient: str) -> int | None:
    is_reached = account.type == "Full" or recipient.removeprefix(PREFIX) in account.verified
    return None if is_reached else 21608


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
