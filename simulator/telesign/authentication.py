"""Who makes a request: the customer ID with an API key (Basic), or with a signature (TSA)."""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from simulator.state import State
from simulator.telesign.accounts import TeleSignAccount
from simulator.telesign.errors import error
from simulator.telesign.signing import METHOD, sign, string_to_sign
from simulator.web import Request, Response

# How far the clocks may differ.
TOLERANCE = timedelta(minutes=15)


def authenticate(state: State, request: Request) -> TeleSignAccount | Response:
    """The account, or the refusal."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not given:
        return error(10009)
    if scheme.lower() == "basic":
        found = _basic(state, given)
    elif scheme.lower() == "tsa":
        found = _digest(state, given, request)
    else:
        return error(10008)
    return found if isinstance(found, Response) else _usable(found)


def _basic(state: State, given: str) -> TeleSignAccount | Response:
    try:
        customer_id, _, key = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return error(10015)
    account = state.telesign.get(customer_id)
    if account is None:
        return error(10015)
    is_right = any(hmac.compare_digest(key.encode(), each.encode()) for each in account.keys)
    return account if is_right else error(10022)


def _digest(state: State, given: str, request: Request) -> TeleSignAccount | Response:
    customer_id, _, signature = given.partition(":")
    account = state.telesign.get(customer_id)
    if account is None:
        return error(10015)
    headers = request.headers
    if not _is_recent(headers.get("x-ts-date") or headers.get("Date") or ""):
        return error(10004)
    signed = string_to_sign(request.method, request.path, headers, request.body)
    is_right = any(
        hmac.compare_digest(signature.encode(), sign(key, signed).encode()) for key in account.keys
    )
    if not is_right or headers.get("x-ts-auth-method") != METHOD:
        return error(10008, signature_string=signed.decode("utf-8", "replace"))
    nonce = headers.get("x-ts-nonce")
    return error(10002) if nonce and not state.use_nonce(nonce) else account


def _is_recent(text: str) -> bool:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return False
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return abs(datetime.now(UTC) - moment) <= TOLERANCE


def _usable(account: TeleSignAccount) -> TeleSignAccount | Response:
    if account.status == "suspended":
        return error(10010)
    return account if account.product else error(10011)
