"""The agents room."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """See docs/architecture.md."""

    name = "agents"
    verbose_name = "Agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to log-ins."""
        from agents import signals  # noqa: F401
