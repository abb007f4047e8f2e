"""Compares a configuration file with this installation and, when told to, applies it."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from omnichannel.configuration import applying
from omnichannel.configuration.reading import BadFile
from omnichannel.configuration.sections import secret_called


def variable_of(external_id: str) -> str:
    """The environment variable that holds an account's secret; shells allow no - in a name."""
    return f"AUTH_TOKEN_{external_id.replace('-', '_')}"


class Command(BaseCommand):
    """Shows the differences first; asks before applying them unless --yes is given."""

    help = (
        "Applies a file of export_config. The secret of an account that is new here is read from the "
        "environment variable AUTH_TOKEN_<account>, with _ for each - of its id."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, and how far to go."""
        parser.add_argument("file", type=Path)
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="only show what would change")
        how.add_argument("--yes", action="store_true", help="apply without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, ask, apply."""
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
            found = applying.preview(text)
            self._show(found)
            if not found.changes or options["dry_run"] or not (options["yes"] or self._agreed()):
                return
            tokens = {sid: os.environ.get(variable_of(sid), "") for sid in found.tokens}
            applying.apply(text, tokens=tokens, expected=found.fingerprint)
        except applying.Refused as error:
            raise CommandError("Nothing was changed.\n" + "\n".join(error.problems)) from error
        except (BadFile, applying.Stale, OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        self.stdout.write(self.style.SUCCESS("Applied."))

    def _show(self, found: applying.Preview) -> None:
        for change in found.changes:
            self.stdout.write(f"{change.kind} {change.section}: {change.name}")
            self.stdout.writelines(f"  {line}" for line in change.lines)
        for sid in found.tokens:
            called = secret_called(sid)
            self.stdout.write(f"Account {sid} is new here: its {called} is read from {variable_of(sid)}.")
        if not found.changes:
            self.stdout.write("Nothing differs.")

    def _agreed(self) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Nothing was changed: give --yes to apply this without being asked.")
        return input("Apply these changes? [y/N] ").strip().lower() in {"y", "yes"}
