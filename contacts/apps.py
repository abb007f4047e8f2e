"""The contacts room."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """See docs/architecture.md."""

    name = "contacts"
    verbose_name = "Customers"
    default_auto_field = "django.db.models.BigAutoField"
