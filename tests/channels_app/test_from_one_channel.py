"""An installation that knew only SMS gains the other channels by `migrate` alone, and loses nothing."""

from typing import Any

import pytest
from django.apps import apps as current
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from channels_app import outbox
from channels_app.models import Number, ProviderAccount
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText
from conversations import services
from conversations.models import Conversation, Message
from routing.models import ChannelSetting, WorkStream
from tests.channels_app.support import delivery_of
from tests.channels_app.whatsapp import build_whatsapp
from tests.world import AUTH_TOKEN, CUSTOMER, build_world, post_webhook, sid, text_params

ONE_CHANNEL = [
    ("conversations", "0004_decision_index"),
    ("channels_app", "0009_unrouted_by_number"),
    ("routing", "0005_channels_and_status"),
]
# What a customer, an agent and an administrator have left behind.
KEPT = (
    *("channels_app.ProviderAccount", "channels_app.InboundUrl", "channels_app.SmsSettings"),
    *("channels_app.Number", "channels_app.SmsNumber", "channels_app.WebhookReceipt"),
    *("channels_app.InboundText", "channels_app.Delivery", "channels_app.DeliveryEvent"),
    *("conversations.Conversation", "conversations.Message", "conversations.Session"),
    *("contacts.Address", "routing.Queue"),
)


def rows(apps: Any) -> dict[str, list[dict[str, Any]]]:
    """Every column of every kept row."""
    return {label: list(apps.get_model(label).objects.order_by("pk").values()) for label in KEPT}


def old_rows(apps: Any) -> None:
    """What the old code would write into the old tables."""
    model = apps.get_model
    number = model("channels_app", "Number").objects.get()
    address = model("contacts", "Address").objects.create(kind="phone", value="+14255550199")
    model("channels_app", "InboundText").objects.create(
        provider="twilio",
        external_id=sid(0xABC),
        number=number,
        address=address,
        to_value="+14252306549",
        text="From before",
        disposition="unrouted",
        received_at=timezone.now(),
    )
    model("channels_app", "Delivery").objects.create(
        number=number,
        account=number.account,
        address=address,
        text="x" * 1600,
        next_attempt_at=timezone.now(),
    )


@pytest.mark.django_db(transaction=True)
def test_an_installation_from_before_gains_the_channels(drain: Any, settings: Any) -> None:
    world = build_world()
    post_webhook(world.inbound_url, text_params("Is my bike ready?"))
    drain()
    talk = services.pick(
        conversation_id=Conversation.objects.get().pk, agent=world.agents["alice"], now=timezone.now()
    )
    delivery_of(world, "Yes, come by.")
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(ONE_CHANNEL)
        old = executor.loader.project_state(ONE_CHANNEL).apps
        for label in ("routing.WorkStream", "routing.ChannelSetting"):
            old.get_model(label).objects.filter(channel="whatsapp").delete()
        old_rows(old)
        before = rows(old)
        assert "extras" not in before["channels_app.InboundText"][0], "the old tables are really old"

        call_command("migrate", verbosity=0)
    finally:
        MigrationExecutor(connection).migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())

    after = rows(current)
    for label, kept in before.items():
        shared = [{name: row[name] for name in kept[0]} for row in after[label]] if kept else after[label]
        assert shared == kept, label
    assert all(row["extras"] == {} for row in after["channels_app.InboundText"])
    assert all(row["template_variables"] == {} for row in after["channels_app.Delivery"])
    assert Number.objects.get().attachments_from_customers
    assert Conversation.objects.get().window_closes_at is None
    assert ProviderAccount.objects.get().secret.reveal() == AUTH_TOKEN

    # The new channel is there to be used …
    assert set(ChannelSetting.objects.values_list("channel", flat=True)) == {"sms", "whatsapp"}
    assert WorkStream.objects.get(channel="whatsapp").name == "WhatsApp channel work stream"
    whatsapp = build_whatsapp(world)
    whatsapp.hears("By WhatsApp", number=77, From=f"whatsapp:{CUSTOMER}")
    # … and the old one goes on where it was.
    post_webhook(world.inbound_url, text_params("And the lights?", number=78))
    drain()
    assert list(talk.messages.filter(direction="inbound").values_list("text", flat=True)) == [
        "Is my bike ready?",
        "And the lights?",
    ]
    assert Message.objects.get(text="By WhatsApp").conversation.number == whatsapp.number
    assert InboundText.objects.get(external_id=sid(0xABC)).said_at
    pending = Delivery.objects.get(text="x" * 1600)
    verdict = outbox.verdict_for(
        number=pending.number, address=pending.address, text=pending.text, now=timezone.now()
    )
    assert not verdict.reason
