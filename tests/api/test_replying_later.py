"""Texts for later over the API: scheduled, taken back, sent now, and not at all when somebody wrote."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels_app.models_deliveries import Delivery
from conversations.models import Conversation, Message
from tests.api.conftest import Api
from tests.world import World, post_webhook, text_params

ROOT = "/api/v1/"


@pytest.fixture
def reply(api: Api, conversation: Conversation) -> Any:
    """Alice has the conversation, and replies."""
    client = api("alice")
    client.post(f"{ROOT}conversations/{conversation.pk}/pick/")

    def post(**said: Any) -> Any:
        body = {"text": "Hi", **said}
        return client.post(f"{ROOT}conversations/{conversation.pk}/reply/", body, format="json")

    return post


def test_a_text_for_later_waits_and_can_be_taken_back_or_hurried(api: Api, reply: Any) -> None:
    at = timezone.now() + timedelta(hours=1)
    one, two = (
        reply(not_before=at.isoformat(), cancel_if_customer_writes=True).json()["id"] for _ in range(2)
    )
    assert set(Delivery.objects.values_list("not_before", flat=True)) == {at}
    assert Message.objects.filter(cancel_if_customer_writes=True).count() == 2

    taken_back = api("alice").post(f"{ROOT}messages/{one}/take-back/")
    hurried = api("alice").post(f"{ROOT}messages/{two}/send-now/")

    assert (taken_back.status_code, taken_back.json()["status"]) == (200, "canceled")
    assert (hurried.status_code, hurried.json()["status"]) == (200, "pending")
    assert Delivery.objects.get(state="pending").not_before is None
    again = api("alice").post(f"{ROOT}messages/{one}/take-back/")
    assert (again.status_code, again.json()["code"]) == (409, "past_recall")
    assert api("bob").post(f"{ROOT}messages/{two}/take-back/").status_code == 409


@pytest.mark.parametrize("not_before", ["2020-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "soon", ""])
def test_a_time_that_cannot_be_is_refused_at_its_field(reply: Any, not_before: str) -> None:
    refused = reply(not_before=not_before)

    assert (refused.status_code, list(refused.json())) == (400, ["not_before"])
    assert not Delivery.objects.exists()


def test_nothing_is_sent_past_what_was_not_seen(
    world: World, drain: Any, conversation: Conversation, reply: Any
) -> None:
    seen = Conversation.objects.get().last_seq
    post_webhook(world.inbound_url, text_params("Never mind", number=2))
    drain()

    refused = reply(last_seen_seq=seen)

    assert (refused.status_code, refused.json()["code"]) == (409, "written_meanwhile")
    assert not Delivery.objects.exists()
    assert reply(last_seen_seq=Conversation.objects.get().last_seq).status_code == 201
