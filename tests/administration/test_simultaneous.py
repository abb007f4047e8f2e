"""Two people who save the same at once: the constraint decides, and the loser is told."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.urls import reverse

from channels_app import accounts
from routing.models import WorkStream
from tests.world import ACCOUNT_SID


@pytest.fixture
def lost_race(monkeypatch: pytest.MonkeyPatch) -> None:
    """The constraint speaks after all checks were passed."""

    def lose(**_: Any) -> None:
        raise IntegrityError("duplicate key")

    monkeypatch.setattr(accounts, "check_sms_settings", lose)


def test_the_service_tells_it_as_a_conflict_at_a_field(world: Any, lost_race: None) -> None:
    with pytest.raises(accounts.Conflict) as caught:
        accounts.save_sms_settings(
            sms_settings=world.sms_settings,
            provider="twilio",
            external_id=ACCOUNT_SID,
            base_url="https://api.twilio.com",
            secret="another",
            secondary_secret=None,
        )

    assert caught.value.field == "provider"


def test_the_page_tells_it_as_a_message(world: Any, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = WorkStream.objects.create(name="Another stream")

    def lose(**_: Any) -> None:
        raise accounts.Conflict("Somebody saved the same at this moment: look again.", field="account_sid")

    monkeypatch.setattr(accounts, "save_sms_settings", lose)
    form = {
        "work_stream": stream.pk,
        "provider": "twilio",
        "account_sid": "AC" + "1" * 32,
        "auth_token": "fake-token",
        "base_url": "https://api.twilio.com",
    }

    answer = as_user("ada").post(reverse("admin:channels_app_smssettings_add"), form, follow=True)

    assert answer.status_code == 200
    assert "Somebody saved the same at this moment" in answer.content.decode()
