"""The webhook journal: what is shown to whom, filters, and Replay."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import accounts, journal
from channels_app.models import Number, ProviderAccount
from channels_app.models_deliveries import Delivery
from channels_app.models_health import Replay
from channels_app.models_receipts import InboundText, WebhookReceipt
from omnichannel.models import AuditEntry
from tests.administration.conftest import messages_of
from tests.channels_app.support import delivery_of
from tests.path.support import report
from tests.world import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, OUR_NUMBER, World, post_webhook, sid, text_params

LIST = "/admin/channels_app/webhookreceipt/"


def page_of(client: Client, receipt: WebhookReceipt) -> str:
    url = reverse("admin:channels_app_webhookreceipt_change", args=[receipt.pk])
    return client.get(url).content.decode()


@pytest.fixture
def text(world: World, drain: Any) -> WebhookReceipt:
    post_webhook(world.inbound_url, text_params("My card is 4711"))
    drain()
    return WebhookReceipt.objects.get()


def test_a_receipt_knows_number_and_channel_once_it_is_understood(text: WebhookReceipt, world: World) -> None:
    assert (text.number, text.channel, text.state) == (world.number, "sms", "done")


def test_an_administrator_reads_the_request_without_tokens(
    ada: Client, text: WebhookReceipt, world: World
) -> None:
    page = page_of(ada, text)

    assert "My card is 4711" in page
    assert CUSTOMER in page
    assert ACCOUNT_SID in page
    assert world.sms_settings.inbound_url.token not in page
    assert AUTH_TOKEN not in page


@pytest.mark.parametrize("by", ["our id", "the provider's id"])
def test_a_report_leads_to_its_delivery(ada: Client, world: World, drain: Any, by: str) -> None:
    delivery = delivery_of(world)
    Delivery.objects.update(state=Delivery.State.SENT, external_id=sid(5))
    report(world, sid(5), "delivered", delivery_id=delivery.pk if by == "our id" else None)
    drain()
    receipt = WebhookReceipt.objects.get()

    link = reverse("admin:channels_app_delivery_change", args=[delivery.pk])
    assert f'<a href="{link}">Report on delivery {delivery.pk}</a>' in page_of(ada, receipt)

    Delivery.objects.update(external_id=sid(6))
    assert "Report on" not in page_of(ada, receipt)


def test_a_text_leads_to_itself_and_what_cannot_be_read_to_nothing(ada: Client, text: WebhookReceipt) -> None:
    taken = text.inbound_text
    link = reverse("admin:channels_app_inboundtext_change", args=[taken.pk])
    assert f'<a href="{link}">Text {taken.pk}</a>' in page_of(ada, text)

    InboundText.objects.update(receipt=None)
    WebhookReceipt.objects.update(body=b"\xff", content_type="application/json")
    assert "Report on" not in page_of(ada, text)


@pytest.mark.parametrize("form", [CUSTOMER, CUSTOMER[1:], quote(CUSTOMER), "4255550100", "425-555-0100"])
def test_who_may_not_see_numbers_reads_neither_number_nor_text(
    as_user: Any, text: WebhookReceipt, form: str
) -> None:
    WebhookReceipt.objects.update(
        path=f"/hooks/x/{quote(CUSTOMER)}/?From={quote(CUSTOMER)}&Body=4711",
        headers={"referer": f"https://x/?n={quote(CUSTOMER)}", "x-caller": CUSTOMER, "host": "x"},
    )
    page = page_of(as_user("sam"), text)

    assert form not in page
    assert "4711" not in page
    assert OUR_NUMBER in page
    assert ACCOUNT_SID in page
    assert journal.HIDDEN.split(":")[0].split("'")[0] in page


def test_opening_a_raw_request_is_noted_as_a_read_by_those_who_see_it(
    ada: Client, as_user: Any, text: WebhookReceipt
) -> None:
    page_of(as_user("sam"), text)
    ada.get(LIST)
    assert not AuditEntry.objects.filter(additional_data__what="raw request").exists()
    page_of(ada, text)
    entry = AuditEntry.objects.get(additional_data__what="raw request")
    assert (entry.actor.username, entry.object_id) == ("ada", text.pk)


def test_secrets_are_masked_however_they_are_written(world: World) -> None:
    account = world.sms_settings.account
    account.secret = "pa/ss+wörd"
    account.save()
    account.refresh_from_db()
    receipt = WebhookReceipt(
        account=account,
        method="POST",
        path="/hooks/x/",
        body=f"a={quote('pa/ss+wörd', safe='')}&b=pa/ss+wörd&AuthToken=other&x=1".encode(),
    )
    shown = journal.shown(receipt, secrets=accounts.secrets_of(account), whole=True)
    assert shown.body == "a=••••&b=••••&AuthToken=••••&x=1"
    assert dict(shown.parameters) == {"a": "••••", "b": "••••", "AuthToken": "••••", "x": "1"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state__exact=done", True),
        ("state__exact=failed", False),
        ("channel__exact=sms", True),
        ("when=today", True),
        ("when=24h", True),
        ("when=7d", True),
        ("from=2020-01-01", True),
        ("from=2020-01-01T10:00&to=2020-01-02T10:00", False),
        ("to=2020-01-01", False),
    ],
)
def test_the_journal_is_filtered(ada: Client, text: WebhookReceipt, query: str, found: bool) -> None:
    page = ada.get(f"{LIST}?{query}")
    assert page.status_code == 200
    assert bool(page.context["cl"].result_list) is found


def test_the_journal_is_filtered_by_number_and_account(ada: Client, text: WebhookReceipt) -> None:
    other = ProviderAccount.objects.create(provider="twilio", external_id="ACx", base_url="x", secret="s")
    number = Number.objects.create(account=other, value="14252306550")
    for name, mine, another in [
        ("number", text.number_id, number.pk),
        ("account", text.account_id, other.pk),
    ]:
        assert len(ada.get(f"{LIST}?{name}={mine}").context["cl"].result_list) == 1
        assert len(ada.get(f"{LIST}?{name}={another}").context["cl"].result_list) == 0


@pytest.mark.parametrize(
    "query",
    ["when=x", "from=x", "to=2026-13-45", "from=2026-01-02&to=2026-01-01", "from=0001-01-01", "number=x"],
)
def test_a_time_that_is_none_is_told_at_the_filter(ada: Client, text: WebhookReceipt, query: str) -> None:
    page = ada.get(f"{LIST}?{query}")
    assert page.status_code == 200


def test_today_begins_at_midnight_in_the_readers_zone(ada: Client, world: World, text: Any) -> None:
    world.users["ada"].time_zone = "Pacific/Kiritimati"
    world.users["ada"].save()
    now = timezone.now()
    import zoneinfo

    midnight = now.astimezone(zoneinfo.ZoneInfo("Pacific/Kiritimati")).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    for at, found in [(midnight, 1), (midnight - timedelta(seconds=1), 0)]:
        WebhookReceipt.objects.update(received_at=at)
        page = ada.get(f"{LIST}?when=today")
        assert len(page.context["cl"].result_list) == found
        assert "Pacific/Kiritimati" in page.content.decode()


def test_a_replay_is_kept_with_who_and_why(ada: Client, world: World, drain: Any) -> None:
    post_webhook(world.inbound_url, {"AccountSid": ACCOUNT_SID, "SmsStatus": "received"})
    drain()
    failed = WebhookReceipt.objects.get()
    ada.post(reverse("admin:channels_app_webhookreceipt_replay", args=[failed.pk]))
    replay = Replay.objects.get()
    assert (replay.receipt, replay.by.username, replay.reason) == (failed, "ada", failed.reason)
    assert failed.reason in page_of(ada, failed)


def test_no_more_than_a_bounded_number_is_replayed_at_once(
    ada: Client, world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr("channels_app.receipts.REPLAYED_AT_ONCE", 2)
    now = timezone.now()
    for n in range(3):
        WebhookReceipt.objects.create(
            account=world.sms_settings.account, digest=str(n), method="POST", path="/", body=b"",
            state="failed", next_attempt_at=now, received_at=now,
        )  # fmt: skip
    chosen = {
        "action": "replay_selected",
        "_selected_action": list(WebhookReceipt.objects.values_list("pk", flat=True)),
    }
    told = messages_of(ada.post(LIST, chosen, follow=True))
    assert told == [
        "success: Replayed: 2 will be taken again in a moment.",
        "warning: At most 2 are replayed at once: do it again for the rest.",
    ]
    assert WebhookReceipt.objects.filter(state="failed").count() == 1


@pytest.mark.parametrize("state", WebhookReceipt.State.values)
@pytest.mark.parametrize(
    "reason", ["", "No text of ours has the id SM1.", "The text has no From.", "ValueError: x"]
)
def test_every_receipt_says_what_to_do(state: str, reason: str) -> None:
    assert journal.next_step(WebhookReceipt(state=state, reason=reason)).endswith((".", "?", ")."))
