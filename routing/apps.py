"""The routing room."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RoutingConfig(AppConfig):
    """See docs/architecture.md."""

    name = "routing"
    verbose_name = "Work Distribution Management"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """There is always a Default queue."""
        post_migrate.connect(make_default_queue, sender=self, dispatch_uid="routing.default_queue")


def make_default_queue(**_: object) -> None:
    """Make the Default queue when it is missing."""
    from omnichannel.lib.audit import unlogged
    from routing.services import ensure_default_queue

    with unlogged():
        ensure_default_queue()
