"""The page of a work stream: its tabs, one save for all of them, and each error at its field."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from channels_app import accounts, numbers
from channels_app.accounts import inbound_address
from channels_app.models import InboundUrl, ProviderAccount, SmsNumber, SmsSettings
from routing.models import WorkStream
from tests.administration.conftest import TWILIO, errors_of, form_of, messages_of
from tests.answers import TABLE
from tests.world import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, World

ADD = "/admin/routing/workstream/add/"
OTHER_SID = "AC" + "f" * 32
STREAM = {"name": "Sales by SMS", "auto_close_after_inactivity": "1 day 12 hours"}
SETTINGS = {
    "sms_settings-0-account_sid": OTHER_SID,
    "sms_settings-0-auth_token": "a-token",
}
NUMBER = {"sms_number-0-number": "14255550199", "sms_number-0-description": "Sales"}


def page_of(stream: WorkStream) -> str:
    return reverse("admin:routing_workstream_change", args=[stream.pk])


def fill_in(client: Client, url: str, **values: Any) -> Any:
    """Open the page, type, save; what is not typed stays as a browser would send it."""
    return client.post(url, {**form_of(client.get(url)), **values}, follow=True)


def stored() -> tuple[int, ...]:
    kinds = (SmsSettings, SmsNumber, ProviderAccount, InboundUrl)
    streams = WorkStream.objects.filter(channel="sms")
    return streams.count(), *(kind.objects.count() for kind in kinds)


# --- the documents' steps -------------------------------------------------------------------------


def test_the_tabs_have_the_documents_names_and_order(ada: Client, world: World) -> None:
    new, known = ada.get(ADD), ada.get(page_of(world.stream))

    assert [tab.name for tab in new.context["tabs"]] == ["Work distribution", "SMS Settings", "SMS Numbers"]
    assert [tab.name for tab in known.context["tabs"]] == [
        "Work distribution",
        "Routing rule items",
        "SMS Settings",
        "SMS Numbers",
    ]
    assert "New Work Stream" in new.content.decode()
    assert "This option is for future use only." in new.content.decode()


def test_before_the_first_save_there_is_no_inbound_url_of_twilio_and_nothing_to_validate(ada: Client) -> None:
    page = ada.get(ADD).content.decode()

    assert "Twilio inbound URL" not in page
    assert "Validate API Key" not in page


def test_the_first_save_stays_and_shows_the_inbound_url(ada: Client, world: World) -> None:
    page = fill_in(ada, ADD, **STREAM, **SETTINGS)

    stream = WorkStream.objects.get(name="Sales by SMS")
    assert page.request["PATH_INFO"] == page_of(stream)
    assert stream.auto_close_after_inactivity == 36 * 60
    assert inbound_address(stream.sms_settings.inbound_url) in page.content.decode()
    assert "Validate API Key" in page.content.decode()
    assert "a-token" not in page.content.decode()
    assert not SmsNumber.objects.filter(work_stream=stream).exists()


def test_the_number_comes_with_a_second_save(ada: Client, world: World) -> None:
    fill_in(ada, ADD, **STREAM, **SETTINGS)
    stream = WorkStream.objects.get(name="Sales by SMS")

    fill_in(ada, page_of(stream), **NUMBER)

    number = SmsNumber.objects.get(work_stream=stream)
    assert (number.number.value, number.type, number.description) == ("14255550199", "long_code", "Sales")
    assert number.number.account.external_id == OTHER_SID


def test_all_of_it_can_be_filled_in_at_once(ada: Client, world: World) -> None:
    fill_in(ada, ADD, **STREAM, **SETTINGS, **NUMBER)

    assert WorkStream.objects.get(name="Sales by SMS").sms_number.number.value == "14255550199"


def test_a_stream_alone_can_be_saved(ada: Client, world: World) -> None:
    fill_in(ada, ADD, **STREAM)

    assert stored() == (2, 1, 1, 1, 1)


def test_everything_changes_with_one_save(ada: Client, at_twilio: World) -> None:
    changes = {
        "name": "Help by SMS",
        "sms_settings-0-secondary_auth_token": "second",
        "sms_number-0-description": "For help",
        "sms_number-0-messages_per_second": "3",
    }
    fill_in(ada, page_of(at_twilio.stream), **changes)

    stream = WorkStream.objects.get(channel="sms")
    assert stream.name == "Help by SMS"
    assert stream.sms_settings.account.secondary_secret.reveal() == "second"
    assert stream.sms_number.description == "For help"
    assert stream.sms_number.number.messages_per_second == 3


def test_saving_without_a_change_changes_nothing(ada: Client, at_twilio: World) -> None:
    url = at_twilio.inbound_url

    fill_in(ada, page_of(at_twilio.stream))

    stream = WorkStream.objects.get(channel="sms")
    assert stream.sms_settings.account.secret.reveal() == AUTH_TOKEN
    assert inbound_address(stream.sms_settings.inbound_url) == url
    assert stored() == (1, 1, 1, 1, 1)


# --- errors: at the field, and nothing half-stored ------------------------------------------------

WRONG = [
    ("name", "", "This field is required."),
    ("name", "Support by SMS", "already exists"),
    ("name", "a\x00b", "Null characters"),
    ("auto_close_after_inactivity", "7 hours 59 minutes", "eight hours (480 minutes) or more"),
    ("auto_close_after_inactivity", "soon", "for example 8 hours"),
    ("auto_close_after_inactivity", "", "This field is required."),
    ("channel", "fax", "Select a valid choice"),
    ("sms_settings-0-provider", "carrier-pigeon", "Select a valid choice"),
    ("sms_settings-0-account_sid", "", "This field is required."),
    ("sms_settings-0-account_sid", "1234", "An Account SID is AC followed by"),
    ("sms_settings-0-auth_token", "", "Enter the Auth Token of this account."),
    ("sms_settings-0-base_url", "http://api.twilio.com", "must begin with https://"),
    ("sms_settings-0-base_url", "https://10.1.2.3", "public host"),
    ("sms_number-0-number", "+1 425-230-6549", "digits"),
    ("sms_number-0-number", "", "This field is required."),
    ("sms_number-0-number", OUR_NUMBER, "already belongs to work stream Support by SMS."),
    ("sms_number-0-type", "toll_free", "Select a valid choice"),
    ("sms_number-0-messages_per_second", "0", "above 0"),
]


@pytest.mark.parametrize(("field", "value", "told"), WRONG)
def test_a_wrong_value_is_told_at_its_field_and_nothing_is_stored(
    ada: Client, world: World, field: str, value: str, told: str
) -> None:
    before = stored()

    page = fill_in(ada, ADD, **{**STREAM, **SETTINGS, **NUMBER, field: value})

    errors = errors_of(page)
    assert told in errors[field][0]
    assert f'id="id_{field}_error"' in page.content.decode()
    assert stored() == before


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"sms_settings-0-account_sid": OTHER_SID}, "sms_settings-0-auth_token"),
        ({"sms_settings-0-auth_token": "a-token"}, "sms_settings-0-account_sid"),
        ({"sms_settings-0-secondary_auth_token": "a-token"}, "sms_settings-0-account_sid"),
        ({"sms_number-0-description": "Sales"}, "sms_number-0-number"),
    ],
)
def test_half_filled_settings_are_told_and_not_stored(
    ada: Client, world: World, typed: dict[str, str], field: str
) -> None:
    page = fill_in(ada, ADD, **STREAM, **typed)

    assert field in errors_of(page)
    assert stored() == (1, 1, 1, 1, 1)


def test_a_number_without_settings_is_told_at_the_number(ada: Client, world: World) -> None:
    page = fill_in(ada, ADD, **STREAM, **NUMBER)

    assert errors_of(page)["sms_number-0-number"] == ["Fill in the work stream's SMS Settings first."]
    assert stored() == (1, 1, 1, 1, 1)


def test_a_second_number_that_is_sent_along_is_refused(ada: Client, world: World) -> None:
    second = {"sms_number-TOTAL_FORMS": "2", "sms_number-1-number": "14255550198"}

    page = fill_in(ada, page_of(world.stream), **second, **{"sms_number-1-type": "long_code"})

    told = "You can configure only one phone number per work stream."
    assert told in errors_of(page)["sms_number"]
    assert told in page.content.decode()
    assert SmsNumber.objects.count() == 1


def test_a_typed_token_is_asked_for_again_when_the_error_is_elsewhere(ada: Client, at_twilio: World) -> None:
    another = {"sms_settings-0-account_sid": "AC" + "f" * 32}
    typed = {"name": "", "sms_settings-0-auth_token": "new-token-canary", **another}

    page = fill_in(ada, page_of(at_twilio.stream), **typed)

    assert "Type it again" in errors_of(page)["sms_settings-0-auth_token"][0]
    assert "new-token-canary" not in page.content.decode()
    assert ProviderAccount.objects.get().secret.reveal() == AUTH_TOKEN


def test_another_token_for_a_shared_account_names_who_shares_it(ada: Client, at_twilio: World) -> None:
    typed = {**SETTINGS, "sms_settings-0-account_sid": ACCOUNT_SID, "sms_settings-0-base_url": TWILIO}

    page = fill_in(ada, ADD, **STREAM, **typed)

    assert "used by Support by SMS" in errors_of(page)["sms_settings-0-auth_token"][0]


def test_warnings_come_after_the_save(ada: Client, world: World) -> None:
    page = fill_in(ada, ADD, **STREAM, **SETTINGS, **{"sms_number-0-number": "41791234567"})

    assert any("Only long code numbers of the US" in m for m in messages_of(page))


# --- two people at once ---------------------------------------------------------------------------


def test_when_the_number_fails_at_the_last_moment_nothing_is_stored(
    ada: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(**_: Any) -> None:
        raise accounts.Conflict("Somebody saved the same at this moment: look again.", field="number")

    monkeypatch.setattr(numbers, "save_sms_number", lose)

    page = fill_in(ada, ADD, **STREAM, **SETTINGS, **NUMBER)

    assert any("Somebody saved the same" in m for m in messages_of(page))
    assert stored() == (1, 1, 1, 1, 1)


def test_who_loses_a_race_for_a_number_is_told_at_the_field_and_keeps_what_was_typed(
    ada: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check passes, then somebody takes the number, then we save."""
    check = numbers.check_sms_number
    passed: list[bool] = []

    def blind_at_first(**given: Any) -> None:
        if given.get("settings_follow") and not passed:
            passed.append(True)
            return
        check(**given)

    monkeypatch.setattr(numbers, "check_sms_number", blind_at_first)

    page = fill_in(ada, ADD, **STREAM, **SETTINGS, **{"sms_number-0-number": OUR_NUMBER})

    assert "already belongs to work stream Support by SMS" in errors_of(page)["sms_number-0-number"][0]
    assert page.context["adminform"].form["name"].value() == "Sales by SMS"
    assert stored() == (1, 1, 1, 1, 1)


