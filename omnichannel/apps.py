"""The project's own app, and the administration site's."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class OmnichannelConfig(AppConfig):
    """Heartbeats, commands, pages that show several rooms together."""

    name = "omnichannel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks; log changes; keep the roles in step with the code."""
        from django_q.signals import pre_execute

        from omnichannel import audited, checks  # noqa: F401
        from omnichannel.lib.audit import stop_logging
        from omnichannel.roles import sync_after_last_app

        pre_execute.connect(stop_logging, dispatch_uid="omnichannel.audit")
        audited.start()
        post_migrate.connect(sync_after_last_app, dispatch_uid="omnichannel.roles")


class AdministrationConfig(AdminConfig):
    """Replaces django.contrib.admin's default site by ours."""

    default_site = "omnichannel.admin_site.AdministrationSite"
