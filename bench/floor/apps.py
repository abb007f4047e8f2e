"""The floor as an app."""

from django.apps import AppConfig


class FloorConfig(AppConfig):
    """See bench."""

    name = "bench.floor"
    label = "floor"
    default_auto_field = "django.db.models.BigAutoField"
