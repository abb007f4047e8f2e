"""Journal, refusals, deliveries, calls, incidents and health over the API: the pages' rules and masks."""

from typing import Any

import pytest
from django.utils import timezone

from channels_app import incidents
from channels_app.models import ProviderAccount
from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.models_health import AccountWatch
from channels_app.models_receipts import WebhookReceipt
from omnichannel.models import AuditEntry
from tests.api.conftest import Api
from tests.channels_app.support import delivery_of
from tests.path.support import report
from tests.world import AUTH_TOKEN, CUSTOMER, OUR_NUMBER, World, post_webhook, sid, text_params

ROOT = "/api/v1/"


@pytest.fixture
def history(world: World, drain: Any) -> World:
    post_webhook(world.inbound_url, text_params(f"Call me: {CUSTOMER}"))
    post_webhook(world.inbound_url, text_params("x", number=2), token="wrong")
    drain()
    delivery = delivery_of(world, f"We call {CUSTOMER}")
    ProviderCall.objects.create(
        account=world.sms_settings.account, delivery=delivery, method="POST", url="https://x/",
        status=500, duration_ms=3, answer=f'{{"to": "{CUSTOMER}"}}',
    )  # fmt: skip
    return world


def test_a_raw_request_is_read_whole_only_with_the_right_and_that_is_noted(api: Api, history: World) -> None:
    pk = WebhookReceipt.objects.get().pk

    masked = api("sam").get(f"{ROOT}receipts/{pk}/")
    assert CUSTOMER.removeprefix("+") not in masked.content.decode()
    assert not AuditEntry.objects.filter(additional_data__what="raw request").exists()

    whole = api("ada").get(f"{ROOT}receipts/{pk}/")
    assert {"name": "From", "value": CUSTOMER} in whole.json()["request"]["parameters"]
    assert AuditEntry.objects.filter(additional_data__what="raw request").count() == 1
    for answer in (masked, whole):
        assert history.sms_settings.inbound_url.token not in answer.content.decode()
        assert AUTH_TOKEN not in answer.content.decode()


def test_a_receipt_says_what_it_was(api: Api, history: World, drain: Any) -> None:
    text = WebhookReceipt.objects.get()
    delivery = Delivery.objects.get()
    report(history, sid(5), "delivered", delivery_id=delivery.pk)
    drain()
    reported = WebhookReceipt.objects.latest("id")

    told = [api("sam").get(f"{ROOT}receipts/{one.pk}/").json() for one in (text, reported)]

    assert [(one["inbound_text"], one["delivery"]) for one in told] == [
        (text.inbound_text.pk, None),
        (None, delivery.pk),
    ]


@pytest.mark.parametrize("path", ["receipts/", "refusals/", "deliveries/", "provider-calls/", "incidents/"])
def test_no_list_tells_a_supervisor_a_customers_number(api: Api, history: World, path: str) -> None:
    answer = api("sam").get(ROOT + path)
    assert answer.status_code == 200
    assert CUSTOMER.removeprefix("+") not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"receipts/?number={OUR_NUMBER}&channel=sms&state=done", 1),
        ("receipts/?number=1999", 0),
        ("receipts/?received_after=2020-01-01T00:00:00Z", 1),
        ("receipts/?received_before=2020-01-01T00:00:00Z", 0),
        ("refusals/?after=2020-01-01T00:00:00Z", 1),
        (f"deliveries/?number={OUR_NUMBER}&channel=sms&state=pending", 1),
        ("deliveries/?created_before=2020-01-01T00:00:00Z", 0),
        ("provider-calls/?answer=broken", 1),
        ("provider-calls/?answer=refused", 0),
    ],
)
def test_lists_are_filtered(api: Api, history: World, query: str, found: int) -> None:
    assert len(api("ada").get(ROOT + query).json()["results"]) == found


@pytest.mark.parametrize(
    "query",
    ["receipts/?received_after=x", "receipts/?state=x", "receipts/?account=x", "provider-calls/?answer=x",
     "receipts/?received_after=0001-01-01T00:00:00%2B14:00", "incidents/?state=x"],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_told_at_its_field(api: Api, history: World, query: str) -> None:
    answer = api("ada").get(ROOT + query)
    assert answer.status_code == 400
    assert list(answer.json())


def test_incidents_and_health_are_told(api: Api, history: World) -> None:
    ProviderAccount.objects.update(last_validation_status="error: wrong token")
    incidents.look(now=timezone.now())

    [incident] = api("sam").get(f"{ROOT}incidents/?state=open").json()["results"]
    assert (incident["kind"], incident["details"]) == ("validation", "wrong token")
    [account] = api("sam").get(f"{ROOT}channel-health/").json()["results"]
    assert account["incidents"] == ["validation"]
    assert account["numbers"][0]["number"] == OUR_NUMBER
    assert account["numbers"][0]["last_in_at"]
    assert api("alice").get(f"{ROOT}channel-health/").status_code == 403


def test_fetching_missed_messages_is_for_administrators(api: Api, history: World) -> None:
    path = f"{ROOT}provider-accounts/{history.sms_settings.account_id}/fetch-missed/"
    assert api("sam").post(path).status_code == 403
    answer = api("ada").post(path)
    assert answer.status_code == 200
    assert answer.json()["problem"]
    assert AccountWatch.objects.get().fetch_result == answer.json()["detail"]


def test_a_delivery_tells_its_customer_to_who_may_know(api: Api, history: World) -> None:
    pk = Delivery.objects.get().pk
    assert api("ada").get(f"{ROOT}deliveries/{pk}/").json()["customer_address"] == CUSTOMER
    assert api("sam").get(f"{ROOT}deliveries/{pk}/").json()["customer_address"] == "+1 ••• ••• 00"
