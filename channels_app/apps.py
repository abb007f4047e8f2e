"""The channels_app room."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """See docs/architecture.md."""

    name = "channels_app"
    verbose_name = "Channels"
    default_auto_field = "django.db.models.BigAutoField"
