"""Twilio: SMS in and out over its 2010-04-01 REST API and its webhooks.

Facts about parameters, statuses and codes: twilio.com/docs/messaging (webhook request, message resource,
outbound message status in status callbacks, error dictionary), read 2026-11.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests
from twilio.base import values
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client

from channels_app.providers import twilio_list, twilio_refusals
from channels_app.providers import twilio_signature as signatures
from channels_app.providers.base import (
    Ack,
    Check,
    Credentials,
    Diagnosis,
    Error,
    Finding,
    FindResult,
    Inbound,
    Listing,
    NotUnderstood,
    Other,
    OutboundText,
    Outcome,
    Report,
    SendResult,
    Validity,
    WireRequest,
)
from channels_app.providers.twilio_checks import check_credentials
from channels_app.providers.twilio_client import UNREADABLE, client, trouble
from channels_app.providers.twilio_codes import explain
from channels_app.providers.twilio_numbers import TwilioNumbers
from omnichannel.lib.http import Recorder, surely_not_sent

ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}", re.ASCII)
# Twilio's word -> our state. A word that is not here changes nothing and is kept as an event.
STATUSES = {
    "accepted": "accepted",
    "scheduled": "scheduled",
    "queued": "queued",
    "sending": "sending",
    "sent": "sent",
    "canceled": "canceled",
    "failed": "failed",
    "undelivered": "undelivered",
    "delivered": "delivered",
    "read": "read",
}
INBOUND_WORDS = frozenset({"received", "receiving"})
# The whole text, without case or outer white space: what Twilio itself acts on for long codes.
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "unstop", "yes"})
HELP_WORDS = frozenset({"help", "info"})
OPT_OUT_TYPES = {"STOP": "stop", "START": "start", "HELP": "help"}
PROFILE_NAMES = ("FromCity", "FromState", "FromZip", "FromCountry")
# Newest first, in pages; more than so many texts to one customer since the attempt: nobody can tell.
LISTED_AT_MOST, PAGE = 2000, 50
# Ours and Twilio's; a message made this long before our attempt may still be ours.
CLOCKS_DIFFER = timedelta(minutes=5)


def params_of(request: WireRequest) -> dict[str, str]:
    """The parameters of a form or a query string, without NUL; of a repeated name, the first."""
    raw = request.query.encode("utf-8", "replace") if request.method == "GET" else request.body
    if request.method != "GET" and "json" in request.content_type:
        return _json_params(request.body)
    params: dict[str, str] = {}
    for name, value in signatures.form_pairs(raw):
        text = value.decode("utf-8", "replace").replace("\x00", "")
        params.setdefault(name.decode("utf-8", "replace").replace("\x00", ""), text)
    return params


def _json_params(body: bytes) -> dict[str, str]:
    try:
        decoded = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("The body is not JSON, though it says so.") from error
    if not isinstance(decoded, dict):
        raise NotUnderstood("The body is JSON, but no object.")
    return {_storable(k): _storable(v) for k, v in decoded.items() if v is not None}


def _storable(value: object) -> str:
    """The value as text without what no database stores: NUL and halves of letters (lone surrogates)."""
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode()


class Unauthorized(Exception):
    """401: surely nothing was accepted. `result` is what it comes to when no other token works."""

    def __init__(self, result: SendResult) -> None:
        super().__init__(result.explanation)
        self.result = result


class Twilio(TwilioNumbers):
    """See channels_app.providers.base.Provider; the account's own numbers are in TwilioNumbers."""

    credential_fields: tuple[str, ...] = ("Account SID", "Auth Token")
    default_base_url = "https://api.twilio.com"
    text_limit = 1600

    def check_external_id(self, external_id: str) -> str:
        """See Provider."""
        if ACCOUNT_SID.fullmatch(external_id):
            return ""
        return "An Account SID is AC followed by 32 digits and letters a to f."

    # --- in ---------------------------------------------------------------------------------------

    def verify(self, request: WireRequest, account: Credentials) -> str:
        """See Provider."""
        signature = request.headers.get("x-twilio-signature", "")
        if not signature:
            return "The X-Twilio-Signature header is missing."
        if not account.secrets:
            return "The account has no Auth Token to verify with."
        # A header that names another algorithm is not ours to honour: no account here has such a key.
        if "x-twilio-webhooks-signature-settings" in request.headers:
            return "The request names a signature algorithm that this account does not use."
        variants: list[signatures.Pairs] = [[]]
        if request.method != "GET" and signatures.FORM in request.content_type:
            pairs = signatures.form_pairs(request.body)
            variants = [pairs] if (seen := signatures.readable(pairs)) == pairs else [pairs, seen]
        elif request.body and not signatures.body_hash_fits(request.query, request.body):
            return "The body does not fit bodySHA256 of the URL."
        urls = [form for url in request.urls for form in signatures.url_forms(url)]
        if signatures.is_valid(
            signature=signature, secrets=account.secrets, urls=urls, pairs_variants=variants
        ):
            return ""
        return "The signature fits neither Auth Token: wrong token, or another URL was signed."

    def diagnose(
        self,
        request: WireRequest,
        account: Credentials,
        *,
        hosts: Sequence[str],
        others: Mapping[str, Sequence[str]],
    ) -> Diagnosis:
        """See Provider."""
        return twilio_refusals.diagnose(request, account, hosts=hosts, others=others)

    def told(self, url: str) -> str:
        """See Provider."""
        return twilio_refusals.told(url)

    def sequence_key(self, request: WireRequest) -> str:
        """See Provider."""
        try:
            params = params_of(request)
        except NotUnderstood:
            return ""
        return f"{params.get('From', '')}>{params.get('To', '')}"[:200] if _is_inbound(params) else ""

    def classify(self, request: WireRequest, account: Credentials) -> Inbound | Report | Other:
        """See Provider."""
        params = params_of(request)
        if not params:
            return Other("The request has no parameters.")
        named = params.get("AccountSid", account.external_id)
        if named != account.external_id:
            raise NotUnderstood(f"The request is about another account ({named}).")
        if _is_inbound(params):
            return parse_inbound(params)
        if params.get("MessageStatus") or params.get("SmsStatus"):
            return parse_report(params)
        return Other("The request is neither a text nor a report.")

    def ack(self) -> Ack:
        """An empty TwiML answer: any other text would be sent to the customer."""
        return Ack(200, "text/xml", b"<Response/>")

    # --- out --------------------------------------------------------------------------------------

    def send(self, account: Credentials, text: OutboundText, record: Recorder) -> SendResult:
        """See Provider. On 401 the secondary token is tried once: a 401 was surely not accepted."""
        try:
            return self._send(account, account.secret, text, record)
        except Unauthorized as first:
            if not account.secondary_secret:
                return first.result
        try:
            second = self._send(account, account.secondary_secret, text, record)
        except Unauthorized as again:
            return again.result
        # Only an answer shows that the secondary token works.
        return replace(second, used_secondary=second.outcome in {Outcome.ACCEPTED, Outcome.REFUSED})

    def _send(self, account: Credentials, secret: str, text: OutboundText, record: Recorder) -> SendResult:
        """One request. Raises Unauthorized on 401."""
        try:
            message = client(account, secret, record).messages.create(
                to=text.recipient,
                from_=f"+{text.sender}",
                body=text.text,
                status_callback=text.status_url or values.unset,
            )
        except TwilioRestException as error:
            # Without a code of Twilio's, the library gives the HTTP status in its place.
            code = "" if error.code in {None, error.status} else str(error.code)
            return refused(error.status, code, str(error.msg or ""))
        except TwilioServiceException as error:
            return refused(int(error.status), str(error.code or ""), str(error.detail or error.title))
        except requests.RequestException as error:
            return failed_on_the_way(error)
        except (TwilioException, ValueError, TypeError, AttributeError):
            return ambiguous("Twilio's answer could not be read.")
        return accepted(message)

    def find_sent(
        self,
        account: Credentials,
        text: OutboundText,
        since: datetime,
        taken: frozenset[str],
        record: Recorder,
    ) -> FindResult:
        """See Provider. With the secondary token when the primary is refused (401)."""
        for secret in account.secrets:
            try:
                return self._find(client(account, secret, record), text, since - CLOCKS_DIFFER, taken)
            except (requests.RequestException, *UNREADABLE) as error:
                if trouble(error).outcome is not Validity.BAD_CREDENTIALS:
                    break
        return FindResult(Finding.CANNOT_TELL)

    def _find(
        self, asked: Client, text: OutboundText, earliest: datetime, taken: frozenset[str]
    ) -> FindResult:
        """Twilio lists the newest first; its filter by day sent would miss what is still queued."""
        pair = {"to": text.recipient, "from_": f"+{text.sender}"}
        found, seen = FindResult(Finding.NOT_THERE), 0
        for message in asked.messages.stream(**pair, limit=LISTED_AT_MOST, page_size=PAGE):
            if message.date_created is not None and message.date_created < earliest:
                return found
            seen += 1
            if message.sid and message.sid not in taken and _is_same(message, text):
                # Not the end: the oldest one that fits is the most likely.
                found = found_message(message)
        return FindResult(Finding.CANNOT_TELL) if seen >= LISTED_AT_MOST else found

    def check_credentials(
        self, account: Credentials, numbers: tuple[str, ...], record: Recorder
    ) -> list[Check]:
        """See Provider."""
        return check_credentials(account, numbers, record)

    def list_inbound(self, account: Credentials, number: str, since: datetime, record: Recorder) -> Listing:
        """See Provider."""
        return twilio_list.list_inbound(account, number, since, record)

    def error_url(self, code: str) -> str:
        """See Provider."""
        return f"https://www.twilio.com/docs/api/errors/{code}" if code.isascii() and code.isdigit() else ""


