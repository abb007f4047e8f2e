"""WhatsApp accounts and their numbers: the only place that writes them.

An account here is a name, the provider account behind it and an inbound URL of its own; a number belongs to
one and names the work stream that takes its texts. Several numbers may share a work stream.
"""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from channels_app import accounts, numbers
from channels_app.accounts import Conflict, told_as_conflict
from channels_app.models import Number, ProviderAccount
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from channels_app.providers import providers_of
from routing.models import Channel, WorkStream

FEWEST_DIGITS, MOST_DIGITS = 6, 15
# What the provider lets a sender send unless it was agreed otherwise.
MESSAGES_PER_SECOND = 80.0
VALIDATION = ("last_validation_on", "last_validation_status", "last_validation_outcome")
SWITCHES = ("attachments_from_customers", "attachments_from_agents")
EXPECTED_NUMBER = (
    f"Enter country code and number, {FEWEST_DIGITS} to {MOST_DIGITS} digits without blanks, "
    "for example 14155238886."
)


class NotANumber(ValueError):
    """The text is no WhatsApp number; the message says what to type instead."""


def digits_of(text: str) -> str:
    """The digits of a WhatsApp number: a `whatsapp:`, a + and outer blanks are taken off.

    6 to 15 digits, and nothing is asked of them besides: whether it is a sender is what Validate tells.
    Raises NotANumber.
    """
    bare = text.strip(" \t\r\n")
    if bare[:9].lower() == "whatsapp:":
        bare = bare[9:].strip(" \t\r\n")
    bare = bare.removeprefix("+")
    if not (bare.isascii() and bare.isdigit() and FEWEST_DIGITS <= len(bare) <= MOST_DIGITS):
        raise NotANumber(EXPECTED_NUMBER)
    return bare


def provider_choices() -> list[tuple[str, str]]:
    """The providers that carry WhatsApp, and their names."""
    return providers_of(Channel.WHATSAPP)


def usual_provider() -> str:
    """The provider of a new account: the first that carries WhatsApp."""
    return provider_choices()[0][0]


def accounts_in_use() -> QuerySet[WhatsAppAccount]:
    """WhatsApp accounts that are not deleted."""
    return WhatsAppAccount.objects.filter(deleted_at=None)


def streams_in_use() -> QuerySet[WorkStream]:
    """Work streams of channel WhatsApp, by name."""
    return WorkStream.objects.filter(channel=Channel.WHATSAPP, deleted_at=None).order_by("name")


# --- accounts -------------------------------------------------------------------------------------


def check_account(
    *,
    whatsapp_account: WhatsAppAccount,
    name: str,
    provider: str,
    external_id: str,
    base_url: str,
    secret: str,
    secondary_secret: str | None,
) -> ProviderAccount | None:
    """The known provider account it would use, None for a new one. Raises Conflict as saving would."""
    if whatsapp_account.pk is None:
        accounts.check_channel(Channel.WHATSAPP, field="name")
    if accounts_in_use().filter(name=name).exclude(pk=whatsapp_account.pk).exists():
        raise Conflict("Another WhatsApp account has this name.", field="name")
    return accounts.check_connection(
        whatsapp_account,
        provider=provider,
        external_id=external_id,
        base_url=base_url,
        secret=secret,
        secondary_secret=secondary_secret,
    )


@told_as_conflict("name")
def save_account(*, whatsapp_account: WhatsAppAccount, name: str, **values: Any) -> WhatsAppAccount:
    """Store a WhatsApp account; the provider account behind it is found or made, its inbound URL issued.

    `values` are those of check_account. An empty `secret` keeps the known one; `secondary_secret` None keeps,
    "" removes. Its numbers go with it. Raises Conflict when no secret is known or the name is taken,
    OtherSecret when another one is given for a known account (see tokens.replace_token).
    """
    check_account(whatsapp_account=whatsapp_account, name=name, **values)
    whatsapp_account.name = name
    account = accounts.connect(whatsapp_account, **values)
    whatsapp_account.save()
    for role in whatsapp_account.numbers.exclude(number__account=account).select_related("number"):
        _move(role.number, account)
        _ask_anew(role)
        role.save(update_fields=["sender_id", *VALIDATION])
    return whatsapp_account


