"""Numbers of ours and whose they are: the only place that gives SMS numbers to work streams."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from channels_app.accounts import Conflict, check_channel, told_as_conflict
from channels_app.models import Number, SmsNumber, SmsSettings
from channels_app.models_whatsapp import WhatsAppNumber
from routing.models import Channel, WorkStream


def is_us_number(value: str) -> bool:
    """Whether a number of ours (digits) has the country code 1, which the documents support."""
    return value.startswith("1")


def holder_of(*, value: str, channel: str = Channel.SMS, except_stream: WorkStream | None = None) -> str:
    """Who already claims a number's texts, in words; empty when nobody does. A retired stream claims none."""
    if channel == Channel.WHATSAPP:
        held = WhatsAppNumber.objects.filter(number__value=value, number__channel=channel)
        role = held.select_related("whatsapp_account", "work_stream").first()
        return f"This number already belongs to WhatsApp account {role.whatsapp_account}." if role else ""
    found = SmsNumber.objects.filter(
        number__value=value, number__channel=channel, work_stream__deleted_at=None
    )
    if except_stream is not None and except_stream.pk:
        found = found.exclude(work_stream=except_stream)
    of_stream = found.select_related("work_stream").first()
    return f"This number already belongs to work stream {of_stream.work_stream}." if of_stream else ""


def check_sms_number(
    *, sms_number: SmsNumber, work_stream: WorkStream, value: str, settings_follow: bool = False
) -> None:
    """Raise Conflict as saving a number would; with `settings_follow`, settings are saved just before."""
    if sms_number.pk is None:
        check_channel(Channel.SMS, field="work_stream")
    if not settings_follow and settings_of(work_stream) is None:
        raise Conflict("Fill in the work stream's SMS Settings first.", field="work_stream")
    # Its own row, by what is stored: a form may have put another stream on the instance already.
    mine = WorkStream.objects.filter(sms_number=sms_number.pk).first() if sms_number.pk else None
    if held := holder_of(value=value, except_stream=mine):
        raise Conflict(held, field="number")
    has_one = SmsNumber.objects.filter(work_stream_id=work_stream.pk).exclude(pk=sms_number.pk)
    if work_stream.pk is not None and has_one.exists():
        raise Conflict("You can configure only one phone number per work stream.", field="work_stream")


def settings_of(work_stream: WorkStream) -> SmsSettings | None:
    """A stream's SMS settings, None before they are filled in."""
    found = SmsSettings.objects.filter(work_stream_id=work_stream.pk).select_related("account")
    return found.first() if work_stream.pk is not None else None


@told_as_conflict("number")
def save_sms_number(
    *, sms_number: SmsNumber, work_stream: WorkStream, value: str, messages_per_second: float | None
) -> SmsNumber:
    """Give a work stream its support number (digits). Raises Conflict when either is taken already.

    A number that it had before is taken away from it, as with remove_sms_number.
    """
    check_sms_number(sms_number=sms_number, work_stream=work_stream, value=value)
    sms_settings = SmsSettings.objects.select_related("account").get(work_stream=work_stream)
    number, _ = Number.objects.get_or_create(
        channel=Channel.SMS, value=value, defaults={"account": sms_settings.account}
    )
    if sms_number.pk and sms_number.number_id != number.pk:
        set_free(sms_number.number_id, former_role(sms_number))
    SmsNumber.objects.filter(number=number, work_stream__deleted_at__isnull=False).delete()
    number.account, number.deleted_at, number.former_role = sms_settings.account, None, None
    number.messages_per_second = messages_per_second
    number.save(update_fields=["account", "deleted_at", "former_role", "messages_per_second"])
    sms_number.number, sms_number.work_stream = number, work_stream
    sms_number.save()
    return sms_number


@transaction.atomic
def remove_sms_number(*, sms_number: SmsNumber) -> None:
    """Take a number away from its work stream. Its history stays; further texts are kept as unrouted.

    What it was is kept, so that it can be made again (see undeleting.py).
    """
    set_free(sms_number.number_id, former_role(sms_number))
    sms_number.delete()


def former_role(sms_number: SmsNumber) -> dict[str, Any]:
    """What an SMS number is made again from."""
    return {
        "work_stream": SmsNumber.objects.values_list("work_stream", flat=True).get(pk=sms_number.pk),
        "type": sms_number.type,
        "description": sms_number.description,
    }


def set_free(number_id: int, role: dict[str, Any]) -> None:
    """Delete a number softly: nobody claims its texts any more. Its role is kept, to be made again."""
    number = Number.objects.get(pk=number_id)
    number.deleted_at, number.former_role = timezone.now(), role
    number.save(update_fields=["deleted_at", "former_role"])
