"""Route again in administration and over the API: on the list, on a text, and told on the stream's page."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.models_receipts import InboundText
from conversations.models import Conversation
from routing.models import WorkStream
from tests.administration.conftest import messages_of
from tests.path.support import write
from tests.world import World

LIST = "/admin/channels_app/inboundtext/"


@pytest.fixture
def kept(world: World, drain: Any) -> list[InboundText]:
    """Two unrouted texts; the stream is Active again."""
    WorkStream.objects.update(status="inactive")
    write(world, "Hello", number=1)
    write(world, "Good morning", number=2, sender="+14255550177")
    drain()
    WorkStream.objects.update(status="active")
    return list(InboundText.objects.order_by("id"))


def button(text: InboundText) -> str:
    return reverse("admin:channels_app_inboundtext_route_again", args=[text.pk])


def page_of(record: Any) -> str:
    return reverse(f"admin:{record._meta.label_lower.replace('.', '_')}_change", args=[record.pk])


def test_several_are_routed_from_the_list(ada: Client, kept: list[InboundText]) -> None:
    chosen = {"action": "route_selected", "_selected_action": [text.pk for text in kept]}

    assert messages_of(ada.post(LIST, chosen, follow=True)) == ["success: Routed: 2 got into conversations."]
    assert messages_of(ada.post(LIST, chosen, follow=True)) == [
        "warning: Nothing was routed: only texts that are unrouted can be."
    ]
    assert Conversation.objects.count() == 2


def test_one_is_routed_from_its_page(ada: Client, kept: list[InboundText]) -> None:
    assert "Route again</button>" in ada.get(page_of(kept[0])).content.decode()

    answer = ada.post(button(kept[0]), follow=True)

    assert messages_of(answer) == ["success: Routed: 1 got into conversations."]
    assert "Route again</button>" not in answer.content.decode()
    assert Conversation.objects.count() == 1


def test_why_one_stays_unrouted_is_told(ada: Client, kept: list[InboundText]) -> None:
    WorkStream.objects.update(status="inactive")

    assert messages_of(ada.post(button(kept[0]), follow=True)) == [
        "warning: Not routed: 1. The work stream Support by SMS is Inactive: it starts no conversation."
    ]


def test_the_streams_page_leads_to_them(ada: Client, world: World, kept: list[InboundText]) -> None:
    page = ada.get(page_of(world.stream)).content.decode()
    address = f"{LIST}?disposition__exact=unrouted&amp;number={world.number.pk}"
    assert f'2 texts to this work stream\'s number are kept in no conversation. <a href="{address}">' in page

    listed = ada.get(address.replace("&amp;", "&"))
    assert {text.pk for text in listed.context["cl"].result_list} == {text.pk for text in kept}

    ada.post(LIST, {"action": "route_selected", "_selected_action": [text.pk for text in kept]})
    assert "kept in no conversation" not in ada.get(page_of(world.stream)).content.decode()


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_only_administrators_route(as_user: Any, kept: list[InboundText], username: str) -> None:
    client = as_user(username)
    client.post(button(kept[0]))
    client.post(LIST, {"action": "route_selected", "_selected_action": [kept[0].pk]})

    assert not Conversation.objects.exists()
    assert "Route again" not in client.get(page_of(kept[0])).content.decode()


def test_looking_at_the_address_routes_nothing(ada: Client, kept: list[InboundText]) -> None:
    assert ada.get(button(kept[0])).status_code == 405
    assert not Conversation.objects.exists()
