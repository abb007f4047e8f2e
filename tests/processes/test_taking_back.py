"""Taken back or sent, never both: agents take back while real senders claim, on PostgreSQL."""

import threading
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from channels_app.models_deliveries import Delivery
from conversations import later, services, writing
from conversations.models import Conversation, Message
from tests.processes.installation import installed, wait_until
from tests.processes.test_crashes import accepted_ids

REPLIES = 60


def test_each_text_is_either_taken_back_or_sent(settings: Any) -> None:
    with installed(settings) as installation:
        installation.start_web()
        assert installation.post_text("Hello") == 200
        installation.start_worker()
        conversation = wait_until(Conversation.objects.first, what="the conversation is there")
        alice = installation.world.agents["alice"]
        services.pick(conversation_id=conversation.pk, agent=alice, now=timezone.now())
        due = timezone.now() + timedelta(seconds=2)
        sent = [
            writing.reply(
                conversation_id=conversation.pk,
                agent=alice,
                text=f"Text {n}",
                now=timezone.now(),
                not_before=due,
            )
            for n in range(REPLIES)
        ]
        wait_until(lambda: Delivery.objects.exclude(state="pending").exists(), what="the senders have begun")

        told = take_back_all(sent, alice)

        wait_until(
            lambda: not Delivery.objects.filter(state__in=["pending", "leaving"]).exists(),
            what="nothing waits any more",
        )
        arrived = set(accepted_ids(installation))
        canceled = set(Delivery.objects.filter(state="canceled").values_list("pk", flat=True))
        assert not arrived & canceled
        assert arrived | canceled == {message.delivery_id for message in sent}
        assert told == {message.pk for message in sent if message.delivery_id in canceled}


def take_back_all(sent: list[Message], agent: Any) -> set[int]:
    """From the last to the first, so that agent and senders meet; which ones the agent was told are back."""
    told: set[int] = set()

    def run() -> None:
        for message in reversed(sent):
            try:
                later.take_back(message=message, agent=agent, now=timezone.now())
            except later.PastRecall:
                continue
            told.add(message.pk)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return told
