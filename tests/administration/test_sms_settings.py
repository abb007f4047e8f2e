"""SMS settings as an administrator fills them in."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels_app.accounts import inbound_address
from channels_app.models import InboundUrl, ProviderAccount, SmsSettings
from routing.models import WorkStream
from tests.administration.conftest import TWILIO, errors_of, form_of
from tests.world import ACCOUNT_SID, AUTH_TOKEN, World, post_webhook, text_params

ADD = "/admin/channels_app/smssettings/add/"
OTHER_SID = "AC" + "f" * 32


@pytest.fixture
def stream(world: World) -> WorkStream:
    return WorkStream.objects.create(name="Sales by SMS")


@pytest.fixture
def filled(stream: WorkStream) -> dict[str, Any]:
    return {
        "work_stream": stream.pk,
        "provider": "twilio",
        "account_sid": OTHER_SID,
        "auth_token": "a-token",
        "secondary_auth_token": "",
        "base_url": TWILIO,
    }


def change_url(record: SmsSettings) -> str:
    return reverse("admin:channels_app_smssettings_change", args=[record.pk])


def test_twilios_inbound_url_is_not_shown_before_the_first_save(ada: Client, stream: WorkStream) -> None:
    page = ada.get(f"{ADD}?work_stream={stream.pk}")

    assert "Twilio inbound URL" not in page.content.decode()
    assert page.context["adminform"].form["work_stream"].value() == str(stream.pk)


def test_saving_issues_the_inbound_url_and_shows_where_to_paste_it(
    ada: Client, filled: dict[str, Any]
) -> None:
    page = ada.post(ADD, filled, follow=True)

    saved = SmsSettings.objects.get(work_stream=filled["work_stream"])
    assert page.request["PATH_INFO"] == change_url(saved)
    assert inbound_address(saved.inbound_url) in page.content.decode()
    assert "Phone Numbers &gt; Active Numbers" in page.content.decode()
    assert saved.account.secret.reveal() == "a-token"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("account_sid", "", "This field is required."),
        ("account_sid", "1234", "An Account SID is AC followed by 32 digits and letters a to f."),
        ("account_sid", OTHER_SID + " x", "An Account SID is AC followed by 32 digits and letters a to f."),
        ("auth_token", "", "Enter the Auth Token of this account."),
        ("auth_token", "a\x00b", "Null characters are not allowed."),
        ("base_url", "http://api.twilio.com", "must begin with https://"),
        ("base_url", "https://localhost", "public host"),
        ("base_url", "https://127.0.0.1", "public host"),
        ("base_url", "https://10.1.2.3", "public host"),
        ("base_url", "https://[::1]", "public host"),
        ("base_url", "https://127.1", "public host"),
        ("base_url", "https://0x7f000001", "public host"),
        ("base_url", "https://printer.local", "public host"),
        ("base_url", "https://169.254.169.254", "public host"),
        ("base_url", "https://api.twilio.com:8443", "must not name a port"),
        ("base_url", "https://[fd00::1]", "public host"),
        ("base_url", "https://[64:ff9b::a00:1]", "public host"),
        ("base_url", "https://[2002:7f00:1::]", "public host"),
        ("base_url", "https://[::127.0.0.1]", "public host"),
        ("base_url", "https://[::ffff:10.0.0.1]", "public host"),
        ("base_url", "https://api.twilio.com:443@10.0.0.1", "scheme and host only"),
        ("base_url", "https://api.twilio.com/2010", "scheme and host only"),
        ("base_url", "https://api.twilio.com?x=1", "scheme and host only"),
        ("base_url", "https://user:pass@api.twilio.com", "scheme and host only"),
        ("base_url", "https://[broken", "scheme and host only"),
        ("base_url", "ftp://api.twilio.com", "scheme and host only"),
        ("base_url", "nonsense", "scheme and host only"),
        ("provider", "carrier-pigeon", "Select a valid choice."),
    ],
)
def test_a_wrong_value_is_told_at_its_field(
    ada: Client, filled: dict[str, Any], field: str, value: str, told: str
) -> None:
    errors = errors_of(ada.post(ADD, {**filled, field: value}))

    assert told in errors[field][0]
    assert not SmsSettings.objects.filter(work_stream=filled["work_stream"]).exists()


@pytest.mark.parametrize("url", ["https://API.twilio.com/", " https://api.twilio.com "])
def test_a_base_url_is_kept_tidy(ada: Client, filled: dict[str, Any], url: str) -> None:
    ada.post(ADD, {**filled, "base_url": url})

    assert ProviderAccount.objects.get(external_id=OTHER_SID).base_url == TWILIO


def test_a_simulator_on_this_machine_is_allowed_in_a_demo(
    ada: Client, filled: dict[str, Any], settings: Any
) -> None:
    settings.DEMO = True

    ada.post(ADD, {**filled, "base_url": "http://127.0.0.1:8001"})

    assert ProviderAccount.objects.get(external_id=OTHER_SID).base_url == "http://127.0.0.1:8001"


def test_a_typed_token_is_asked_for_again_when_the_page_has_errors(ada: Client, at_twilio: World) -> None:
    url = change_url(at_twilio.sms_settings)
    wrong = {**form_of(ada.get(url)), "account_sid": "x", "auth_token": "new-token-canary"}

    page = ada.post(url, wrong)

    assert "Type it again" in errors_of(page)["auth_token"][0]
    assert "new-token-canary" not in page.content.decode()


def test_an_empty_token_keeps_the_known_one(ada: Client, at_twilio: World) -> None:
    url = change_url(at_twilio.sms_settings)

    ada.post(url, form_of(ada.get(url)))

    assert ProviderAccount.objects.get().secret.reveal() == AUTH_TOKEN
    assert InboundUrl.objects.count() == 1


def test_another_token_for_a_known_account_is_replaced_on_a_page_of_its_own(
    ada: Client, at_twilio: World
) -> None:
    url = change_url(at_twilio.sms_settings)

    page = ada.post(url, {**form_of(ada.get(url)), "auth_token": "another"})

    assert "which is used by Support by SMS" in errors_of(page)["auth_token"][0]
    replace = reverse("admin:replace-token", args=[at_twilio.sms_settings.account_id])
    assert f'<a href="{replace}">Replace the Auth Token</a>' in page.content.decode()
    assert ProviderAccount.objects.get().secret.reveal() == AUTH_TOKEN


def test_a_secondary_token_is_added_without_asking(ada: Client, at_twilio: World) -> None:
    url = change_url(at_twilio.sms_settings)

    ada.post(url, {**form_of(ada.get(url)), "secondary_auth_token": "second"})

    account = ProviderAccount.objects.get()
    assert (account.secret.reveal(), account.secondary_secret.reveal()) == (AUTH_TOKEN, "second")


def test_the_secondary_token_can_be_removed(ada: Client, at_twilio: World) -> None:
    ProviderAccount.objects.get()
    account = at_twilio.sms_settings.account
    account.secondary_secret = "second"
    account.save()
    url = change_url(at_twilio.sms_settings)

    ada.post(url, {**form_of(ada.get(url)), "remove_secondary": "on"})

    assert not ProviderAccount.objects.get().secondary_secret


def test_another_base_url_does_not_get_the_known_token(ada: Client, at_twilio: World) -> None:
    url = change_url(at_twilio.sms_settings)

    page = ada.post(url, {**form_of(ada.get(url)), "base_url": "https://collector.example.com"})

    assert errors_of(page)["auth_token"] == ["Enter the Auth Token of this account."]


def test_two_streams_share_one_account(ada: Client, at_twilio: World, filled: dict[str, Any]) -> None:
    ada.post(ADD, {**filled, "account_sid": ACCOUNT_SID, "auth_token": ""})

    first, second = SmsSettings.objects.order_by("id")
    assert first.account == second.account
    assert first.inbound_url != second.inbound_url


@pytest.mark.parametrize("field", ["auth_token", "secondary_auth_token"])
def test_another_token_for_a_shared_account_names_who_shares_it(
    ada: Client, at_twilio: World, filled: dict[str, Any], field: str
) -> None:
    page = ada.post(ADD, {**filled, "account_sid": ACCOUNT_SID, "auth_token": "", field: "other"})

    assert "used by Support by SMS" in errors_of(page)[field][0]
    assert ProviderAccount.objects.get().secret.reveal() == AUTH_TOKEN


def test_a_stream_has_its_settings_once(ada: Client, at_twilio: World, filled: dict[str, Any]) -> None:
    page = ada.post(ADD, {**filled, "work_stream": at_twilio.stream.pk})

    assert "Select a valid choice" in errors_of(page)["work_stream"][0]


def test_settings_are_not_deleted_by_hand(ada: Client, world: World) -> None:
    url = reverse("admin:channels_app_smssettings_delete", args=[world.sms_settings.pk])

    assert ada.post(url, {"post": "yes"}).status_code == 403


def test_a_corrected_account_keeps_the_inbound_url_and_forgets_the_validation(
    ada: Client, filled: dict[str, Any]
) -> None:
    ada.post(ADD, filled)
    record = SmsSettings.objects.get(work_stream=filled["work_stream"])
    SmsSettings.objects.filter(pk=record.pk).update(last_validation_status="success: fine")

    ada.post(change_url(record), {**filled, "account_sid": "AC" + "e" * 32})

    changed = SmsSettings.objects.get(pk=record.pk)
    assert changed.account.external_id == "AC" + "e" * 32
    assert changed.inbound_url == record.inbound_url
    assert changed.last_validation_status == ""


def test_an_account_with_traffic_keeps_its_url_and_the_new_one_is_announced(
    ada: Client, filled: dict[str, Any], world: World
) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    before = world.sms_settings.inbound_url_id
    change = {k: v for k, v in filled.items() if k != "work_stream"}

    page = ada.post(change_url(world.sms_settings), change, follow=True)

    world.sms_settings.refresh_from_db()
    assert world.sms_settings.inbound_url_id != before
    assert "give Twilio the new one" in page.content.decode()
    assert InboundUrl.objects.get(pk=before).retired_at is None
