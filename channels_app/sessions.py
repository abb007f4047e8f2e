"""Until when a customer can be written to on a channel that has such a rule: the facts behind window.py."""

from datetime import datetime

from channels_app import window
from channels_app.accounts import rules_of
from channels_app.models import Number
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText
from channels_app.providers import REGISTRY
from channels_app.providers.base import Error
from contacts.models import Address

# The newest by id; fetched ones were said earlier than they were received.
LOOKED_THROUGH = 200


def window_closes_at(number: Number, address: Address) -> datetime | None:
    """Until when free text may be sent from this number to this customer; None: always.

    Every text of the customer to this number counts, whatever became of it: also an opt-out word, one that
    was kept while they were blocked, and one in a conversation that is closed. When the provider has said
    since that it is closed, it is.
    """
    length = rules_of(number).window
    if length is None:
        return None
    said = last_said_at(number, address)
    closes = window.closes_at(said, length)
    refused = Delivery.objects.filter(number=number, address=address, error=Error.WINDOW_CLOSED)
    since = refused.filter(left_at__gt=said or window.NEVER).order_by("id")
    closed_at = since.values_list("left_at", flat=True).first()
    return closes if closed_at is None or closes is None else min(closes, closed_at)


def last_said_at(number: Number, address: Address) -> datetime | None:
    """When the customer last wrote to this number; None: never."""
    texts = InboundText.objects.filter(number=number, address=address).order_by("-id")
    newest = texts.only("sent_at", "received_at")[:LOOKED_THROUGH]
    return max((text.said_at for text in newest), default=None)


def has_windows() -> bool:
    """Whether a number of ours is on a channel with such a rule."""
    limited = {
        channel
        for provider in REGISTRY.values()
        for channel, rules in provider.channels.items()
        if rules.window is not None
    }
    return Number.objects.filter(channel__in=limited, deleted_at=None).exists()
