"""What diagnostics keep, and for how long."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app import retention
from channels_app.models_deliveries import ProviderCall
from channels_app.models_receipts import InboundText, Refusal, WebhookReceipt
from conversations.models import Message
from tests.world import post_webhook, text_params


@pytest.mark.parametrize(
    ("days", "state", "left"), [(91, "done", 0), (91, "failed", 1), (91, "received", 1), (89, "done", 1)]
)
def test_only_finished_webhooks_grow_old(world, days, state, left):
    now = timezone.now()
    WebhookReceipt.objects.create(
        account=world.sms_settings.account, digest="d", method="POST", path="/", body=b"",
        state=state, next_attempt_at=now, received_at=now - timedelta(days=days),
    )  # fmt: skip
    retention.remove_old(now=now)
    assert WebhookReceipt.objects.count() == left


def test_the_text_outlives_its_webhook_and_keeps_a_late_twin_away(world, drain):
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    assert retention.remove_old(now=timezone.now() + timedelta(days=91)) == 1
    assert InboundText.objects.get().receipt is None
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    assert Message.objects.filter(direction="inbound").count() == 1
    assert WebhookReceipt.objects.get().state == "ignored"


def test_calls_and_refusals_grow_old_in_bounded_rounds(world, monkeypatch):
    monkeypatch.setattr(retention, "REMOVED_AT_ONCE", 2)
    monkeypatch.setattr(retention, "MOST_ROUNDS", 2)
    account, now = world.sms_settings.account, timezone.now()
    for _ in range(5):
        ProviderCall.objects.create(account=account, method="GET", url="u", duration_ms=1)
    Refusal.objects.create(account=account, reason="x", computed_url="y")
    later = now + timedelta(days=31)
    assert retention.remove_old(now=later) == 4
    assert (ProviderCall.objects.count(), Refusal.objects.count()) == (1, 1)
    assert retention.remove_old(now=now + timedelta(days=91)) == 2