# --- reading what Twilio posts --------------------------------------------------------------------


def _is_inbound(params: dict[str, str]) -> bool:
    word = (params.get("MessageStatus") or params.get("SmsStatus") or "").lower()
    if word:
        return word in INBOUND_WORDS
    return "From" in params or "Body" in params


def parse_inbound(params: dict[str, str]) -> Inbound:
    """A text; raises NotUnderstood when it has no id, sender or recipient."""
    external_id = next((params[n] for n in ("MessageSid", "SmsMessageSid", "SmsSid") if params.get(n)), "")
    for name, value in (("MessageSid", external_id), ("From", params.get("From")), ("To", params.get("To"))):
        if not (value or "").strip():
            raise NotUnderstood(f"The text has no {name}.")
    body = params.get("Body", "")
    return Inbound(
        external_id=external_id[:64],
        sender=params["From"],
        recipient=params["To"],
        text=body,
        media_count=min(_count(params.get("NumMedia", "")) or 0, 10),
        segments=_count(params.get("NumSegments", "")),
        keyword=OPT_OUT_TYPES.get(params.get("OptOutType", "").upper(), "") or keyword(body),
        profile_name=params.get("ProfileName", "").strip()[:160],
        profile={name: params[name] for name in PROFILE_NAMES if params.get(name)},
        sent_at=_moment(params.get("DateSent", "")),
    )


