"""The site as a whole: its map, who sees what, what it costs, and that no secret leaves it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import User
from agents.roles import AGENT, give_role
from channels_app.models import Number, ProviderAccount, SmsNumber, SmsSettings
from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.models_health import Incident
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText, OptOut, Refusal, WebhookReceipt
from channels_app.models_whatsapp import ContentTemplate, WhatsAppAccount, WhatsAppNumber
from contacts.models import Account, Address, Contact
from conversations.models import Conversation, Message
from conversations.models_desk import DeskSettings
from conversations.models_quick_replies import QuickReply
from omnichannel.admin_site import LEFT_OUT, MAP, REACHED_OTHERWISE
from omnichannel.lib.backoffice import PAGES
from routing.models import Queue, RoutingRule, WorkStream
from tests.world import AUTH_TOKEN, World

CANARY = "canary-secret-4711"
LISTS = sorted(
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for model in admin.site._registry
    if model is not DeskSettings  # one row, and no list: tests/administration/test_desk_settings.py
)


def populate(world: World, start: int, count: int) -> None:
    """`count` rows of everything that a list shows."""
    now = timezone.now()
    account = world.sms_settings.account
    for n in range(start, start + count):
        user = User.objects.create_user(f"user{n}")
        give_role(user, AGENT)
        company = Account.objects.create(name=f"Company {n}")
        contact = Contact.objects.create(last_name=f"C{n}", account=company)
        address = Address.objects.create(kind="phone", value=f"+1425556{n:04}", contact=contact)
        stream, queue = WorkStream.objects.create(name=f"S{n}"), Queue.objects.create(name=f"Q{n}")
        RoutingRule.objects.create(work_stream=stream, name="R", queue=queue)
        own = ProviderAccount.objects.create(
            provider="twilio", external_id=f"AC{n}", base_url="https://api.twilio.com", secret="s"
        )
        SmsSettings.objects.create(work_stream=stream, account=own, inbound_url=own.inbound_urls.create())
        number = Number.objects.create(account=own, value=f"1425557{n:04}")
        SmsNumber.objects.create(number=number, work_stream=stream)
        by_whatsapp = WorkStream.objects.create(name=f"W{n}", channel="whatsapp")
        of_whatsapp = WhatsAppAccount.objects.create(
            name=f"WA{n}", account=account, inbound_url=account.inbound_urls.create()
        )
        sender = Number.objects.create(account=account, channel="whatsapp", value=f"1425558{n:04}")
        WhatsAppNumber.objects.create(
            name=f"WN{n}", whatsapp_account=of_whatsapp, number=sender, work_stream=by_whatsapp
        )
        ContentTemplate.objects.create(
            account=own, external_id=f"HX{n}", name=f"T{n}", language="en", body="x", synced_at=now
        )
        QuickReply.objects.create(title=f"QR{n}", message="x")
        OptOut.objects.create(number=number, address=address, started_at=now, source="STOP")
        WebhookReceipt.objects.create(
            account=own,
            digest=str(n),
            method="POST",
            path="/",
            body=b"",
            next_attempt_at=now,
            received_at=now,
        )
        text = InboundText.objects.create(
            provider="twilio", external_id=str(n), number=number, address=address, to_value=number.value,
            disposition="unrouted", received_at=now,
        )  # fmt: skip
        Media.objects.create(inbound_text=text, state="failed", reason="x")
        Incident.objects.create(
            kind="silent", account=own, number=number, details="x", started_at=now, last_seen_at=now
        )
        Refusal.objects.create(account=account, reason="x", computed_url="y")
        ProviderCall.objects.create(account=own, method="GET", url="u", duration_ms=1)
        delivery = Delivery.objects.create(
            number=number, account=own, address=address, text="t", next_attempt_at=now + timedelta(days=1)
        )
        conversation = Conversation.objects.create(
            address=address, number=number, work_stream=stream, queue=queue, contact=contact, title=f"T{n}",
            identification="one", state="active", agent=user.agent, created_at=now, state_changed_at=now,
            modified_at=now, last_message_at=now, last_inbound_at=now,
        )  # fmt: skip
        Message.objects.create(
            conversation=conversation, seq=1, direction="outbound", delivery=delivery, author=user, version=1,
            created_at=now,
        )  # fmt: skip


def test_the_map_names_every_page_once() -> None:
    mapped = [name for names in MAP.values() for name in names if "." in name] + list(REACHED_OTHERWISE)

    records = [label for label in mapped if label not in PAGES]

    assert len(mapped) == len(set(mapped))
    assert sorted(records) == sorted(model._meta.label for model in admin.site._registry)
    assert not [m for m in admin.site._registry if m._meta.app_label in LEFT_OUT]


def test_the_first_page_follows_the_documents_map(ada: Client) -> None:
    page = ada.get("/admin/")

    names = {section["name"]: [m["name"] for m in section["models"]] for section in page.context["app_list"]}
    assert names["Work Distribution Management"] == ["Work Streams", "Queues", "Agents"]
    assert names["Channels"] == [
        "SMS Settings",
        "SMS Numbers",
        "WhatsApp",
        "Content templates",
        "Provider accounts",
        "Deleted channels",
    ]
    assert list(names) == list(MAP)


def test_a_supervisor_reads_it_and_sets_nothing_up(as_user: Any) -> None:
    page = as_user("sam").get("/admin/")

    labels = [m["label"] for section in page.context["app_list"] for m in section["models"]]
    assert {"channels_app.SmsSettings", "routing.WorkStream"} <= set(labels)
    assert as_user("sam").get("/admin/channels_app/smssettings/add/").status_code == 403


def test_agents_and_strangers_see_nothing_of_it(as_user: Any, anonymous: Client) -> None:
    for client in (as_user("alice"), anonymous):
        for url in ("/admin/", *LISTS):
            assert client.get(url)["Location"].startswith("/admin/login/"), url


def test_rooms_of_the_code_lead_to_the_map(ada: Client) -> None:
    assert ada.get("/admin/routing/")["Location"] == "/admin/"


@pytest.mark.parametrize("url", LISTS)
def test_a_list_costs_the_same_with_three_rows_and_with_thirty(
    ada: Client, world: World, url: str, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    costs = []
    for start, count in ((0, 3), (3, 27)):
        populate(world, start, count)
        ada.get(url)
        with CaptureQueriesContext(connection) as statements:
            assert ada.get(url).status_code == 200
        costs.append(len(statements))

    assert costs[0] == costs[1]
    assert costs[1] <= 14


@pytest.mark.parametrize(
    "query",
    ["q=%00", "state__exact=%00", "p=abc", "p=-1", "p=99999", "e=1", "o=9.9", "x__y=1", "q=" + "x" * 3000],
)
def test_nonsense_in_the_address_is_no_error_of_ours(ada: Client, query: str) -> None:
    for url in LISTS:
        assert ada.get(f"{url}?{query}", follow=True).status_code < 500, url


@pytest.mark.parametrize("pk", ["abc", "-1", "9" * 30, "0", "1_00", "%00"])
def test_nonsense_instead_of_an_id_is_no_error_of_ours(ada: Client, pk: str) -> None:
    for url in LISTS:
        assert ada.get(f"{url}{pk}/change/", follow=True).status_code < 500
    assert ada.post(f"/admin/channels_app/smssettings/{pk}/validate/", follow=True).status_code < 500
    assert ada.post(f"/admin/channels_app/webhookreceipt/{pk}/replay/", follow=True).status_code < 500


def test_no_secret_appears_on_any_page(ada: Client, world: World) -> None:
    populate(world, 0, 2)
    account = world.sms_settings.account
    account.secret, account.secondary_secret = CANARY, f"{CANARY}-second"
    account.save()
    WebhookReceipt.objects.update(body=f"a=1&token={CANARY}".encode(), account=account)

    for url in LISTS:
        listed = ada.get(url)
        pages = [listed.content.decode()]
        for row in listed.context["cl"].result_list:
            for view in ("change", "history"):
                pages.append(ada.get(f"{url}{row.pk}/{view}/", follow=True).content.decode())
        assert not [page for page in pages if CANARY in page or AUTH_TOKEN in page], url


def test_every_page_stands_under_the_strict_policy_without_inline_code(ada: Client, world: World) -> None:
    populate(world, 0, 1)
    for url in LISTS:
        listed = ada.get(url)
        for page in (listed, ada.get(f"{url}{listed.context['cl'].result_list[0].pk}/change/", follow=True)):
            text = page.content.decode()
            assert "default-src 'self'" in page["Content-Security-Policy"]
            assert "unsafe" not in page["Content-Security-Policy"]
            assert " onclick=" not in text
            assert " style=" not in text
            assert "<style" not in text
