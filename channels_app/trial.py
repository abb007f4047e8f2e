"""A test SMS: whether texts really leave from a number, which no provider tells beforehand.

It costs what a text costs and reaches somebody's phone, so it is sent only after a person has confirmed it.
It is nobody's answer: no delivery is written, and what is reported of it is ignored.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from channels_app.accounts import credentials, provider_of
from channels_app.calls import recorder
from channels_app.models import Number, SmsNumber, SmsSettings
from channels_app.models_trial import SmsTrial
from channels_app.opt_outs import is_opted_out
from channels_app.providers.base import Check, Error, OutboundText, Outcome, SendResult, Validity
from channels_app.validation import NO_NUMBER, stored
from contacts.models import Address
from omnichannel.lib import phones

TEXT = "This is a test SMS from {number}. Texts from this number reach you; nothing needs to be done."
NOT_KNOWN = "It is on its way, or nobody knows what became of it: look at the phone."
FAILED = frozenset({"failed", "undelivered"})
# Our word for what went wrong -> what people are told it is.
OUTCOMES = {
    Error.BAD_CREDENTIALS: Validity.BAD_CREDENTIALS,
    Error.THROTTLED: Validity.THROTTLED,
    Error.UNAVAILABLE: Validity.UNREACHABLE,
    Error.AMBIGUOUS: Validity.SLOW,
}


def send_test(*, sms_settings: SmsSettings, to: str, now: datetime) -> Check:
    """Send one test SMS from the work stream's number to a telephone number (E.164); what came of it.

    Outside any transaction: it waits for the provider. Nothing is sent to a customer who has texted STOP or
    is blocked. It is never sent a second time by itself.
    """
    held = SmsNumber.objects.filter(work_stream=sms_settings.work_stream_id).select_related("number").first()
    if held is None:
        return NO_NUMBER
    number, account = held.number, sms_settings.account
    if hindrance := _hindrance(number, to, now):
        return Check("error", f"No test SMS was sent: {hindrance}", Validity.REFUSED, number.value)
    text = OutboundText(
        sender=number.value,
        recipient=to,
        text=TEXT.format(number=phones.readable(f"+{number.value}")),
        status_url="",
        reference=f"test-{round(now.timestamp() * 1_000_000):x}",
    )
    result = provider_of(account).send(credentials(account), text, recorder(account))
    return told(result, number=number.value, to=to, provider=provider_of(account).words.name)


def send_once(
    *, sms_settings: SmsSettings, to: str, key: UUID, user: Any, now: datetime
) -> tuple[SmsTrial, bool]:
    """Send a test SMS, unless one was asked for with this key already; the trial, and whether it is new.

    Outside any transaction. What came of it is kept.
    """
    trial, is_new = SmsTrial.objects.get_or_create(
        sms_settings=sms_settings, key=key, defaults={"asked_by": user, "asked_at": now}
    )
    if is_new:
        trial.status, trial.outcome = stored(send_test(sms_settings=sms_settings, to=to, now=now))
        trial.save(update_fields=["status", "outcome"])
    return trial, is_new


def last_of(sms_settings: SmsSettings) -> SmsTrial | None:
    """The last test SMS that was asked for."""
    return SmsTrial.objects.filter(sms_settings=sms_settings).order_by("-id").first()


def said(trial: SmsTrial) -> tuple[str, str]:
    """Level and sentence of a trial."""
    level, _, sentence = trial.status.partition(": ")
    return (level, sentence) if sentence else ("warning", NOT_KNOWN)


def _hindrance(number: Number, to: str, now: datetime) -> str:
    address = Address.objects.filter(kind=Address.Kind.PHONE, value=to).first()
    if address is None:
        return ""
    if is_opted_out(number, address):
        return "whoever has this number has texted STOP."
    return "this number is blocked." if address.is_blocked(now) else ""


def told(result: SendResult, *, number: str, to: str, provider: str) -> Check:
    """What a test SMS came to, in words."""
    pair = f"from {number} to {phones.masked(to)}"
    if result.outcome is Outcome.ACCEPTED and result.status not in FAILED:
        said = f"{provider} took the test SMS {pair}. It should arrive within a minute."
        return Check("success", said, Validity.GOOD, number)
    outcome = OUTCOMES.get(result.error or Error.OTHER, Validity.REFUSED)
    if result.outcome is Outcome.AMBIGUOUS:
        said = f"Nobody knows whether {provider} took the test SMS {pair}: look at the phone. "
        said += result.explanation
        return Check("warning", said, outcome, number)
    said = f"The test SMS {pair} was not sent. {result.explanation}"
    # What would be tried again by itself is not, here.
    said = said.replace("; it is tried again by itself.", ".")
    return Check("warning" if outcome is Validity.THROTTLED else "error", said, outcome, number)