def test_a_number_that_somebody_removed_meanwhile_is_told(ada: Client, at_twilio: World) -> None:
    opened = form_of(ada.get(page_of(at_twilio.stream)))
    numbers.remove_sms_number(sms_number=SmsNumber.objects.get())

    page = ada.post(page_of(at_twilio.stream), {**opened, "sms_number-0-description": "New"})

    assert "Somebody removed this meanwhile." in page.content.decode()


def test_settings_that_somebody_saved_meanwhile_are_not_overwritten(ada: Client, world: World) -> None:
    stream = WorkStream.objects.create(name="Sales by SMS")
    opened = form_of(ada.get(page_of(stream)))
    fill_in(ada, page_of(stream), **SETTINGS)

    page = ada.post(
        page_of(stream), {**opened, **SETTINGS, "sms_settings-0-account_sid": ACCOUNT_SID}, follow=True
    )

    assert page.status_code == 200
    assert stream.sms_settings.account.external_id == OTHER_SID


# --- who may --------------------------------------------------------------------------------------


def test_a_supervisor_reads_the_page_without_secrets_and_commands(as_user: Any, at_twilio: World) -> None:
    account = at_twilio.sms_settings.account
    account.secondary_secret = "second-canary"
    account.save()

    page = as_user("sam").get(page_of(at_twilio.stream)).content.decode()
    assert "Auto-close after inactivity" in page

    assert ACCOUNT_SID in page
    assert at_twilio.inbound_url in page
    assert "+1 425-230-6549" in page
    for hidden in (AUTH_TOKEN, "second-canary", "Validate API Key", 'name="_save"', '<input type="password"'):
        assert hidden not in page


