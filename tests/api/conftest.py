"""What the API's tests share: a client with a token per person, a conversation to work on."""

from collections.abc import Callable
from typing import Any

import pytest
import responses
from django.utils import timezone
from rest_framework.test import APIClient

from agents.models import ApiToken
from channels_app.models import ProviderAccount
from conversations.models import Conversation
from tests.world import World, post_webhook, text_params

Api = Callable[[str], APIClient]


@pytest.fixture
def api(world: World) -> Api:
    """A client with the token of one of the world's people, by username."""

    def client_of(username: str) -> APIClient:
        client = APIClient()
        # In use already: noting the first use costs a statement.
        _, token = ApiToken.objects.create(world.users[username], last_used_at=timezone.now())
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        return client

    return client_of


@pytest.fixture
def conversation(world: World, drain: Any) -> Conversation:
    """A customer has written: Open, in the Default queue."""
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    return Conversation.objects.get()


@pytest.fixture
def at_twilio(world: World) -> World:
    """The world with its account at Twilio's own address."""
    ProviderAccount.objects.update(base_url="https://api.twilio.com")
    world.sms_settings.refresh_from_db()
    return world


@pytest.fixture
def twilio() -> Any:
    """Answers for requests to Twilio; any other request fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock
