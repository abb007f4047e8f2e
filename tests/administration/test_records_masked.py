"""Customers' numbers in records of diagnostics: whole with the right, masked without; deliveries in words."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.models_receipts import OptOut
from channels_app.providers.base import Error
from channels_app.story import story
from tests.channels_app.support import address, delivery_of
from tests.world import CUSTOMER, World, post_webhook, text_params

RECORDS = ["webhookreceipt", "inboundtext", "delivery", "providercall", "optout"]
WRITTEN = [CUSTOMER, CUSTOMER[1:], "425-555-0100", "4255550100", "%2B14255550100"]


@pytest.fixture
def history(world: World, drain: Any) -> World:
    post_webhook(world.inbound_url, text_params(f"Call {CUSTOMER}"))
    drain()
    delivery = delivery_of(world, f"We call {CUSTOMER}")
    ProviderCall.objects.create(
        account=world.sms_settings.account, delivery=delivery, method="POST",
        url=f"https://x/?To=%2B{CUSTOMER[1:]}", status=201, duration_ms=3, answer=f'{{"to": "{CUSTOMER}"}}',
    )  # fmt: skip
    OptOut.objects.create(number=world.number, address=address(), started_at=timezone.now(), source="STOP")
    return world


def pages(client: Client, record: str) -> str:
    listed = client.get(f"/admin/channels_app/{record}/")
    assert listed.status_code == 200
    found = [listed.content.decode()]
    for row in listed.context["cl"].result_list:
        assert f"/{record}/{row.pk}/change/" in found[0], "the row leads to its page"
        found.append(client.get(f"/admin/channels_app/{record}/{row.pk}/change/").content.decode())
    assert len(found) > 1
    return "".join(found)


@pytest.mark.parametrize("record", RECORDS)
def test_numbers_are_masked_for_those_without_the_right(as_user: Any, history: World, record: str) -> None:
    shown = pages(as_user("sam"), record)
    assert not [form for form in WRITTEN if form in shown]


@pytest.mark.parametrize("record", RECORDS)
def test_numbers_are_whole_for_those_with_the_right(ada: Client, history: World, record: str) -> None:
    assert "555" in pages(ada, record)


def test_a_delivery_lists_its_calls_with_a_link_to_each(ada: Client, history: World) -> None:
    call = ProviderCall.objects.latest("id")
    page = ada.get(f"/admin/channels_app/delivery/{call.delivery_id}/change/").content.decode()
    assert f"/admin/channels_app/providercall/{call.pk}/change/" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state__exact=pending", 1),
        ("channel=sms", 1),
        ("when=today", 1),
        ("to=2020-01-01", 0),
        ("number=99999", 0),
    ],
)
def test_deliveries_are_filtered(ada: Client, history: World, query: str, found: int) -> None:
    listed = ada.get(f"/admin/channels_app/delivery/?{query}").context["cl"].result_list
    assert len([d for d in listed if d.text.startswith("We call")]) == found


@pytest.mark.parametrize(("answer", "found"), [("good", 1), ("refused", 0), ("broken", 0)])
def test_calls_are_filtered_by_what_they_came_to(
    ada: Client, history: World, answer: str, found: int
) -> None:
    assert (
        len(ada.get(f"/admin/channels_app/providercall/?answer={answer}").context["cl"].result_list) == found
    )


@pytest.mark.parametrize("state", Delivery.State.values)
@pytest.mark.parametrize("error", ["", *Error])
def test_every_delivery_has_a_story(state: str, error: str) -> None:
    told = story(Delivery(state=state, error=error, explanation="Because."))
    assert told.happened
    assert told.next_step
    assert bool(told.prospect) or state not in {"unknown", "canceled"}
