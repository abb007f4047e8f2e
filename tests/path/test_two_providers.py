"""One customer, two support numbers at two providers: two conversations, each by itself."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from channels_app.accounts import inbound_address
from channels_app.models_receipts import InboundText
from conversations.models import Conversation
from routing.models import WorkStream
from tests.at_telesign import API_KEY, CUSTOMER_ID, OUR_TELESIGN_NUMBER, number_of, settings_of
from tests.world import CUSTOMER, OUR_NUMBER, World, post_webhook, text_params

SAME = "Is anybody there?"


@pytest.fixture
def telesign_url(world: World) -> str:
    stream = WorkStream.objects.create(name="Sales by SMS")
    made = settings_of(stream, base_url="http://127.0.0.1:1")
    number_of(stream)
    return inbound_address(made.inbound_url)


def telesign_posts(url: str, text: str, *, reference: int) -> Any:
    """A customer's text as TeleSign posts it, signed over the body (developer.telesign.com, read 2026-11)."""
    told = {"phone_number": CUSTOMER[1:], "sender_id": OUR_TELESIGN_NUMBER, "mo_message": text}
    body = json.dumps(
        {
            "reference_id": f"{reference:032X}",
            "sub_resource": "mo_sms",
            "status": {"code": 1500, "description": "Delivered to customer"},
            "submit_timestamp": "2026-11-21T12:00:00.000000Z",
            "user_response": told,
        }
    ).encode()
    signed = base64.b64encode(hmac.new(base64.b64decode(API_KEY), body, hashlib.sha256).digest()).decode()
    return Client().post(
        url.removeprefix(settings.PUBLIC_BASE_URL),
        data=body,
        content_type="application/json",
        headers={"Authorization": f"TSA {CUSTOMER_ID}:{signed}"},
    )


def test_the_same_text_on_both_makes_two_conversations_of_one_customer(
    world: World, telesign_url: str, drain: Any
) -> None:
    assert post_webhook(world.inbound_url, text_params(SAME)).status_code == 200
    assert telesign_posts(telesign_url, SAME, reference=1).status_code == 200
    drain()

    first, second = Conversation.objects.order_by("id")
    assert {first.number.value, second.number.value} == {OUR_NUMBER, OUR_TELESIGN_NUMBER}
    assert first.address == second.address
    assert first.work_stream != second.work_stream
    assert [text.text for text in InboundText.objects.all()] == [SAME, SAME]

    post_webhook(world.inbound_url, text_params("And again", number=2))
    telesign_posts(telesign_url, "And again", reference=2)
    drain()

    assert Conversation.objects.count() == 2
    assert InboundText.objects.count() == 4
