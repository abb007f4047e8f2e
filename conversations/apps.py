"""The conversations room."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """See docs/architecture.md."""

    name = "conversations"
    verbose_name = "Conversations"
    default_auto_field = "django.db.models.BigAutoField"