def keyword(body: str) -> str:
    """stop, start or help when the whole text is such a word."""
    word = body.strip().casefold()
    if word in STOP_WORDS:
        return "stop"
    if word in START_WORDS:
        return "start"
    return "help" if word in HELP_WORDS else ""


def parse_report(params: dict[str, str]) -> Report:
    """A status report; an unknown word changes nothing."""
    external_id = next((params[n] for n in ("MessageSid", "SmsSid") if params.get(n)), "")
    if not external_id:
        raise NotUnderstood("The report has no MessageSid.")
    word = (params.get("MessageStatus") or params.get("SmsStatus") or "").lower()
    status = STATUSES.get(word)
    code = params.get("ErrorCode", "").strip()[:16]
    error, explanation = None, ""
    if status in {"failed", "undelivered"}:
        error, explanation = explain(code if code != "0" else "", params.get("ErrorMessage", "")[:200])
    return Report(external_id[:64], status, word[:24], error, code, explanation, params.get("To", ""))


def _moment(text: str) -> datetime | None:
    """A moment in ISO 8601 with its zone; webhooks of Twilio carry none, its list does."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _count(text: str) -> int | None:
    """A small whole number, or None: NumMedia has been seen as abc, 1e3 and with a billion."""
    return min(int(text), 1000) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _is_same(message: Any, text: OutboundText) -> bool:
    return message.body == text.text and str(message.direction or "outbound").startswith("outbound")


def found_message(message: Any) -> FindResult:
    """A message of Twilio's list that is taken for ours."""
    status = STATUSES.get(str(message.status), "accepted")
    if status not in {"failed", "undelivered"}:
        return FindResult(Finding.FOUND, message.sid, status)
    code = str(message.error_code or "")
    error, explanation = explain(code, str(message.error_message or ""))
    return FindResult(Finding.FOUND, message.sid, status, error, code, explanation)


# --- reading what Twilio answers ------------------------------------------------------------------


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
