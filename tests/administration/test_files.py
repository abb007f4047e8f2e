"""Pictures and files under Diagnostics, and the extensions that a channel blocks."""

from typing import Any

import pytest
from django.test import Client

from channels_app import media_files
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText
from omnichannel.models import AuditEntry
from routing.channels import blocked_extensions
from routing.models import BLOCKED_EXTENSIONS, ChannelSetting
from tests.media_host import picture
from tests.world import World, post_webhook, text_params

LIST = "/admin/channels_app/media/"


@pytest.fixture
def files(world: World, drain: Any) -> list[Media]:
    """One that is ready, one that failed, one without an address; named after a number."""
    post_webhook(world.inbound_url, text_params("Look"))
    drain()
    text = InboundText.objects.get()
    ready = media_files.keep(picture(), content_type="image/jpeg", name="+14255550100.jpg")
    failed = {"state": "failed", "reason": "Twilio answered 500.", "source_url": "http://127.0.0.1:1/a"}
    return [
        Media.objects.create(inbound_text=text, position=0, state="ready", **media_files.columns(ready)),
        Media.objects.create(inbound_text=text, position=1, **failed),
        Media.objects.create(inbound_text=text, position=2, state="refused", reason="No address."),
    ]


def test_files_are_listed_by_state_with_their_reason(as_user: Any, files: list[Media]) -> None:
    page = as_user("sam").get(f"{LIST}?state__exact=failed").content.decode()
    assert "Twilio answered 500." in page
    assert "No address." not in page


def test_fetch_again_is_the_administrators_and_asks_only_where_it_helps(
    as_user: Any, files: list[Media]
) -> None:
    form = {"action": "fetch_again_selected", "_selected_action": [file.pk for file in files]}
    as_user("sam").post(LIST, form)
    assert not Media.objects.filter(state="fetching").exists()
    answer = as_user("ada").post(LIST, form, follow=True)
    assert "Asked for again: 1 will be fetched in a moment." in answer.content.decode()
    assert [file.pk for file in Media.objects.filter(state="fetching")] == [files[1].pk]


def test_whoever_may_see_numbers_opens_the_file_and_that_is_noted(as_user: Any, files: list[Media]) -> None:
    path = f"{LIST}{files[0].pk}/change/"
    noted = AuditEntry.objects.filter(content_type__model="media")
    masked = as_user("sam").get(path).content.decode()
    assert "4255550100" not in masked
    assert f"/media/{files[0].pk}/" not in masked
    assert not noted.exists()
    whole = as_user("ada").get(path).content.decode()
    assert "+14255550100.jpg" in whole
    assert f'href="/media/{files[0].pk}/"' in whole
    assert noted.count() == 1


def setting_form(**changes: Any) -> dict[str, Any]:
    limits = dict.fromkeys(("auto_close_open", "auto_close_active", "auto_close_wrap_up"), "60")
    return {"is_enabled": "on", **limits, **changes}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("exe bat", {"exe", "bat"}), (".EXE, .bat;\n js", {"exe", "bat", "js"}), ("", set())],
)
def test_blocked_extensions_are_taken_as_people_write_them(
    ada: Client, world: World, typed: str, stored: set[str]
) -> None:
    setting = ChannelSetting.objects.get(channel="sms")
    answer = ada.post(
        f"/admin/routing/channelsetting/{setting.pk}/change/", setting_form(blocked_extensions=typed)
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert blocked_extensions("sms") == stored
    assert blocked_extensions("whatsapp") == set(BLOCKED_EXTENSIONS.split())


def test_what_is_no_extension_is_told_at_the_field(ada: Client, world: World) -> None:
    setting = ChannelSetting.objects.get(channel="sms")
    answer = ada.post(
        f"/admin/routing/channelsetting/{setting.pk}/change/", setting_form(blocked_extensions="exe */*")
    )
    assert "blocked_extensions" in answer.context["adminform"].form.errors
    assert blocked_extensions("sms") == set(BLOCKED_EXTENSIONS.split())