@transaction.atomic
def delete_account(*, whatsapp_account: WhatsAppAccount) -> None:
    """Delete an account and its numbers softly.

    History stays, its inbound URL goes on verifying what comes, and later texts are kept as unrouted.
    """
    held = WhatsAppAccount.objects.select_for_update().get(pk=whatsapp_account.pk)
    if held.deleted_at is not None:
        return
    now = timezone.now()
    for number in held.numbers.select_related("number"):
        delete_number(whatsapp_number=number)
    held.deleted_at = whatsapp_account.deleted_at = now
    held.save(update_fields=["deleted_at"])


# --- numbers --------------------------------------------------------------------------------------


def check_number(
    *, whatsapp_number: WhatsAppNumber, whatsapp_account: WhatsAppAccount, value: str, work_stream: WorkStream
) -> None:
    """Raise Conflict as saving a number would."""
    if whatsapp_number.pk is None:
        accounts.check_channel(Channel.WHATSAPP, field="number")
    if not accounts_in_use().filter(pk=whatsapp_account.pk).exists():
        raise Conflict("This WhatsApp account was deleted.", field="whatsapp_account")
    if work_stream.channel != Channel.WHATSAPP:
        raise Conflict("Choose a work stream of channel WhatsApp.", field="work_stream")
    if work_stream.deleted_at is not None:
        raise Conflict("This work stream was deleted.", field="work_stream")
    mine = Number.objects.filter(whatsapp_number=whatsapp_number.pk).first() if whatsapp_number.pk else None
    if mine is not None and mine.value == value:
        return
    if held := numbers.holder_of(value=value, channel=Channel.WHATSAPP):
        raise Conflict(held, field="number")


@told_as_conflict("number")
def save_number(
    *,
    whatsapp_number: WhatsAppNumber,
    whatsapp_account: WhatsAppAccount,
    name: str,
    value: str,
    work_stream: WorkStream,
    attachments_from_customers: bool = True,
    attachments_from_agents: bool = True,
    messages_per_second: float | None = MESSAGES_PER_SECOND,
) -> WhatsAppNumber:
    """Give an account a number (digits) and a work stream that takes its texts. Raises Conflict.

    A number that the record had before is deleted softly, as with delete_number.
    """
    check_number(
        whatsapp_number=whatsapp_number,
        whatsapp_account=whatsapp_account,
        value=value,
        work_stream=work_stream,
    )
    account = whatsapp_account.account
    number, _ = Number.objects.get_or_create(
        channel=Channel.WHATSAPP, value=value, defaults={"account": account}
    )
    if whatsapp_number.pk:
        before = WhatsAppNumber.objects.get(pk=whatsapp_number.pk)
        if before.number_id != number.pk:
            numbers.set_free(before.number_id, former_role(before))
            _ask_anew(whatsapp_number)
    if number.account_id != account.pk:
        _move(number, account)
        _ask_anew(whatsapp_number)
    number.deleted_at, number.former_role = None, None
    number.attachments_from_customers = attachments_from_customers
    number.attachments_from_agents = attachments_from_agents
    number.messages_per_second = messages_per_second
    number.save(update_fields=["deleted_at", "former_role", *SWITCHES, "messages_per_second"])
    whatsapp_number.number, whatsapp_number.whatsapp_account = number, whatsapp_account
    whatsapp_number.name, whatsapp_number.work_stream = name, work_stream
    whatsapp_number.save()
    return whatsapp_number


def _ask_anew(role: WhatsAppNumber) -> None:
    """What the provider told was about another number or account; the caller saves."""
    role.sender_id = ""
    role.last_validation_on = None
    role.last_validation_status = role.last_validation_outcome = ""


def _move(number: Number, account: ProviderAccount) -> None:
    """To another provider account: what was seen or kept of the webhook was at the old one."""
    number.account = account
    number.webhook_seen = number.webhook_seen_at = None
    number.webhook_before = ""
    number.save(update_fields=["account", "webhook_seen", "webhook_seen_at", "webhook_before"])


@transaction.atomic
def delete_number(*, whatsapp_number: WhatsAppNumber) -> None:
    """Take a number away from its account. Its history stays; further texts are kept as unrouted.

    What it was is kept, so that it can be made again (see undeleting.py).
    """
    numbers.set_free(whatsapp_number.number_id, former_role(whatsapp_number))
    whatsapp_number.delete()


def former_role(whatsapp_number: WhatsAppNumber) -> dict[str, Any]:
    """What a WhatsApp number is made again from."""
    return {
        "whatsapp_account": whatsapp_number.whatsapp_account_id,
        "work_stream": whatsapp_number.work_stream_id,
        "name": whatsapp_number.name,
    }
