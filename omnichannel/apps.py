"""The project's own app, and the administration site's."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class OmnichannelConfig(AppConfig):
    """Heartbeats, commands, pages that show several rooms together."""

    name = "omnichannel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from omnichannel import checks  # noqa: F401


class AdministrationConfig(AdminConfig):
    """Replaces django.contrib.admin's default site by ours."""

    default_site = "omnichannel.admin_site.AdministrationSite"
