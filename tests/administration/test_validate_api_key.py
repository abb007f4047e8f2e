"""Validate API Key, through the real twilio library; Twilio's HTTP answers are the seam."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.models import SmsSettings
from channels_app.models_deliveries import ProviderCall
from tests.administration.conftest import messages_of
from tests.answers import TABLE, answers
from tests.world import World


def validate(client: Client, world: World) -> Any:
    url = reverse("admin:channels_app_smssettings_validate", args=[world.sms_settings.pk])
    return client.post(url, follow=True)


@pytest.mark.parametrize(("arrange", "told", "outcome"), TABLE)
def test_each_answer_of_twilio_is_told_and_kept(
    ada: Client, at_twilio: World, twilio: Any, arrange: Any, told: list[str], outcome: str
) -> None:
    arrange(twilio)

    response = validate(ada, at_twilio)

    assert messages_of(response) == told
    kept = SmsSettings.objects.get()
    worst = next((t for level in ("error", "warning") for t in told if t.startswith(level)), told[0])
    assert (kept.last_validation_status, kept.last_validation_outcome) == (worst, outcome)
    assert kept.last_validation_on is not None
    assert worst.partition(": ")[2] in response.content.decode().replace("&#x27;", "'")


def test_several_are_validated_from_the_list(ada: Client, at_twilio: World, twilio: Any) -> None:
    answers()(twilio)
    chosen = {"action": "validate_selected", "_selected_action": [at_twilio.sms_settings.pk]}

    response = ada.post(reverse("admin:channels_app_smssettings_changelist"), chosen, follow=True)

    assert messages_of(response)[0] == "success: Support by SMS: Account SID and Auth Token are valid."


def test_the_token_in_twilios_answer_is_kept_nowhere(ada: Client, at_twilio: World, twilio: Any) -> None:
    answers()(twilio)

    validate(ada, at_twilio)

    assert [call.answer for call in ProviderCall.objects.all()] == ["", ""]


def test_looking_at_the_address_validates_nothing(ada: Client, at_twilio: World) -> None:
    url = reverse("admin:channels_app_smssettings_validate", args=[at_twilio.sms_settings.pk])

    assert ada.get(url).status_code == 405


def test_it_needs_a_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.users["ada"])

    assert validate(client, world).status_code == 403


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_only_administrators_may(as_user: Any, at_twilio: World, username: str) -> None:
    response = validate(as_user(username), at_twilio)

    assert SmsSettings.objects.get().last_validation_on is None
    assert "/validate/" not in response.request["PATH_INFO"]


def test_an_unknown_record_is_told_and_not_an_error(ada: Client, world: World) -> None:
    response = ada.post("/admin/channels_app/smssettings/987654321/validate/", follow=True)

    assert "perhaps it was deleted" in messages_of(response)[0].lower()
