"""Settings, Channels; and a work stream's Status."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from routing.channels import WHATSAPP_STREAM
from routing.models import ChannelSetting, WorkStream
from tests.administration.conftest import errors_of, form_of, messages_of
from tests.administration.test_work_stream_page import ADD, SETTINGS, STREAM, fill_in, page_of, stored
from tests.world import World

LIST, STREAMS = "/admin/routing/channelsetting/", "/admin/routing/workstream/"


@pytest.fixture
def sms(world: World) -> ChannelSetting:
    return ChannelSetting.objects.get(channel="sms")


def channel_page(setting: ChannelSetting) -> str:
    return reverse("admin:routing_channelsetting_change", args=[setting.pk])


def test_every_channel_is_there_enabled_and_with_the_usual_limits(ada: Client, sms: ChannelSetting) -> None:
    page = ada.get(LIST).content.decode()

    assert (sms.is_enabled, sms.auto_close_open, sms.auto_close_active, sms.auto_close_wrap_up) == (
        True,
        43_200,
        43_200,
        1_440,
    )
    assert "30 days" in page
    assert "Enabled" in page


def test_limits_are_typed_as_people_say_them(ada: Client, sms: ChannelSetting) -> None:
    typed = {"auto_close_open": "10 days", "auto_close_active": "", "auto_close_wrap_up": "2 h 30 min"}

    fill_in(ada, channel_page(sms), **typed)

    sms.refresh_from_db()
    assert (sms.auto_close_open, sms.auto_close_active, sms.auto_close_wrap_up) == (14_400, None, 150)
    assert "Never" in ada.get(LIST).content.decode()


@pytest.mark.parametrize("typed", ["0", "soon", "9999999 days", "-1"])
def test_a_wrong_limit_is_told_at_its_field(ada: Client, sms: ChannelSetting, typed: str) -> None:
    page = fill_in(ada, channel_page(sms), auto_close_open=typed)

    assert errors_of(page)["auto_close_open"]


def test_channels_are_neither_added_nor_removed(ada: Client, sms: ChannelSetting) -> None:
    assert ada.get(f"{LIST}add/").status_code == 403
    assert ada.post(f"{LIST}{sms.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_supervisor_reads_them(as_user: Any, sms: ChannelSetting) -> None:
    assert as_user("sam").get(channel_page(sms)).status_code == 200
    assert as_user("sam").post(channel_page(sms), {}).status_code == 403


# --- what is not enabled is not offered -----------------------------------------------------------


def test_a_channel_that_is_not_enabled_is_not_offered(ada: Client, sms: ChannelSetting) -> None:
    ChannelSetting.objects.update(is_enabled=False)

    page = ada.get(ADD)
    sent = ada.post(ADD, {**form_of(page), **STREAM, "channel": "sms"})

    assert page.context["adminform"].form.fields["channel"].choices == []
    assert "No channel is enabled" in page.content.decode()
    assert "SMS is not enabled, so nothing new can be set up" in page.content.decode()
    assert "Select a valid choice" in errors_of(sent)["channel"][0]


def test_a_stream_of_it_can_still_be_changed(ada: Client, at_twilio: World, sms: ChannelSetting) -> None:
    ChannelSetting.objects.update(is_enabled=False)

    page = fill_in(ada, page_of(at_twilio.stream), name="Help by SMS")

    assert WorkStream.objects.get(channel="sms").name == "Help by SMS"
    assert "Not enabled: it starts no conversation." in page.content.decode()


def test_settings_that_are_sent_all_the_same_are_refused(ada: Client, sms: ChannelSetting) -> None:
    stream = WorkStream.objects.create(name="Fresh")
    opened = form_of(ada.get(page_of(stream)))
    ChannelSetting.objects.update(is_enabled=False)
    before = stored()

    page = ada.post(page_of(stream), {**opened, **SETTINGS})

    assert page.status_code == 200
    assert "SMS is not enabled" in page.content.decode()
    assert stored() == before


@pytest.mark.parametrize("model", ["smssettings", "smsnumber"])
def test_the_pages_of_settings_and_numbers_say_why_there_is_nothing_new(
    ada: Client, sms: ChannelSetting, model: str
) -> None:
    ChannelSetting.objects.update(is_enabled=False)

    assert "SMS is not enabled" in ada.get(f"/admin/channels_app/{model}/add/").content.decode()


# --- Status of a work stream ----------------------------------------------------------------------


def test_the_list_shows_active_streams_unless_others_are_asked_for(ada: Client, world: World) -> None:
    WorkStream.objects.create(name="Old one", status="inactive")

    shown = {query: ada.get(f"{STREAMS}{query}") for query in ("", "?status=inactive", "?status=all")}

    names = {q: [s.name for s in page.context["cl"].result_list] for q, page in shown.items()}
    assert names == {
        "": ["Support by SMS", WHATSAPP_STREAM],
        "?status=inactive": ["Old one"],
        "?status=all": ["Old one", "Support by SMS", WHATSAPP_STREAM],
    }
    titles = ["Active Work Streams", "Inactive Work Streams", "All Work Streams"]
    for page, title in zip(shown.values(), titles, strict=True):
        assert f"<h1>{title}</h1>" in page.content.decode()


def test_a_list_that_hides_inactive_streams_does_not_call_itself_empty(ada: Client, world: World) -> None:
    WorkStream.objects.update(status="inactive")

    page = ada.get(STREAMS).content.decode()

    assert "None with these filters." in page
    assert f'href="{STREAMS}?status=all"' in page
    WorkStream.objects.update(deleted_at=now())
    assert "Nothing here yet." in ada.get(STREAMS).content.decode()


def test_who_only_reads_a_stream_reads_its_duration_in_words(as_user: Any, world: World) -> None:
    page = as_user("sam").get(f"{STREAMS}{world.stream.pk}/change/").content.decode()

    assert "8 hours" in page
    assert ">480<" not in page


def test_the_status_is_set_on_the_page(ada: Client, at_twilio: World) -> None:
    fill_in(ada, page_of(at_twilio.stream), status="inactive")

    assert WorkStream.objects.get(channel="sms").status == "inactive"


@pytest.mark.parametrize(
    ("action", "before", "after", "told"),
    [
        ("deactivate", "active", "inactive", "success: Now Inactive: Support by SMS."),
        ("activate", "inactive", "active", "success: Now Active: Support by SMS."),
        ("activate", "active", "active", "warning: They were Active already: nothing was changed."),
    ],
)
def test_several_are_activated_or_deactivated_in_the_list(
    ada: Client, world: World, action: str, before: str, after: str, told: str
) -> None:
    WorkStream.objects.update(status=before)
    chosen = {"action": action, "_selected_action": [world.stream.pk]}

    page = ada.post(f"{STREAMS}?status=all", chosen, follow=True)

    assert WorkStream.objects.get(channel="sms").status == after
    assert told in messages_of(page)


def test_a_supervisor_deactivates_nothing(as_user: Any, world: World) -> None:
    as_user("sam").post(STREAMS, {"action": "deactivate", "_selected_action": [world.stream.pk]})

    assert WorkStream.objects.get(channel="sms").status == "active"
