"""What the administration's tests share: forms as a browser would send them, a Twilio that answers."""

from collections.abc import Callable
from typing import Any

import pytest
import responses
from django.test import Client
from knox.models import get_token_model
from rest_framework.test import APIClient

from channels_app.models import ProviderAccount
from tests.world import World

TWILIO = "https://api.twilio.com"


@pytest.fixture
def ada(as_user: Callable[[str], Client]) -> Client:
    """The administrator's browser."""
    return as_user("ada")


@pytest.fixture
def api_client(world: World) -> Callable[[str], APIClient]:
    """A client with the token of one of the world's people, by username."""
    tokens = {name: get_token_model().objects.create(world.users[name])[1] for name in ("ada", "alice")}

    def client_of(username: str) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {tokens[username]}")
        return client

    return client_of


@pytest.fixture
def at_twilio(world: World) -> World:
    """The world with its account at Twilio's own address."""
    ProviderAccount.objects.update(base_url=TWILIO)
    world.sms_settings.refresh_from_db()
    return world


@pytest.fixture
def twilio() -> Any:
    """Answers for requests to Twilio; any other request fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def form_of(response: Any) -> dict[str, Any]:
    """The values that a browser would send back unchanged."""
    form = response.context["adminform"].form
    data = {}
    for name in form.fields:
        value = form[name].value()
        if value not in (None, False):
            data[form.add_prefix(name)] = value
    for formset in response.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        data |= {management.add_prefix(name): management[name].value() for name in management.fields}
        for row in formset.formset.forms:
            values = {row.add_prefix(name): row[name].value() for name in row.fields}
            data |= {name: value for name, value in values.items() if value not in (None, False)}
    return data


def messages_of(response: Any) -> list[str]:
    """What the page tells."""
    return [f"{message.level_tag}: {message}" for message in response.context["messages"]]


def errors_of(response: Any) -> dict[str, list[str]]:
    """Errors per field; those of rows below a record by their whole name, as in `conditions-0-value`."""
    assert response.status_code == 200, response.status_code
    found = {name: list(errors) for name, errors in response.context["adminform"].form.errors.items()}
    for formset in response.context["inline_admin_formsets"]:
        for row in formset.formset.forms:
            found |= {row.add_prefix(name): list(errors) for name, errors in row.errors.items()}
        if whole := list(formset.formset.non_form_errors()):
            found[formset.formset.prefix] = whole
    return found
