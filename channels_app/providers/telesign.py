"""TeleSign: SMS in and out over its messaging API and its callbacks.

What is particular: one URL for everything of an account, which only TeleSign's support can set; a signature
over the body alone; no list of texts, neither sent nor received; no list of who opted out. Decided is by
status.code and errors[].code, not by HTTP status or words. Sources: developer.telesign.com, read 2026-11.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import requests

from channels_app.providers import addresses, telesign_callbacks, telesign_refusals
from channels_app.providers.base import (
    Ack,
    ChannelRules,
    Check,
    Credentials,
    Diagnosis,
    Error,
    Finding,
    FindResult,
    Inbound,
    Other,
    OutboundText,
    Outcome,
    Report,
    SendResult,
    WireRequest,
    Words,
)
from channels_app.providers.telesign_channels import CHANNELS, GUIDE
from channels_app.providers.telesign_checks import NOT_BASE64, check_credentials
from channels_app.providers.telesign_client import MESSAGING, Answer, ask
from channels_app.providers.telesign_codes import (
    CODES,
    DOWN,
    KEY_REFUSED,
    REPEATED_NONCE,
    STATUSES,
    THROTTLED,
    explain,
)
from channels_app.providers.telesign_signature import key_bytes
from omnichannel.lib.http import Recorder, surely_not_sent

CUSTOMER_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
# ARN: alerts, reminders, notifications; what is neither a one-time code (OTP) nor marketing (MKT).
MESSAGE_TYPE = "ARN"
CODES_PAGE = "https://developer.telesign.com/enterprise/reference/smsdeliveryreports"
FAILED = frozenset({"failed", "undelivered"})


class TeleSign:
    """See channels_app.providers.base.Provider."""

    words = Words(
        "TeleSign",
        "Customer ID",
        "API key",
        "Secondary API key",
        "TeleSign inbound URL",
        url_before_save=True,
        where="From the TeleSign portal, under API keys.",
    )
    guide = GUIDE
    default_base_url = "https://rest-ww.telesign.com"
    channels: Mapping[str, ChannelRules] = CHANNELS
    signs_url = False

    def check_external_id(self, external_id: str) -> str:
        """See Provider."""
        if CUSTOMER_ID.fullmatch(external_id):
            return ""
        return (
            "A Customer ID is 32 digits and letters A to F in five groups, like "
            "FFFFFFFF-EEEE-DDDD-1234-AB1234567890."
        )

    def check_secret(self, secret: str) -> str:
        """See Provider."""
        return "" if key_bytes(secret) else NOT_BASE64

    # --- in ---------------------------------------------------------------------------------------

    def verify(self, request: WireRequest, account: Credentials) -> str:
        """See Provider."""
        return telesign_refusals.reason(request, account)

    def diagnose(
        self,
        request: WireRequest,
        account: Credentials,
        *,
        hosts: Sequence[str],
        others: Mapping[str, Sequence[str]],
    ) -> Diagnosis:
        """See Provider. The URL is not signed: no other host can be the reason."""
        return telesign_refusals.diagnose(request, account, others=others)

    def told(self, url: str) -> str:
        """See Provider."""
        return addresses.told(url)

    def sequence_key(self, request: WireRequest) -> str:
        """See Provider."""
        return telesign_callbacks.sequence_key(request.body)

    def classify(self, request: WireRequest, account: Credentials) -> Inbound | Report | Other:
        """See Provider."""
        return telesign_callbacks.classify(request.body)

    def ack(self) -> Ack:
        """Exactly 200: TeleSign posts again after any other answer, 204 too."""
        return Ack(200, "text/plain", b"")

    # --- out --------------------------------------------------------------------------------------

    def send(self, account: Credentials, text: OutboundText, record: Recorder) -> SendResult:
        """See Provider. When TeleSign does not take the API key, a second one is tried once."""
        result = SendResult(Outcome.REFUSED, "failed", "", Error.BAD_CREDENTIALS, "", NOT_BASE64)
        for position, secret in enumerate(s for s in account.secrets if key_bytes(s)):
            try:
                answer = ask(account, secret, record, path=MESSAGING, form=form_of(text))
            except requests.RequestException as error:
                return failed_on_the_way(error)
            result = result_of(answer)
            if answer.code not in KEY_REFUSED or result.outcome is not Outcome.REFUSED:
                proves = result.outcome in {Outcome.ACCEPTED, Outcome.REFUSED}
                return replace(result, used_secondary=bool(position) and proves)
        return result

    def find_sent(
        self,
        account: Credentials,
        text: OutboundText,
        since: datetime,
        taken: frozenset[str],
        record: Recorder,
    ) -> FindResult:
        """See Provider. TeleSign tells of a text only by its reference id, which a doubtful one has not."""
        return FindResult(Finding.CANNOT_TELL)

    def check_credentials(
        self, account: Credentials, numbers: tuple[str, ...], record: Recorder
    ) -> list[Check]:
        """See Provider."""
        return check_credentials(account, numbers, record)

    def error_url(self, code: str) -> str:
        """See Provider. The page lists the codes of reports; errors of requests have none."""
        return CODES_PAGE if code.isascii() and code.isdigit() and int(code) in STATUSES else ""


def form_of(text: OutboundText) -> dict[str, str]:
    """A text as POST /v1/messaging takes it. Why no callback_url: docs/decisions/0014."""
    return {
        "phone_number": text.recipient.removeprefix("+"),
        "message": text.text,
        "message_type": MESSAGE_TYPE,
        "sender_id": text.sender,
        "external_id": text.reference,
    }


# --- reading what TeleSign answers ----------------------------------------------------------------


def result_of(answer: Answer) -> SendResult:
    """What an answer to a text comes to: by its codes; by HTTP status where it has none.

    5xx is in doubt whatever else it says, unless it says that the text is on its way.
    """
    code = answer.code
    if code in STATUSES and (answer.http < 400 or answer.reference_id):
        return accepted(answer, code)
    if answer.http >= 500 or code in DOWN:
        return ambiguous("TeleSign answered that it is out of order.", code)
    if code in THROTTLED or (code is None and answer.http == 429):
        return not_sent(code, 10019)
    if code == REPEATED_NONCE:
        return not_sent(code, REPEATED_NONCE)
    if answer.http >= 300 or code in CODES:
        return refused(answer, code)
    # A code that we do not know, or none: accepted, by all appearances, when it has an id; else nobody knows.
    return (
        accepted(answer, code) if answer.reference_id else ambiguous("TeleSign's answer could not be read.")
    )


def accepted(answer: Answer, code: int | None) -> SendResult:
    """TeleSign has it, even when it already failed or cannot be tracked."""
    status = (STATUSES.get(code) if code is not None else None) or "accepted"
    if status in FAILED:
        error, sentence = explain(code, answer.description)
        return SendResult(Outcome.ACCEPTED, status, answer.reference_id, error, str(code), sentence)
    if not answer.reference_id:
        said = "TeleSign took the text but gave it no id: it cannot be tracked."
        return SendResult(Outcome.ACCEPTED, status, explanation=said)
    return SendResult(Outcome.ACCEPTED, status, answer.reference_id)


def refused(answer: Answer, code: int | None) -> SendResult:
    """Surely never accepted, and trying again by itself is pointless."""
    error, sentence = explain(code, answer.description or f"HTTP status {answer.http}")
    if code is None and answer.http in {401, 403}:
        error = Error.BAD_CREDENTIALS
    return SendResult(Outcome.REFUSED, "failed", "", error, "" if code is None else str(code), sentence)


def not_sent(code: int | None, meaning: int) -> SendResult:
    """Surely never accepted; it may be tried again by itself."""
    error, sentence = explain(meaning)
    return SendResult(
        Outcome.NOT_SENT, error=error, code="" if code is None else str(code), explanation=sentence
    )


def failed_on_the_way(error: requests.RequestException) -> SendResult:
    """No answer at all: either the request never left, or nobody knows."""
    if surely_not_sent(error):
        said = "TeleSign could not be reached; it is tried again by itself."
        return SendResult(Outcome.NOT_SENT, error=Error.UNAVAILABLE, explanation=said)
    return ambiguous("The connection to TeleSign broke before it answered.")


def ambiguous(sentence: str, code: int | None = None) -> SendResult:
    """Nobody knows whether the text was accepted."""
    told = "" if code is None else str(code)
    return SendResult(Outcome.AMBIGUOUS, error=Error.AMBIGUOUS, code=told, explanation=sentence)
