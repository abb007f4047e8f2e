"""Writes the configuration as YAML, without secrets."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from omnichannel.configuration import applying


class Command(BaseCommand):
    """To standard output, or to a file."""

    help = "Writes queues, agents and work streams as YAML, without secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("--output", type=Path, help="a file; without it, standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write."""
        text = applying.hand_out()
        if options["output"]:
            options["output"].write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text, ending="")
