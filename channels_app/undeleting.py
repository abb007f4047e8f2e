"""One click makes a deleted channel again: what it was is kept on the number, its history never left."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from channels_app import accounts, numbers, whatsapp
from channels_app.accounts import Conflict
from channels_app.models import Number, SmsNumber
from channels_app.models_receipts import InboundText
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from routing.models import Channel, WorkStream
from routing.services import Protected, reinstate_work_stream

COUNTED_AT_MOST = 100


def deleted_numbers() -> QuerySet[Number]:
    """Numbers that were deleted and can be made again, the last deleted first."""
    return Number.objects.exclude(deleted_at=None).exclude(former_role=None).order_by("-deleted_at", "-id")


def deleted_accounts() -> QuerySet[WhatsAppAccount]:
    """WhatsApp accounts that were deleted, the last deleted first."""
    return WhatsAppAccount.objects.exclude(deleted_at=None).order_by("-deleted_at", "-id")


def deleted_streams() -> QuerySet[WorkStream]:
    """Retired work streams, the last retired first."""
    return WorkStream.objects.exclude(deleted_at=None).order_by("-deleted_at", "-id")


def former_stream(number: Number) -> WorkStream | None:
    """The work stream that a deleted number had, in use or not."""
    role: dict[str, Any] = number.former_role or {}
    return WorkStream.objects.filter(pk=role.get("work_stream", 0)).first()


def deleted_with(whatsapp_account: WhatsAppAccount) -> QuerySet[Number]:
    """The numbers that were deleted with an account."""
    return deleted_numbers().filter(
        channel=Channel.WHATSAPP,
        former_role__whatsapp_account=whatsapp_account.pk,
        deleted_at__gte=whatsapp_account.deleted_at,
    )


def numbers_of_stream(work_stream: WorkStream) -> QuerySet[Number]:
    """The numbers that a work stream still holds, retired or not."""
    mine = Q(sms_number__work_stream=work_stream) | Q(whatsapp_number__work_stream=work_stream)
    return Number.objects.filter(mine, deleted_at=None).order_by("value")


def texts_since(number: Number, since: datetime | None = None) -> int:
    """How many texts to a number reached nobody since it was deleted, counted up to COUNTED_AT_MOST."""
    since = since or number.deleted_at
    unrouted = InboundText.objects.filter(number=number, disposition="unrouted").order_by("-id")
    found = unrouted.values_list("received_at", flat=True)[:COUNTED_AT_MOST]
    return sum(since is None or at >= since for at in found)


def make_number(number: Number) -> SmsNumber | WhatsAppNumber:
    """Make a deleted number again as it was. Raises Conflict, which says what stands in the way.

    Texts that came meanwhile stay unrouted; the next one starts a conversation.
    """
    role = number.former_role
    if number.deleted_at is None or not role:
        raise Conflict("This number is not deleted, or nothing is known of what it was.", field="number")
    stream = former_stream(number)
    if stream is None or stream.deleted_at is not None:
        called = f" {stream}" if stream else ""
        raise Conflict(
            f"Its work stream{called} was deleted: make that again first, or add the number to another.",
            field="work_stream",
        )
    if number.channel == Channel.WHATSAPP:
        return _whatsapp_number(number, role, stream)
    return numbers.save_sms_number(
        sms_number=SmsNumber(type=role["type"], description=role["description"]),
        work_stream=stream,
        value=number.value,
        messages_per_second=number.messages_per_second,
    )


def _whatsapp_number(number: Number, role: dict[str, Any], stream: WorkStream) -> WhatsAppNumber:
    account = whatsapp.accounts_in_use().filter(pk=role["whatsapp_account"]).first()
    if account is None:
        raise Conflict(
            "Its WhatsApp account was deleted: make that again, and its numbers come with it.",
            field="whatsapp_account",
        )
    return whatsapp.save_number(
        whatsapp_number=WhatsAppNumber(),
        whatsapp_account=account,
        name=str(role["name"]),
        value=number.value,
        work_stream=stream,
        attachments_from_customers=number.attachments_from_customers,
        attachments_from_agents=number.attachments_from_agents,
        messages_per_second=number.messages_per_second,
    )


@transaction.atomic
def make_account(whatsapp_account: WhatsAppAccount) -> list[str]:
    """Make a deleted WhatsApp account again, with the numbers that were deleted with it.

    Returns what kept a number from coming back, a sentence each. Raises Conflict when its name is taken.
    """
    held = WhatsAppAccount.objects.select_for_update().get(pk=whatsapp_account.pk)
    if held.deleted_at is None:
        return []
    if whatsapp.accounts_in_use().filter(name=held.name).exists():
        raise Conflict(f"Another WhatsApp account is called {held.name} now: rename it first.", field="name")
    accounts.check_channel(Channel.WHATSAPP, field="name")
    with_it = list(deleted_with(held))
    held.deleted_at = None
    held.save(update_fields=["deleted_at"])
    held.account.deleted_at = None
    held.account.save(update_fields=["deleted_at"])
    problems = []
    for number in with_it:
        try:
            make_number(number)
        except Conflict as conflict:
            problems.append(f"{number.value}: {conflict}")
    whatsapp_account.refresh_from_db()
    return problems


def make_stream(work_stream: WorkStream) -> None:
    """Make a retired work stream again under its name; its number, unless another took it, comes with it.

    Raises Conflict when its name is taken.
    """
    try:
        reinstate_work_stream(work_stream)
    except Protected as protected:
        raise Conflict(str(protected), field="name") from protected
