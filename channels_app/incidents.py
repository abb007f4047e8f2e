"""Incidents start and end here: facts in, rows out. Harmless when several processes look at once."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from channels_app.facts import account_facts, number_facts
from channels_app.health import Trouble, troubles_of_account, troubles_of_number
from channels_app.models import Number, ProviderAccount
from channels_app.models_health import Incident
from omnichannel.lib.queue import still_alive


def accounts_in_use() -> QuerySet[ProviderAccount]:
    """Accounts whose texts somebody waits for: settings of a live work stream, a WhatsApp account or a number
    in use name them.
    """
    used = Q(sms_settings__work_stream__deleted_at=None, sms_settings__isnull=False)
    of_whatsapp = Q(whatsapp_accounts__deleted_at=None, whatsapp_accounts__isnull=False)
    numbered = Q(numbers__deleted_at=None, numbers__isnull=False)
    return (
        ProviderAccount.objects.filter(used | of_whatsapp | numbered, deleted_at=None)
        .distinct()
        .order_by("id")
    )


def numbers_in_use(account: ProviderAccount) -> QuerySet[Number]:
    """The live numbers of an account."""
    return account.numbers.filter(deleted_at=None).order_by("value")


def look(*, now: datetime) -> int:
    """Start, keep up and end incidents of all accounts and numbers; returns how many started or ended."""
    changed, accounts, numbers = 0, [], []
    for account in accounts_in_use():
        accounts.append(account.pk)
        changed += look_at_account(account, now=now)
        for number in numbers_in_use(account):
            numbers.append(number.pk)
            changed += look_at_number(number, now=now)
            still_alive()
    left = Incident.objects.filter(ended_at=None)
    gone = left.filter(
        Q(number=None) & ~Q(account__in=accounts) | Q(number__isnull=False) & ~Q(number__in=numbers)
    )
    return changed + gone.update(ended_at=now)


def look_at_account(account: ProviderAccount, *, now: datetime) -> int:
    """The same for one account; its numbers have their own."""
    open_kinds = _open(account, None).values_list("kind", flat=True)
    found = troubles_of_account(account_facts(account, now=now), is_open=set(open_kinds), now=now)
    return keep(account=account, number=None, troubles=found, now=now)


def look_at_number(number: Number, *, now: datetime) -> int:
    """The same for one number."""
    open_kinds = _open(number.account, number).values_list("kind", flat=True)
    found = troubles_of_number(number_facts(number, now=now), is_open=set(open_kinds), now=now)
    return keep(account=number.account, number=number, troubles=found, now=now)


@transaction.atomic
def keep(
    *, account: ProviderAccount, number: Number | None, troubles: Iterable[Trouble], now: datetime
) -> int:
    """Make the open incidents of one subject be exactly these; returns how many started or ended.

    The constraint decides when two processes start the same one; an ended one is never opened again.
    """
    seen = {trouble.kind: trouble.details for trouble in troubles}
    known = set(_open(account, number).values_list("kind", flat=True))
    for kind in known & seen.keys():
        _open(account, number).filter(kind=kind).update(last_seen_at=now, details=seen[kind])
    started = [
        Incident(kind=kind, account=account, number=number, details=details, started_at=now, last_seen_at=now)
        for kind, details in seen.items()
        if kind not in known
    ]
    Incident.objects.bulk_create(started, ignore_conflicts=True)
    ended = _open(account, number).filter(kind__in=known - seen.keys()).update(ended_at=now)
    return len(started) + ended


def _open(account: ProviderAccount, number: Number | None) -> QuerySet[Incident]:
    return Incident.objects.filter(account=account, number=number, ended_at=None)
