"""SMS settings of provider TeleSign: Customer ID, API key, and an inbound URL before the first save."""

import re
import time
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse

from channels_app import inbound_urls
from channels_app.accounts import inbound_address
from channels_app.models import InboundUrl, SmsSettings
from routing.models import WorkStream
from tests.administration.conftest import TWILIO, errors_of, form_of, messages_of
from tests.at_telesign import API_KEY, CUSTOMER_ID, OTHER_API_KEY, settings_of
from tests.world import ACCOUNT_SID, World

ADD = "/admin/channels_app/smssettings/add/"
TELESIGN = "https://rest-ww.telesign.com"
SHOWN = re.compile(r"https://desk\.example\.test/hooks/[\w-]+/")


@pytest.fixture
def stream(world: World) -> WorkStream:
    return WorkStream.objects.create(name="Sales by SMS")


@pytest.fixture
def filled(stream: WorkStream) -> dict[str, Any]:
    return {
        "work_stream": stream.pk,
        "provider": "telesign",
        "customer_id": CUSTOMER_ID,
        "api_key": API_KEY,
        "base_url": "",
    }


def shown(page: Any) -> str:
    """The one inbound URL that a page shows."""
    (found,) = set(SHOWN.findall(page.content.decode()))
    return str(found)


def opened(client: Client, **typed: Any) -> tuple[str, dict[str, Any]]:
    """The URL on the page for new settings, and what the browser sends with `typed` filled in."""
    page = client.get(ADD)
    return shown(page), {**form_of(page), **typed}


def test_the_url_of_the_page_is_the_one_that_is_stored(ada: Client, filled: dict[str, Any]) -> None:
    url, sent = opened(ada, **filled)

    page = ada.post(ADD, sent, follow=True)

    saved = SmsSettings.objects.get(work_stream=filled["work_stream"])
    assert inbound_address(saved.inbound_url) == url == shown(page)
    assert (saved.account.provider, saved.account.external_id) == ("telesign", CUSTOMER_ID)
    assert saved.account.base_url == TELESIGN
    assert saved.account.secret.reveal() == API_KEY
    assert API_KEY not in page.content.decode()


def test_on_the_work_streams_page_too(ada: Client, world: World) -> None:
    page = ada.get("/admin/routing/workstream/add/")
    typed = {"provider": "telesign", "customer_id": CUSTOMER_ID, "api_key": API_KEY}
    values = {f"sms_settings-0-{name}": value for name, value in typed.items()}

    ada.post("/admin/routing/workstream/add/", {**form_of(page), "name": "New", "channel": "sms", **values})

    saved = SmsSettings.objects.get(work_stream__name="New")
    assert inbound_address(saved.inbound_url) == shown(page)
    assert saved.account.external_id == CUSTOMER_ID


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("customer_id", "", "This field is required."),
        ("customer_id", "1234", "A Customer ID is 32 digits and letters A to F in five groups"),
        ("customer_id", ACCOUNT_SID, "A Customer ID is 32 digits and letters A to F in five groups"),
        ("api_key", "", "Enter the API key of this account."),
        ("api_key", "not base64!", "An API key of TeleSign is base64"),
        (
            "base_url",
            "http://rest-ww.telesign.com",
            "must begin with https://: the account's secret is sent there",
        ),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_the_url_stays(
    ada: Client, filled: dict[str, Any], field: str, value: str, told: str
) -> None:
    url, sent = opened(ada, **filled)

    page = ada.post(ADD, {**sent, field: value})

    assert told in errors_of(page)[field][0]
    assert shown(page) == url
    assert not SmsSettings.objects.filter(work_stream=filled["work_stream"]).exists()


def test_id_and_key_of_a_wrong_form_are_told_together(ada: Client, filled: dict[str, Any]) -> None:
    errors = errors_of(ada.post(ADD, {**filled, "customer_id": "x", "api_key": "?"}))

    assert set(errors) == {"customer_id", "api_key"}


def test_what_was_typed_for_another_provider_is_left_aside(ada: Client, filled: dict[str, Any]) -> None:
    ada.post(ADD, {**filled, "account_sid": "nonsense", "auth_token": "of-another"})

    assert SmsSettings.objects.get(work_stream=filled["work_stream"]).account.secret.reveal() == API_KEY


