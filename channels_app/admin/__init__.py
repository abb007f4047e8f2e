"""Administration of the wire: what is set up, and the records of what came in and went out."""

from channels_app.admin import (  # noqa: F401  (they register their pages)
    deleted_channels,
    set_up_pages,
    trial_page,
    whatsapp_set_up,
)
from channels_app.admin.channel_health import channel_health, look_again
from channels_app.admin.content_templates import ContentTemplateAdmin
from channels_app.admin.deliveries import DeliveryAdmin, ProviderCallAdmin
from channels_app.admin.files import MediaAdmin
from channels_app.admin.incidents import IncidentAdmin
from channels_app.admin.journal import WebhookReceiptAdmin
from channels_app.admin.parts import LEVELS, ConflictsAreTold, state_chip, validation_chip
from channels_app.admin.records import (
    OptOutAdmin,
    RefusalAdmin,
)
from channels_app.admin.setup import OfWorkStreamAdmin, ProviderAccountAdmin, SmsNumberAdmin, SmsSettingsAdmin
from channels_app.admin.texts import InboundTextAdmin
from channels_app.admin.whatsapp import WhatsAppAccountAdmin, WhatsAppNumberAdmin

__all__ = [
    "LEVELS",
    "ConflictsAreTold",
    "ContentTemplateAdmin",
    "DeliveryAdmin",
    "InboundTextAdmin",
    "IncidentAdmin",
    "MediaAdmin",
    "OfWorkStreamAdmin",
    "OptOutAdmin",
    "ProviderAccountAdmin",
    "ProviderCallAdmin",
    "RefusalAdmin",
    "SmsNumberAdmin",
    "SmsSettingsAdmin",
    "WebhookReceiptAdmin",
    "WhatsAppAccountAdmin",
    "WhatsAppNumberAdmin",
    "channel_health",
    "look_again",
    "state_chip",
    "validation_chip",
]
