"""Prints a new key for FIELD_KEYS."""

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Put the new key first in FIELD_KEYS, then run rotate_field_keys."""

    help = "Prints a new key for FIELD_KEYS."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(Fernet.generate_key().decode())
