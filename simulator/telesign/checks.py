"""What TeleSign looks at before it accepts a text: the first thing wrong decides the code."""

import re

from simulator.telesign.accounts import TeleSignAccount
from simulator.web import Fields

MAX_MESSAGE = 1600
MAX_SENDER_ID = 20
MESSAGE_TYPES = ("OTP", "ARN", "MKT")


def refusal(account: TeleSignAccount, form: Fields) -> int | None:
    """The code of TeleSign's refusal, or None when the text can be accepted."""
    return _missing(form) or _recipient(form.get("phone_number")) or _content(form) or _who(account, form)


def _missing(form: Fields) -> int | None:
    needed = {"phone_number": 12000, "message": 12009, "message_type": 12017}
    return next((code for name, code in needed.items() if not form.has(name)), None)


def _recipient(number: str) -> int | None:
    """Digits with the country code: a leading plus is refused."""
    if number.startswith("0"):
        return 11001
    if number.startswith("1") and not re.fullmatch(r"1[2-9]\d{2}[2-9]\d{6}", number):
        return 11000
    return None if re.fullmatch(r"[1-9]\d{6,14}", number) else 11000


def _content(form: Fields) -> int | None:
    if not 1 <= len(form.get("message")) <= MAX_MESSAGE:
        return 11009
    return None if form.get("message_type") in MESSAGE_TYPES else 11017


def _who(account: TeleSignAccount, form: Fields) -> int | None:
    sender = form.get("sender_id")
    if sender and (len(sender) > MAX_SENDER_ID or f"+{sender.lstrip('+')}" not in account.numbers):
        return 11013
    is_reached = account.type == "Full" or f"+{form.get('phone_number')}" in account.verified
    return None if is_reached else 10033