def test_a_url_that_was_saved_already_gives_way_to_another(
    ada: Client, filled: dict[str, Any], world: World
) -> None:
    url, sent = opened(ada, **filled)
    ada.post(ADD, sent)
    other = WorkStream.objects.create(name="Billing by SMS")

    page = ada.post(ADD, {**sent, "work_stream": other.pk})

    assert shown(page) != url
    assert "can no longer be used" in errors_of(page)["__all__"][0]
    assert not SmsSettings.objects.filter(work_stream=other).exists()

    ada.post(ADD, {**form_of(page), "api_key": API_KEY})

    assert inbound_address(SmsSettings.objects.get(work_stream=other).inbound_url) == shown(page)


@pytest.mark.parametrize("carried", ["forged", "AAAA:BBBB:CCCC", "open for three days"])
def test_a_url_that_is_not_ours_or_too_old_gives_way_to_another(
    ada: Client, filled: dict[str, Any], carried: str
) -> None:
    if carried == "open for three days":
        with patch("django.core.signing.time.time", return_value=time.time() - 3 * 24 * 3600):
            carried = inbound_urls.issued()

    page = ada.post(ADD, {**filled, "issued": carried})

    assert "can no longer be used" in errors_of(page)["__all__"][0]
    assert not InboundUrl.objects.filter(sms_settings__work_stream=filled["work_stream"]).exists()
    assert shown(page)


def test_for_a_provider_that_is_told_after_saving_it_does_not_matter(
    ada: Client, filled: dict[str, Any]
) -> None:
    sent = {"provider": "twilio", "account_sid": "AC" + "f" * 32, "auth_token": "a-token", "issued": "forged"}

    ada.post(ADD, {**filled, **sent})

    assert SmsSettings.objects.filter(work_stream=filled["work_stream"]).exists()


def change_url(record: SmsSettings) -> str:
    return reverse("admin:channels_app_smssettings_change", args=[record.pk])


def test_a_records_provider_can_be_switched(ada: Client, at_twilio: World) -> None:
    sent = form_of(ada.get(change_url(at_twilio.sms_settings)))
    before = at_twilio.sms_settings.inbound_url

    page = ada.post(
        change_url(at_twilio.sms_settings),
        {**sent, "provider": "telesign", "customer_id": CUSTOMER_ID, "api_key": API_KEY},
        follow=True,
    )

    changed = SmsSettings.objects.get(pk=at_twilio.sms_settings.pk)
    assert (changed.account.provider, changed.account.base_url) == ("telesign", TELESIGN)
    assert changed.inbound_url == before
    assert changed.work_stream.sms_number.number.account == changed.account
    assert messages_of(page)[0].startswith("success")

    back = form_of(ada.get(change_url(changed)))
    ada.post(change_url(changed), {**back, "provider": "twilio", "account_sid": ACCOUNT_SID, "base_url": ""})

    changed.refresh_from_db()
    assert (changed.account.provider, changed.account.base_url) == ("twilio", TWILIO)


def test_another_key_for_a_known_account_is_replaced_on_a_page_of_its_own(
    ada: Client, stream: WorkStream
) -> None:
    record = settings_of(stream, base_url=TELESIGN)

    errors = errors_of(
        ada.post(change_url(record), {**form_of(ada.get(change_url(record))), "api_key": OTHER_API_KEY})
    )

    assert "Another API key is stored for this account" in errors["api_key"][0]
    assert "Replace the API key</a>" in errors["api_key"][0]


def test_the_page_knows_which_fields_belong_to_which_provider(ada: Client, stream: WorkStream) -> None:
    widget = ada.get(ADD).context["adminform"].form.fields["provider"].widget

    assert widget.attrs["data-providers"] == (
        '{"twilio": ["account_sid", "auth_token", "secondary_auth_token", "twilio_inbound_url"], '
        '"telesign": ["customer_id", "api_key", "secondary_api_key", "telesign_inbound_url"]}'
    )
