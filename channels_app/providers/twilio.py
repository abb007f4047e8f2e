"""Twilio: SMS and WhatsApp, in and out, over its 2010-04-01 REST API and its webhooks.

Facts about parameters, statuses and codes: twilio.com/docs/messaging (webhook request, message resource,
outbound message status in status callbacks, error dictionary), read 2026-11.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client

from channels_app.providers import addresses, twilio_list, twilio_refusals
from channels_app.providers import twilio_signature as signatures
from channels_app.providers.base import (
    Ack,
    ChannelRules,
    Check,
    Credentials,
    Diagnosis,
    Finding,
    FindResult,
    Inbound,
    NotUnderstood,
    Other,
    OutboundText,
    Outcome,
    Report,
    SendResult,
    Validity,
    WireRequest,
    Words,
)
from channels_app.providers.inbound_list import Listing
from channels_app.providers.number_setup import NumberSetUp
from channels_app.providers.twilio_answers import (
    Unauthorized,
    accepted,
    ambiguous,
    failed_on_the_way,
    files_of,
    found_message,
    is_outbound,
    refused,
)
from channels_app.providers.twilio_channels import CHANNELS, GUIDE
from channels_app.providers.twilio_checks import check_credentials
from channels_app.providers.twilio_client import UNREADABLE, client, trouble
from channels_app.providers.twilio_media import TwilioMedia
from channels_app.providers.twilio_numbers import TwilioNumbers
from channels_app.providers.twilio_senders import TwilioSenders
from channels_app.providers.twilio_templates import TwilioTemplates
from channels_app.providers.twilio_webhooks import is_inbound, params_of, parse_inbound, parse_report
from channels_app.providers.twilio_wire import address_of, parties, request_of
from omnichannel.lib.http import Recorder

ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}", re.ASCII)
# Newest first, in pages; more than so many texts to one customer since the attempt: nobody can tell.
LISTED_AT_MOST, PAGE = 2000, 50
# Ours and Twilio's; a message made this long before our attempt may still be ours.
CLOCKS_DIFFER = timedelta(minutes=5)


class Twilio(TwilioTemplates, TwilioMedia):
    """See channels_app.providers.base.Provider; content templates and files are in its bases."""

    words = Words(
        "Twilio",
        "Account SID",
        "Auth Token",
        "Secondary Auth Token",
        "Twilio inbound URL",
        where="From the Twilio console, under Account info.",
    )
    guide = GUIDE
    default_base_url = "https://api.twilio.com"
    channels: Mapping[str, ChannelRules] = CHANNELS
    signs_url = True
    number_set_up: Mapping[str, NumberSetUp] = {"sms": TwilioNumbers(), "whatsapp": TwilioSenders()}

    def check_external_id(self, external_id: str) -> str:
        """See Provider."""
        if ACCOUNT_SID.fullmatch(external_id):
            return ""
        return "An Account SID is AC followed by 32 digits and letters a to f."

    def check_secret(self, secret: str) -> str:
        """See Provider. Twilio promises no form of its tokens."""
        return ""

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
        return addresses.told(url)

    def sequence_key(self, request: WireRequest) -> str:
        """See Provider."""
        try:
            params = params_of(request)
        except NotUnderstood:
            return ""
        return f"{params.get('From', '')}>{params.get('To', '')}"[:200] if is_inbound(params) else ""

    def classify(self, request: WireRequest, account: Credentials) -> Inbound | Report | Other:
        """See Provider."""
        params = params_of(request)
        if not params:
            return Other("The request has no parameters.")
        named = params.get("AccountSid", account.external_id)
        if named != account.external_id:
            raise NotUnderstood(f"The request is about another account ({named}).")
        if is_inbound(params):
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
            message = client(account, secret, record).messages.create(**request_of(text))
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
        found, seen = FindResult(Finding.NOT_THERE), 0
        for message in asked.messages.stream(**parties(text), limit=LISTED_AT_MOST, page_size=PAGE):
            if message.date_created is not None and message.date_created < earliest:
                return found
            seen += 1
            if not message.sid or message.sid in taken or not is_outbound(message):
                continue
            # Without words, the list tells of a file no more than that it is one.
            if (message.body or "") == text.text and files_of(message) == len(text.media):
                # Not the end: the oldest one that fits is the most likely.
                found = found_message(message)
            elif text.template and found.finding is Finding.NOT_THERE:
                # Twilio has filled it in, perhaps in other words than ours.
                found = FindResult(Finding.CANNOT_TELL)
        return FindResult(Finding.CANNOT_TELL) if seen >= LISTED_AT_MOST else found

    def check_credentials(
        self, account: Credentials, numbers: tuple[str, ...], record: Recorder
    ) -> list[Check]:
        """See Provider."""
        return check_credentials(account, numbers, record)

    def list_inbound(
        self, account: Credentials, number: str, since: datetime, record: Recorder, *, channel: str = "sms"
    ) -> Listing:
        """See InboundList."""
        return twilio_list.list_inbound(account, address_of(f"+{number}", channel), since, record)

    def error_url(self, code: str) -> str:
        """See Provider."""
        return f"https://www.twilio.com/docs/api/errors/{code}" if code.isascii() and code.isdigit() else ""
