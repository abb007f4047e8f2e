"""STOP and START: a pair of number and customer is closed and opened again."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from channels_app.deliveries import cancel_pending
from channels_app.models import Number
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import OptOut
from contacts.models import Address


@transaction.atomic
def opt_out(*, number: Number, address: Address, source: str, now: datetime) -> None:
    """Close the pair: nothing is sent from this number to this customer, and what is pending is cancelled."""
    OptOut.objects.bulk_create(
        [OptOut(number=number, address=address, started_at=now, source=source[:200])], ignore_conflicts=True
    )
    cancel_pending(
        Delivery.objects.filter(number=number, address=address),
        reason="opted_out",
        sentence="Cancelled: the customer texted STOP.",
        now=now,
    )


def opt_in(*, number: Number, address: Address, now: datetime) -> bool:
    """Open the pair again; True when it was closed."""
    return bool(OptOut.objects.filter(_pair(number, address), ended_at=None).update(ended_at=now))


def is_opted_out(number: Number, address: Address) -> bool:
    """Whether the pair is closed, also by a STOP from before this customer was erased."""
    return OptOut.objects.filter(_pair(number, address), ended_at=None).exists()


def _pair(number: Number, address: Address) -> Q:
    digests = [_digest(address.value, key) for key in settings.FIELD_KEYS]
    return Q(number=number, address=address) | Q(number=number, digest__in=digests)


def digest(value: str) -> str:
    """What is kept of an erased customer's number: of no use without our key."""
    return _digest(value, settings.FIELD_KEYS[0])


def _digest(value: str, key: str) -> str:
    return salted_hmac("opt_out", value, secret=key, algorithm="sha256").hexdigest()
