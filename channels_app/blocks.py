"""Blocked senders: their texts are kept and reach nobody, and nothing is sent to them."""

from datetime import datetime

from django.db import transaction

from channels_app.deliveries import cancel_pending
from channels_app.models_deliveries import Delivery
from contacts import services
from contacts.models import Address


@transaction.atomic
def block(*, address: Address, until: datetime | None, reason: str, by: str, now: datetime) -> int:
    """Block an address until a moment, or for ever (None); cancels what has not left yet, returns how many.

    Raises ValueError when the moment is over, or more than ten years away. An expired block is no block;
    nothing has to lift it.
    """
    if wrong := services.wrong_end(until, now=now):
        raise ValueError(wrong)
    services.set_block(address, until=until, reason=reason, by=by, now=now)
    return cancel_pending(
        Delivery.objects.filter(address=address),
        reason="blocked",
        sentence="Cancelled: this customer was blocked.",
        now=now,
    )


def unblock(*, address: Address) -> None:
    """Let texts through again, from the next one on."""
    services.lift_block(address)
