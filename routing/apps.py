"""The routing room."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RoutingConfig(AppConfig):
    """See docs/architecture.md."""

    name = "routing"
    verbose_name = "Work Distribution Management"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """There is always a Default queue, a setting of every channel, and a WhatsApp work stream."""
        post_migrate.connect(make_what_is_always_there, sender=self, dispatch_uid="routing.always_there")


def make_what_is_always_there(**_: object) -> None:
    """Make the Default queue, the channels' settings and a WhatsApp work stream when they are missing."""
    from routing.channels import ensure_channel_settings, ensure_whatsapp_stream
    from routing.services import ensure_default_queue

    ensure_default_queue()
    ensure_channel_settings()
    ensure_whatsapp_stream()
