"""Validation: asking the provider about an account and its numbers, and keeping what it says."""

from collections.abc import Iterable

from django.utils import timezone

from channels_app.accounts import Connection, credentials, provider_of, words_of
from channels_app.calls import recorder
from channels_app.models import ProviderAccount, SmsNumber, SmsSettings
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from channels_app.providers.base import Check, Trouble, Validity
from channels_app.providers.number_setup import set_up_of
from routing.models import Channel

NO_NUMBER = Check(
    "warning",
    "No number is configured yet, so none was validated. Add the SMS number, then validate once more.",
    Validity.NO_NUMBER,
)
NO_WHATSAPP_NUMBER = Check(
    "warning",
    "No WhatsApp number is configured yet, so none was validated. Add one, then validate once more.",
    Validity.NO_NUMBER,
)
FIELDS = ("last_validation_status", "last_validation_outcome")


def validate(*, sms_settings: SmsSettings) -> list[Check]:
    """Ask the provider about the account and its number, keep the result on both records, return it.

    Called outside any transaction: it waits for the network.
    """
    account = sms_settings.account
    held = SmsNumber.objects.filter(work_stream=sms_settings.work_stream_id)
    numbers = tuple(held.values_list("number__value", flat=True))
    checks = provider_of(account).check_credentials(
        credentials(account), numbers, recorder(account, keep_answers=False)
    )
    if not numbers:
        checks.append(NO_NUMBER)
    keep_for_account(account, checks)
    _keep(sms_settings, checks)
    return checks


def validate_whatsapp(*, whatsapp_account: WhatsAppAccount) -> list[Check]:
    """Ask the provider about the account and each of its WhatsApp numbers, keep the result, return it.

    Called outside any transaction: it waits for the network.
    """
    account = whatsapp_account.account
    roles = list(whatsapp_account.numbers.select_related("number").order_by("number__value"))
    checks = provider_of(account).check_credentials(
        credentials(account), (), recorder(account, keep_answers=False)
    )
    keep_for_account(account, checks)
    if all(check.level != "error" and check.outcome is not Validity.THROTTLED for check in checks):
        checks += _standings(account, roles) if roles else [NO_WHATSAPP_NUMBER]
    _keep(whatsapp_account, checks)
    for role in roles:
        if said := [check for check in checks if check.number == role.number.value]:
            _keep(role, said)
    return checks


def _standings(account: ProviderAccount, roles: list[WhatsAppNumber]) -> list[Check]:
    """Where each number stands at the provider; its id there is noted."""
    setter = set_up_of(provider_of(account), Channel.WHATSAPP)
    if setter is None:
        return []
    ours, record = credentials(account), recorder(account, keep_answers=False)
    try:
        listed = {one.value: one for one in setter.own_numbers(ours, record)}
        missing = {role.number.value for role in roles} - listed.keys()
        # Some are told only when they are asked for.
        asked = {value: setter.own_number(ours, value, record) for value in sorted(missing)}
    except Trouble as trouble:
        return [trouble.check]
    found = []
    for role in roles:
        value = role.number.value
        one = listed.get(value) or asked.get(value)
        sender_id = one.external_id if one else ""
        if role.sender_id != sender_id:
            WhatsAppNumber.objects.filter(pk=role.pk).update(sender_id=sender_id)
        found.append(one.standing if one and one.standing else _absent(account, value))
    return found


def _absent(account: ProviderAccount, value: str) -> Check:
    said = (
        f"The WhatsApp number {value} is not among the WhatsApp senders of this "
        f"{provider_of(account).words.name} account. Check its digits, or pick one from the account."
    )
    return Check("error", said, Validity.NOT_IN_ACCOUNT, value)


def _keep(record: Connection | WhatsAppNumber, checks: list[Check]) -> None:
    record.last_validation_on = timezone.now()
    record.last_validation_status, record.last_validation_outcome = stored(worst(checks))
    record.save(update_fields=["last_validation_on", *FIELDS])


def keep_for_account(account: ProviderAccount, checks: Iterable[Check]) -> None:
    """Keep what was said about the account itself; its numbers are their settings' affair."""
    own = [check for check in checks if not check.number and check.outcome is not Validity.NO_NUMBER]
    if not own:
        return
    account.last_validated_at = timezone.now()
    account.last_validation_status, account.last_validation_outcome = stored(worst(own))
    account.save(update_fields=["last_validated_at", *FIELDS])


def worst(checks: list[Check]) -> Check:
    """The first error, else the first warning, else the first."""
    return next((c for level in ("error", "warning") for c in checks if c.level == level), checks[0])


def stored(check: Check) -> tuple[str, str]:
    """As it is kept: level and sentence, and the outcome for programs."""
    return f"{check.level}: {check.text}"[:300], check.outcome.value


def note_secondary_secret(account: ProviderAccount) -> None:
    """Keep that the provider took only the secondary secret: an administrator should promote it."""
    said = f"Only the {words_of(account).secondary_secret} works: promote it to primary."
    status, outcome = stored(Check("warning", said, Validity.ONLY_SECONDARY))
    ProviderAccount.objects.filter(pk=account.pk).update(
        last_validation_status=status, last_validation_outcome=outcome
    )
