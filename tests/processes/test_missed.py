"""Fetched and delivered by webhook at the same moment, in real processes: each text is taken once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from channels_app import incidents, missed
from channels_app.models import ProviderAccount
from channels_app.models_health import Incident
from channels_app.models_receipts import InboundText, WebhookReceipt
from conversations.models import Message
from tests.processes.installation import installed, wait_until
from tests.world import OUR_NUMBER


def test_a_webhook_and_a_fetch_of_the_same_text_race_to_one_message(settings: Any) -> None:
    with installed(settings) as installation:
        installation.start_web(workers=2)
        installation.start_worker()
        # Without an address for webhooks: the texts are only in the provider's list.
        sent = [
            installation.simulator.text(
                sender=f"+142555501{n % 5:02}", recipient=f"+{OUR_NUMBER}", body=f"Text {n}"
            )[0]
            for n in range(20)
        ]

        def webhook(n: int) -> None:
            about = {"MessageSid": sent[n], "SmsMessageSid": sent[n], "SmsSid": sent[n]}
            assert installation.post_text(f"Text {n}", sender=f"+142555501{n % 5:02}", **about) == 200

        def fetch(_: int) -> None:
            account = ProviderAccount.objects.get()
            missed.fetch(account, now=timezone.now() + timedelta(minutes=5))
            connection.close()

        with ThreadPoolExecutor(8) as pool:
            done = [
                *pool.map(
                    lambda job: job[0](job[1]),
                    [(fetch, n) for n in range(4)] + [(webhook, n) for n in range(20)],
                )
            ]

        assert len(done) == 24
        wait_until(
            lambda: not WebhookReceipt.objects.filter(state="received").exists(),
            what="all receipts are taken",
        )
        assert set(WebhookReceipt.objects.values_list("state", flat=True)) <= {"done", "ignored"}
        assert sorted(InboundText.objects.values_list("external_id", flat=True)) == sorted(sent)
        assert Message.objects.filter(direction="inbound").count() == 20


def test_many_who_look_at_once_start_one_incident(world: Any) -> None:
    ProviderAccount.objects.update(last_validation_status="error: wrong token")
    now = timezone.now()

    def look(_: int) -> None:
        incidents.look(now=now)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(16)))

    assert Incident.objects.filter(kind="validation").count() == 1
