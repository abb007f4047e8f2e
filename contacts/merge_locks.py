"""What merging makes and locks first, so that texts of the same people and it do not stop each other."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import OperationalError, models, transaction

from contacts.models import Address, Contact
from omnichannel.lib import audit

# PostgreSQL's word for it (SQLSTATE).
DEADLOCK = "40P01"
T = TypeVar("T")


def once_more(work: Callable[[], T]) -> T:
    """Do it in a transaction; once more when the database had to end it for another one's sake (deadlock)."""
    try:
        with transaction.atomic():
            return work()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
            raise
    with transaction.atomic():
        return work()


def with_addresses(contacts: Sequence[Contact]) -> list[int]:
    """Make the addresses of their mobile phones, so that they can be locked before the contacts; the new ids.

    A first text of the same person does the same: whoever comes second waits here, holding nothing.
    """
    numbers = sorted({c.mobile_phone for c in contacts if c.mobile_phone})
    there = set(Address.objects.filter(kind="phone", value__in=numbers).values_list("value", flat=True))
    missing = [Address(kind="phone", value=number) for number in numbers if number not in there]
    newest = Address.objects.aggregate(newest=models.Max("pk"))["newest"] or 0
    Address.objects.bulk_create(missing, ignore_conflicts=True)
    rows = Address.objects.filter(kind="phone", value__in=[a.value for a in missing], pk__gt=newest)
    return list(rows.values_list("pk", flat=True))


def drop_unused(addresses: Sequence[int]) -> None:
    """Delete addresses that were made for nothing: nobody's, and nothing hangs on them."""
    for address in Address.objects.filter(
        pk__in=addresses, contact=None, blocked_until=None, profile_name=""
    ):
        pointing = [
            r for r in Address._meta.get_fields(include_hidden=True) if isinstance(r, models.ManyToOneRel)
        ]
        if not any(
            r.related_model._base_manager.filter(**{r.field.name: address}).exists() for r in pointing
        ):
            with audit.unlogged():
                address.delete()
