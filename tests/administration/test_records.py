"""What happened, to be read: receipts, refusals, deliveries, calls, conversations."""

import re
import string
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import WebhookReceipt
from conversations import services, writing
from conversations.models import Conversation
from tests.administration.conftest import messages_of
from tests.world import ACCOUNT_SID, AUTH_TOKEN, World, post_webhook, text_params

RECORDS = [
    "channels_app/webhookreceipt",
    "channels_app/refusal",
    "channels_app/optout",
    "channels_app/delivery",
    "channels_app/providercall",
    "conversations/conversation",
    "conversations/message",
]


@pytest.fixture
def history(world: World, drain: Any) -> World:
    """A conversation with a reply that could not leave, a STOP, a refusal, and a receipt that failed."""
    post_webhook(world.inbound_url, text_params("<script>alert(1)</script> Grüße 👋"))
    post_webhook(
        world.inbound_url, {"AccountSid": ACCOUNT_SID, "SmsStatus": "received", "AuthToken": "canary"}
    )
    post_webhook(world.inbound_url, text_params("x", number=9), token="wrong")
    drain()
    conversation, now = Conversation.objects.get(), timezone.now()
    services.pick(conversation_id=conversation.pk, agent=world.agents["alice"], now=now)
    writing.reply(conversation_id=conversation.pk, agent=world.agents["alice"], text="Hi <b>you</b>", now=now)
    drain()
    post_webhook(world.inbound_url, text_params("STOP", number=2))
    drain()
    return world


def first_of(client: Client, record: str) -> Any:
    page = client.get(f"/admin/{record}/")
    assert page.status_code == 200
    return page.context["cl"].result_list[0]


@pytest.mark.parametrize("record", RECORDS)
def test_records_are_read_and_by_nobody_changed(ada: Client, history: World, record: str) -> None:
    pk = first_of(ada, record).pk

    page = ada.get(f"/admin/{record}/{pk}/change/")

    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert ada.post(f"/admin/{record}/{pk}/change/", {"text": "x"}).status_code == 403
    assert ada.post(f"/admin/{record}/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert ada.get(f"/admin/{record}/add/").status_code == 403


@pytest.mark.parametrize("record", [*RECORDS, "channels_app/inboundtext"])
def test_the_title_of_a_record_begins_with_a_capital(ada: Client, history: World, record: str) -> None:
    page = ada.get(f"/admin/{record}/{first_of(ada, record).pk}/change/").content.decode()

    (title,) = re.findall(r"<h1>(.+?)</h1>", page)
    assert title[0] in f"+{string.ascii_uppercase}"


def test_a_receipt_shows_the_request_decoded_and_without_secrets(ada: Client, history: World) -> None:
    text, broken = WebhookReceipt.objects.order_by("id")[:2]

    page = ada.get(reverse("admin:channels_app_webhookreceipt_change", args=[text.pk])).content.decode()
    other = ada.get(reverse("admin:channels_app_webhookreceipt_change", args=[broken.pk])).content.decode()

    assert "Grüße 👋" in page
    assert "<td>AuthToken</td><td>••••</td>" in other
    assert AUTH_TOKEN not in page + other


def test_a_body_that_is_no_text_is_shown_all_the_same(ada: Client, world: World) -> None:
    WebhookReceipt.objects.create(
        account=world.sms_settings.account,
        digest="d",
        method="POST",
        path="/hooks/x/",
        body=b"\xff\xfe\x00a=%FF&b",
        state="failed",
        next_attempt_at=timezone.now(),
        received_at=timezone.now(),
    )

    page = ada.get(
        reverse("admin:channels_app_webhookreceipt_change", args=[WebhookReceipt.objects.get().pk])
    )

    assert page.status_code == 200


def test_a_failed_receipt_is_replayed(ada: Client, history: World, drain: Any) -> None:
    failed = WebhookReceipt.objects.get(state="failed")
    page = ada.get(reverse("admin:channels_app_webhookreceipt_change", args=[failed.pk]))
    assert "Replay" in page.content.decode()

    told = messages_of(
        ada.post(reverse("admin:channels_app_webhookreceipt_replay", args=[failed.pk]), follow=True)
    )

    assert told == ["success: Replayed: 1 will be taken again in a moment."]
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("received", 0)
    drain()
    failed.refresh_from_db()
    assert failed.state == "failed"


def test_several_receipts_are_replayed_from_the_list(ada: Client, history: World) -> None:
    chosen = {
        "action": "replay_selected",
        "_selected_action": list(WebhookReceipt.objects.values_list("pk", flat=True)),
    }

    told = messages_of(ada.post("/admin/channels_app/webhookreceipt/", chosen, follow=True))

    assert told == ["success: Replayed: 1 will be taken again in a moment."]


def test_a_receipt_that_is_done_is_not_replayed(ada: Client, history: World) -> None:
    done = WebhookReceipt.objects.filter(state="done").first()
    assert done is not None
    page = ada.get(reverse("admin:channels_app_webhookreceipt_change", args=[done.pk]))
    assert ">Replay<" not in page.content.decode()

    told = messages_of(
        ada.post(reverse("admin:channels_app_webhookreceipt_replay", args=[done.pk]), follow=True)
    )

    assert told == ["warning: Nothing was replayed: only failed receipts can be."]
    done.refresh_from_db()
    assert done.state == "done"


def test_a_supervisor_does_not_replay(as_user: Any, history: World) -> None:
    failed = WebhookReceipt.objects.get(state="failed")

    as_user("sam").post(reverse("admin:channels_app_webhookreceipt_replay", args=[failed.pk]))

    failed.refresh_from_db()
    assert failed.state == "failed"


def test_a_delivery_tells_what_happened(ada: Client, history: World) -> None:
    delivery = Delivery.objects.get()

    page = ada.get(reverse("admin:channels_app_delivery_change", args=[delivery.pk])).content.decode()

    assert "Hi &lt;b&gt;you&lt;/b&gt;" in page
    assert "leaving" in page
    assert delivery.explanation in page


def test_a_conversation_shows_thread_sessions_and_decision(ada: Client, history: World) -> None:
    page = ada.get(
        reverse("admin:conversations_conversation_change", args=[Conversation.objects.get().pk])
    ).content.decode()

    assert "Grüße 👋" in page
    assert "The work stream has no rules: Default queue." in page
    assert "Alice" in page


def test_long_lists_are_counted_no_further_than_people_page(
    ada: Client, history: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr("omnichannel.lib.backoffice.LISTED_AT_MOST", 2)

    page = ada.get("/admin/channels_app/webhookreceipt/")

    assert page.context["cl"].result_count == 2