def test_a_supervisor_changes_nothing(as_user: Any, world: World) -> None:
    assert as_user("sam").post(page_of(world.stream), {"name": "Another"}).status_code == 403


# --- Validate API Key -----------------------------------------------------------------------------


def validate(client: Client, stream: WorkStream) -> Any:
    return client.post(reverse("admin:routing_workstream_validate", args=[stream.pk]), follow=True)


@pytest.mark.parametrize(("arrange", "told", "outcome"), TABLE)
def test_validate_api_key_tells_each_check_and_comes_back(
    ada: Client, at_twilio: World, twilio: Any, arrange: Any, told: list[str], outcome: str
) -> None:
    arrange(twilio)

    page = validate(ada, at_twilio.stream)

    assert messages_of(page) == told
    assert page.request["PATH_INFO"] == page_of(at_twilio.stream)
    assert SmsSettings.objects.get().last_validation_outcome == outcome


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_only_administrators_validate(as_user: Any, at_twilio: World, username: str) -> None:
    validate(as_user(username), at_twilio.stream)

    assert SmsSettings.objects.get().last_validation_on is None


def test_without_settings_there_is_nothing_to_validate(ada: Client, world: World) -> None:
    bare = WorkStream.objects.create(name="Bare")

    assert "perhaps it was deleted" in messages_of(validate(ada, bare))[0].lower()


def test_looking_at_the_address_validates_nothing(ada: Client, at_twilio: World) -> None:
    assert (
        ada.get(reverse("admin:routing_workstream_validate", args=[at_twilio.stream.pk])).status_code == 405
    )
