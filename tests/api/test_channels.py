"""Channels and the Status of work streams over the API."""

from typing import Any

import pytest

from routing.models import BLOCKED_EXTENSIONS, ChannelSetting, WorkStream
from tests.api.conftest import Api
from tests.world import ACCOUNT_SID, World

ROOT = "/api/v1/"
SMS = f"{ROOT}channels/sms/"


def test_channels_are_listed_and_changed(world: World, api: Api) -> None:
    listed = api("ada").get(f"{ROOT}channels/").json()["results"]
    assert sorted(listed, key=lambda channel: channel["channel"]) == [
        {
            "channel": channel,
            "is_enabled": True,
            "auto_close_open": 43_200,
            "auto_close_active": 43_200,
            "auto_close_wrap_up": 1_440,
            "blocked_extensions": BLOCKED_EXTENSIONS,
        }
        for channel in ("sms", "whatsapp")
    ]

    changed = api("ada").patch(SMS, {"auto_close_wrap_up": 120, "auto_close_active": None})

    assert changed.status_code == 200
    assert (changed.json()["auto_close_wrap_up"], changed.json()["auto_close_active"]) == (120, None)


@pytest.mark.parametrize("value", [0, -1, "soon", 10**12, True])
def test_a_wrong_limit_is_told_at_its_field(world: World, api: Api, value: Any) -> None:
    answer = api("ada").patch(SMS, {"auto_close_open": value})

    assert answer.status_code == 400 or value is True
    assert "auto_close_open" in answer.json()


def test_there_are_no_others_and_none_are_made(world: World, api: Api) -> None:
    assert api("ada").get(f"{ROOT}channels/fax/").status_code == 404
    assert api("ada").post(f"{ROOT}channels/", {"channel": "fax"}).status_code in {403, 405}
    assert api("ada").delete(SMS).status_code in {403, 405}
    assert ChannelSetting.objects.count() == 2


def test_a_supervisor_reads_and_an_agent_does_not(world: World, api: Api) -> None:
    assert api("sam").get(SMS).status_code == 200
    assert api("sam").patch(SMS, {"is_enabled": False}).status_code == 403
    assert api("alice").get(SMS).status_code in {403, 404}


def test_what_is_not_enabled_is_refused(world: World, api: Api) -> None:
    fresh = WorkStream.objects.create(name="Fresh")
    ChannelSetting.objects.update(is_enabled=False)
    settings = {"work_stream": fresh.pk, "provider": "twilio", "account_sid": ACCOUNT_SID}
    number = {"work_stream": fresh.pk, "number": "14255550199"}

    for answer, field in (
        (api("ada").post(f"{ROOT}work-streams/", {"name": "Sales"}), "channel"),
        (api("ada").post(f"{ROOT}work-streams/", {"name": "Sales", "channel": "sms"}), "channel"),
        (api("ada").post(f"{ROOT}sms-settings/", {**settings, "auth_token": "x"}), "work_stream"),
        (api("ada").post(f"{ROOT}sms-numbers/", number), "work_stream"),
    ):
        assert answer.status_code == 400, field
        assert answer.json()[field] == ["SMS is not enabled: see Settings, Channels."]


def test_what_is_there_can_be_changed_all_the_same(world: World, api: Api) -> None:
    ChannelSetting.objects.update(is_enabled=False)
    stream = f"{ROOT}work-streams/{world.stream.pk}/"

    assert api("ada").patch(stream, {"capacity": 5}).status_code == 200
    assert api("ada").patch(stream, {"channel": "sms"}).status_code == 200


def test_a_stream_is_set_inactive(world: World, api: Api) -> None:
    answer = api("ada").patch(f"{ROOT}work-streams/{world.stream.pk}/", {"status": "inactive"})

    assert answer.json()["status"] == "inactive"
    assert WorkStream.objects.get(channel="sms").status == "inactive"
    wrong = api("ada").patch(f"{ROOT}work-streams/{world.stream.pk}/", {"status": "asleep"})
    assert wrong.status_code == 400
