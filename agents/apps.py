"""The agents room."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class AgentsConfig(AppConfig):
    """See docs/architecture.md."""

    name = "agents"
    verbose_name = "Agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep the roles in step with the code after each migrate."""
        post_migrate.connect(sync_after_last_app, dispatch_uid="agents.sync_roles")


def sync_after_last_app(app_config: AppConfig, **_: object) -> None:
    """Once per migrate: when the permissions of the last app are there, all are."""
    from agents.roles import sync_roles

    if app_config is list(apps.get_app_configs())[-1]:
        sync_roles()
