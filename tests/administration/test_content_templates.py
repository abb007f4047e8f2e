"""Channels → Content templates: a list to be read, and Sync."""

from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from django.test import Client
from django.urls import reverse

from channels_app.models import ProviderAccount
from channels_app.models_whatsapp import ContentTemplate
from tests.channels_app.support import API
from tests.channels_app.test_templates import content, page
from tests.channels_app.whatsapp import CONTENT, WhatsApp, build_whatsapp
from tests.world import World

LIST = reverse("admin:channels_app_contenttemplate_changelist")
SYNC = reverse("admin:channels_app_contenttemplate_sync")
CUSTOMER_ID = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"
GONE = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def whatsapp(world: World) -> WhatsApp:
    """A WhatsApp number at the world's account."""
    ProviderAccount.objects.update(base_url=API)
    return build_whatsapp(world)


@pytest.fixture
def at_twilio() -> Any:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def test_the_list_tells_what_can_be_sent_and_filters(whatsapp: WhatsApp, ada: Client) -> None:
    whatsapp.template(name="good")
    whatsapp.template(name="bad", approval="rejected")
    whatsapp.template(name="lost", gone_at=GONE)
    shown = ada.get(LIST).content.decode()
    for words in ("Approved", "Rejected", "No longer there", "your {{2}} is ready"):
        assert words in shown
    rejected = ada.get(LIST, {"approval": "rejected"}).content.decode()
    assert "bad" in rejected
    assert "No longer there" not in rejected
    gone = ada.get(LIST, {"there": "no"}).content.decode()
    assert "lost" in gone
    assert "good" not in gone
    assert "Channels" in ada.get("/admin/").content.decode()


def test_only_accounts_with_templates_are_filtered_by(whatsapp: WhatsApp, ada: Client) -> None:
    whatsapp.template(name="good")
    ProviderAccount.objects.create(provider="telesign", external_id=CUSTOMER_ID, base_url=API)

    assert CUSTOMER_ID not in ada.get(LIST).content.decode()


def test_the_list_is_narrowed_to_what_is_still_there(whatsapp: WhatsApp, ada: Client) -> None:
    whatsapp.template(name="good")
    whatsapp.template(name="lost", gone_at=GONE)

    shown = ada.get(LIST, {"there": "yes"}).content.decode()

    assert "good" in shown
    assert "lost" not in shown


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "It can be sent, also when the 24 hours are over."),
        ({"approval": "rejected", "rejection_reason": "Too vague"}, "Too vague"),
        ({"approval": "paused"}, "stopped it for a while"),
        ({"unsupported": "It has a picture."}, "It has a picture."),
        ({"gone_at": GONE}, "No: it was deleted at the provider."),
        ({"body": "<script>alert(1)</script>"}, "&lt;script&gt;"),
    ],
)
def test_its_page_says_whether_and_why(
    whatsapp: WhatsApp, ada: Client, values: dict[str, Any], words: str
) -> None:
    template = whatsapp.template(**values)
    shown = ada.get(reverse("admin:channels_app_contenttemplate_change", args=[template.pk])).content.decode()
    assert words in shown
    assert "<script>alert" not in shown
    assert 'name="body"' not in shown, "nothing can be edited"


def test_sync_asks_and_tells(whatsapp: WhatsApp, ada: Client, at_twilio: responses.RequestsMock) -> None:
    at_twilio.add(responses.GET, CONTENT, json=page(content(1), content(2)))
    assert SYNC in ada.get(LIST).content.decode()
    shown = ada.post(SYNC, follow=True).content.decode()
    assert "2 content templates, 2 approved." in shown
    assert ContentTemplate.objects.count() == 2


def test_what_the_provider_does_not_do_is_told(
    whatsapp: WhatsApp, ada: Client, at_twilio: responses.RequestsMock
) -> None:
    at_twilio.add(responses.GET, CONTENT, json={"code": 20003}, status=401)
    assert "does not accept this Account SID" in ada.post(SYNC, follow=True).content.decode()


def test_without_whatsapp_there_is_nobody_to_ask(world: World, ada: Client) -> None:
    assert "There is no WhatsApp account" in ada.post(SYNC, follow=True).content.decode()


def test_a_supervisor_reads_and_does_not_sync(whatsapp: WhatsApp, as_user: Any) -> None:
    whatsapp.template()
    sam = as_user("sam")
    shown = sam.get(LIST)
    assert shown.status_code == 200
    assert SYNC not in shown.content.decode()
    assert sam.post(SYNC).status_code == 403
