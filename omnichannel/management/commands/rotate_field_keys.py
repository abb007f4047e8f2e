"""Encrypts every stored secret again with the newest key."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction

from omnichannel.lib.crypto import SecretField


class Command(BaseCommand):
    """After it, the older keys can be taken out of FIELD_KEYS."""

    help = "Encrypts every stored secret again with the first of FIELD_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rewrite all secret fields; one transaction per model."""
        for model in apps.get_models():
            names = [f.name for f in model._meta.concrete_fields if isinstance(f, SecretField)]
            if names:
                with transaction.atomic():
                    rows = model._base_manager.all()
                    for row in rows:
                        row.save(update_fields=names)
                self.stdout.write(f"{model._meta.label}: {len(rows)} rows.")
