"""Administration of the wire: what is set up, and the records of what came in and went out."""

from channels_app.admin import set_up_pages  # noqa: F401  (registers its pages)
from channels_app.admin.channel_health import channel_health, look_again
from channels_app.admin.deliveries import DeliveryAdmin, ProviderCallAdmin
from channels_app.admin.incidents import IncidentAdmin
from channels_app.admin.journal import WebhookReceiptAdmin
from channels_app.admin.parts import LEVELS, ConflictsAreTold, state_chip, validation_chip
from channels_app.admin.records import (
    OptOutAdmin,
    RefusalAdmin,
)
from channels_app.admin.setup import OfWorkStreamAdmin, ProviderAccountAdmin, SmsNumberAdmin, SmsSettingsAdmin
from channels_app.admin.texts import InboundTextAdmin

__all__ = [
    "LEVELS",
    "ConflictsAreTold",
    "DeliveryAdmin",
    "InboundTextAdmin",
    "IncidentAdmin",
    "OfWorkStreamAdmin",
    "OptOutAdmin",
    "ProviderAccountAdmin",
    "ProviderCallAdmin",
    "RefusalAdmin",
    "SmsNumberAdmin",
    "SmsSettingsAdmin",
    "WebhookReceiptAdmin",
    "channel_health",
    "look_again",
    "state_chip",
    "validation_chip",
]
