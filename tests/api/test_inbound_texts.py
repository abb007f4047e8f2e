"""Customers' texts over the API: masked, filtered, and routed again."""

from typing import Any

import pytest

from agents.models import User
from channels_app.models_receipts import InboundText
from conversations.models import Conversation
from routing.models import WorkStream
from tests.path.support import write
from tests.world import CUSTOMER, World

URL = "/api/v1/inbound-texts/"


@pytest.fixture
def kept(world: World, drain: Any) -> InboundText:
    """An unrouted text; the stream is Active again."""
    WorkStream.objects.update(status="inactive")
    write(world, f"Call me at {CUSTOMER}", number=1)
    drain()
    WorkStream.objects.update(status="active")
    return InboundText.objects.get()


def test_an_unrouted_text_is_routed_once(kept: InboundText, api: Any) -> None:
    client, url = api("ada"), f"{URL}{kept.pk}/route-again/"
    assert client.get(f"{URL}{kept.pk}/").json()["conversation"] is None

    answer = client.post(url)

    assert answer.status_code == 200
    assert answer.json()["disposition"] == "conversation"
    assert answer.json()["conversation"] == Conversation.objects.get().pk
    again = client.post(url)
    assert (again.status_code, again.json()["code"]) == (409, "not_unrouted")
    assert Conversation.objects.count() == 1


def test_what_still_nothing_takes_is_told(kept: InboundText, api: Any) -> None:
    WorkStream.objects.update(status="inactive")

    answer = api("ada").post(f"{URL}{kept.pk}/route-again/")

    told = "The work stream Support by SMS is Inactive: it starts no conversation."
    assert (answer.status_code, answer.json()) == (409, {"code": "not_routed", "detail": told})


def test_numbers_are_masked_for_those_without_the_right(kept: InboundText, api: Any) -> None:
    assert User.objects.get(username="sam").has_perm("agents.see_customer_numbers") is False
    whole, masked = api("ada").get(URL).content.decode(), api("sam").get(URL).content.decode()

    assert CUSTOMER in whole
    assert CUSTOMER not in masked
    assert CUSTOMER[1:] not in masked


def test_only_administrators_route(kept: InboundText, api: Any) -> None:
    assert api("sam").post(f"{URL}{kept.pk}/route-again/").status_code == 403
    assert api("alice").get(URL).status_code == 403
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [("disposition=unrouted", 1), ("disposition=blocked", 0), ("number=14252306549", 1), ("number=1", 0)],
)
def test_they_are_filtered(kept: InboundText, api: Any, query: str, found: int) -> None:
    assert len(api("ada").get(f"{URL}?{query}").json()["results"]) == found
