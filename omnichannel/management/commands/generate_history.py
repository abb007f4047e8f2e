"""A made-up history of any size, to see the product as it is after years."""

import argparse
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from channels_app.models import SmsNumber
from conversations.models import Conversation
from omnichannel import demo
from omnichannel.history.writing import History, team

NOBODY = "http://127.0.0.1:9"  # a simulator that is not there


class Command(BaseCommand):
    """Writes conversations and messages by the million, straight into the tables."""

    help = "Writes a made-up history: customers, conversations, messages, deliveries."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """How much, and among how many."""
        parser.add_argument("--conversations", type=int, default=1_000_000)
        parser.add_argument("--messages", type=int, default=10_000_000)
        parser.add_argument("--queues", type=int, default=20, help="at least so many; missing ones are made")
        parser.add_argument("--agents", type=int, default=40, help="at least so many; missing ones are made")
        parser.add_argument(
            "--force", action="store_true", help="although this is no demo and there are conversations"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses where people may be at work."""
        conversations, messages = options["conversations"], options["messages"]
        if conversations < 1 or messages < 2 * conversations:
            raise CommandError("At least one conversation, and two messages for each.")
        if not (settings.DEMO or options["force"]) and Conversation.objects.exists():
            raise CommandError("There are conversations, and this is no demo: --force writes all the same.")
        if not SmsNumber.objects.exists():
            if not demo.is_allowed():
                raise CommandError("There is no SMS number. With DEMO=true the demo's installation is made.")
            demo.load(simulator=NOBODY)
        began = time.monotonic()
        of = team(queues=options["queues"], agents=options["agents"])
        History(of, conversations=conversations, now=timezone.now()).write(
            conversations=conversations, messages=messages
        )
        _tidy()
        self.stdout.write(
            f"{conversations} conversations, {messages} messages in {time.monotonic() - began:.0f} s."
        )


def _tidy() -> None:
    """Let the planner know what there is; no part of any transaction."""
    if connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
