"""Validate API Key: asking the provider about an account and its number, and keeping what it says."""

from collections.abc import Iterable

from django.utils import timezone

from channels_app.accounts import credentials, provider_of
from channels_app.calls import recorder
from channels_app.models import ProviderAccount, SmsNumber, SmsSettings
from channels_app.providers.base import Check, Validity

NO_NUMBER = Check(
    "warning",
    "No number is configured yet, so none was validated. Add the SMS number, then validate once more.",
    Validity.NO_NUMBER,
)
ONLY_SECONDARY = Check(
    "warning",
    "Only the Secondary Auth Token works: promote it to primary.",
    Validity.ONLY_SECONDARY,
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
    found = worst(checks)
    sms_settings.last_validation_on = timezone.now()
    sms_settings.last_validation_status, sms_settings.last_validation_outcome = stored(found)
    sms_settings.save(update_fields=["last_validation_on", *FIELDS])
    return checks


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


def note_secondary_secret(account_id: int) -> None:
    """Keep that the provider took only the secondary secret: an administrator should promote it."""
    status, outcome = stored(ONLY_SECONDARY)
    ProviderAccount.objects.filter(pk=account_id).update(
        last_validation_status=status, last_validation_outcome=outcome
    )
