"""The conversations room."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConversationsConfig(AppConfig):
    """See docs/architecture.md."""

    name = "conversations"
    verbose_name = "Conversations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """After each migrate the index of what was said is whole."""
        post_migrate.connect(keep_search, sender=self, dispatch_uid="conversations.search")


def keep_search(using: str, **_: object) -> None:
    """Make what is missing of the index, once its migration has been applied."""
    from django.db import connections
    from django.db.migrations.recorder import MigrationRecorder

    from conversations import search_index

    if ("conversations", search_index.MIGRATION) in MigrationRecorder(
        connections[using]
    ).applied_migrations():
        search_index.install()
