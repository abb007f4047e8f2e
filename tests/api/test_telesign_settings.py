"""SMS settings of provider TeleSign over the API, and in the configuration file: its own names."""

from collections.abc import Iterator
from typing import Any

import pytest

from channels_app.accounts import inbound_address
from channels_app.models import ProviderAccount, SmsSettings
from omnichannel.configuration import applying
from routing.models import WorkStream
from simulator.server import Simulator
from tests.api.conftest import Api
from tests.at_telesign import API_KEY, CUSTOMER_ID, OTHER_API_KEY, settings_of, telesign
from tests.world import ACCOUNT_SID, World

ROOT = "/api/v1/"


@pytest.fixture
def stream(world: World) -> WorkStream:
    return WorkStream.objects.create(name="Sales by SMS")


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    with telesign() as running:
        yield running


def body_of(stream: WorkStream, **values: Any) -> dict[str, Any]:
    given = {"provider": "telesign", "customer_id": CUSTOMER_ID, "api_key": API_KEY}
    return {"work_stream": stream.pk, **given, **values}


def test_settings_are_made_and_told_under_the_providers_own_names(
    world: World, api: Api, stream: WorkStream
) -> None:
    made = api("ada").post(f"{ROOT}sms-settings/", body_of(stream))

    assert made.status_code == 201
    told, saved = made.json(), SmsSettings.objects.get(work_stream=stream)
    assert (told["provider"], told["customer_id"]) == ("telesign", CUSTOMER_ID)
    assert told["base_url"] == "https://rest-ww.telesign.com"
    assert told["inbound_url"] == inbound_address(saved.inbound_url)
    assert not {"account_sid", "auth_token", "api_key"} & told.keys()
    assert saved.account.secret.reveal() == API_KEY
    twilio = api("ada").get(f"{ROOT}sms-settings/{world.sms_settings.pk}/").json()
    assert (twilio["account_sid"], "customer_id" in twilio) == (ACCOUNT_SID, False)


@pytest.mark.parametrize(
    ("values", "field", "told"),
    [
        ({"customer_id": ""}, "customer_id", "This field may not be blank."),
        ({"customer_id": "1"}, "customer_id", "A Customer ID is 32 digits"),
        ({"api_key": "?"}, "api_key", "An API key of TeleSign is base64"),
        ({"api_key": ""}, "api_key", "Enter the API key of this account."),
        ({"account_sid": ACCOUNT_SID}, "account_sid", "TeleSign has no account_sid."),
        ({"auth_token": "x"}, "auth_token", "TeleSign has no auth_token."),
        ({"provider": "twilio"}, "customer_id", "Twilio has no customer_id."),
        ({"provider": "pigeon"}, "provider", '"pigeon" is not a valid choice.'),
    ],
)
def test_a_wrong_value_is_told_at_its_field(
    api: Api, stream: WorkStream, values: dict[str, str], field: str, told: str
) -> None:
    answer = api("ada").post(f"{ROOT}sms-settings/", body_of(stream, **values))

    assert answer.status_code == 400
    assert answer.json()[field][0].startswith(told)
    assert not SmsSettings.objects.filter(work_stream=stream).exists()


@pytest.mark.parametrize("missing", ["customer_id", "api_key"])
def test_id_and_key_are_needed(api: Api, stream: WorkStream, missing: str) -> None:
    body = {name: value for name, value in body_of(stream).items() if name != missing}

    answer = api("ada").post(f"{ROOT}sms-settings/", body)

    assert (answer.status_code, list(answer.json())) == (400, [missing])


def test_the_provider_of_settings_can_be_switched(world: World, api: Api) -> None:
    url = f"{ROOT}sms-settings/{world.sms_settings.pk}/"
    assert api("ada").patch(url, {"provider": "telesign"}).json() == {
        "customer_id": ["This field is required."]
    }

    values = {"provider": "telesign", "customer_id": CUSTOMER_ID, "api_key": API_KEY}
    switched = api("ada").patch(url, values)

    assert switched.status_code == 200
    assert switched.json()["base_url"] == "https://rest-ww.telesign.com"
    world.number.refresh_from_db()
    assert world.number.account.provider == "telesign"


def test_another_key_is_kept_only_if_it_validates(api: Api, stream: WorkStream, simulator: Simulator) -> None:
    record = settings_of(stream, base_url=simulator.url)
    url = f"{ROOT}provider-accounts/{record.account_id}/tokens/"
    assert api("ada").post(url, {}).json() == {"api_key": ["Give the new API key."]}
    assert api("ada").post(url, {"auth_token": "x"}).json() == {"auth_token": ["TeleSign has no auth_token."]}

    refused = api("ada").post(url, {"api_key": OTHER_API_KEY})

    assert (refused.status_code, refused.json()["code"]) == (400, "bad_credentials")
    assert refused.json()["api_key"][0].startswith("The old API key was kept.")
    simulator.save_telesign(customer_id=CUSTOMER_ID, api_key=OTHER_API_KEY)
    taken = api("ada").post(url, {"api_key": OTHER_API_KEY})
    assert (taken.status_code, taken.json()["customer_id"]) == (200, CUSTOMER_ID)
    assert not {"account_sid", "has_secondary_auth_token"} & taken.json().keys()
    assert ProviderAccount.objects.get(pk=record.account_id).secret.reveal() == OTHER_API_KEY


def test_an_id_in_other_letters_is_the_account_that_is_known(
    api: Api, stream: WorkStream, world: World
) -> None:
    client, other = api("ada"), WorkStream.objects.create(name="Returns by SMS")
    first = client.post(f"{ROOT}sms-settings/", body_of(stream)).json()

    second = client.post(f"{ROOT}sms-settings/", body_of(other, customer_id=CUSTOMER_ID.swapcase())).json()
    assert second["customer_id"] == CUSTOMER_ID
    account = ProviderAccount.objects.get(provider="telesign")

    # Whoever corrects how it is written corrects it for all.
    url = f"{ROOT}sms-settings/{first['id']}/"
    corrected = client.patch(url, {"customer_id": CUSTOMER_ID.swapcase()})
    assert (corrected.status_code, corrected.json()["customer_id"]) == (200, CUSTOMER_ID.swapcase())
    assert ProviderAccount.objects.get(provider="telesign") == account


def test_the_letter_comes_with_the_url(api: Api, stream: WorkStream, world: World) -> None:
    record = settings_of(stream, base_url="https://rest-ww.telesign.com")

    told = api("ada").get(f"{ROOT}sms-settings/{record.pk}/inbound-url/").json()

    assert told["letter"]["to"] == "support@telesign.com"
    assert told["inbound_url"] in told["letter"]["body"]
    assert told["with_retries"] == told["inbound_url"]
    twilio = api("ada").get(f"{ROOT}sms-settings/{world.sms_settings.pk}/inbound-url/").json()
    assert twilio["letter"] is None


def test_a_file_names_the_account_as_its_provider_does_and_holds_no_key(
    at_twilio: World, stream: WorkStream
) -> None:
    settings_of(stream, base_url="https://rest-ww.telesign.com")
    text = applying.export()
    assert f"customer_id: {CUSTOMER_ID}" in text
    assert API_KEY not in text
    WorkStream.objects.filter(pk=stream.pk).delete()
    ProviderAccount.objects.filter(provider="telesign").delete()

    assert applying.preview(text).tokens == [CUSTOMER_ID]
    with pytest.raises(applying.Refused, match=f"Enter the API key of account {CUSTOMER_ID}"):
        applying.apply(text, tokens={})
    applying.apply(text, tokens={CUSTOMER_ID: API_KEY})

    assert applying.export() == text
