"""Setting up at the provider over the API: numbers, inbound URLs, tokens; the rules of the pages."""

from collections.abc import Iterator
from typing import Any

import pytest

from channels_app import accounts
from channels_app.models import ProviderAccount, SmsSettings
from routing.models import WorkStream
from simulator.server import Simulator
from tests.api.conftest import Api
from tests.at_provider import ELSEWHERE, POOLED, SPARE, VOICE_ONLY, simulated, webhook
from tests.world import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER, World

ROOT = "/api/v1/"
NEW = "new-token-canary"


@pytest.fixture
def simulator(world: World) -> Iterator[Simulator]:
    with simulated(world) as running:
        yield running


def settings_url(world: World, rest: str = "") -> str:
    return f"{ROOT}sms-settings/{world.sms_settings.pk}/{rest}"


def account_url(rest: str = "") -> str:
    return f"{ROOT}provider-accounts/{ProviderAccount.objects.get().pk}/{rest}"


def stored() -> tuple[str, str]:
    account = ProviderAccount.objects.get()
    return account.secret.reveal(), account.secondary_secret.reveal()


def test_numbers_are_told_with_their_drift(world: World, api: Api, simulator: Simulator) -> None:
    answer = api("ada").get(settings_url(world, "numbers/"))

    rows = {row["number"]: row for row in answer.json()["numbers"]}
    assert list(rows) == [OUR_NUMBER, SPARE, VOICE_ONLY, POOLED]
    ours = rows[OUR_NUMBER]
    assert (ours["state"], ours["can_be_fixed"], ours["work_stream"]) == ("elsewhere", True, "Support by SMS")
    assert (ours["webhook"]["url"], ours["expected_url"]) == (ELSEWHERE, world.inbound_url)
    assert not rows[VOICE_ONLY]["can_text"]


@pytest.mark.parametrize("body", [{}, {"number": OUR_NUMBER}, {"number": f"+{OUR_NUMBER}"}])
def test_the_inbound_url_is_set_and_put_back(
    world: World, api: Api, simulator: Simulator, body: dict[str, str]
) -> None:
    answer = api("ada").post(settings_url(world, "inbound-url/set/"), body)

    assert answer.status_code == 200
    assert (answer.json()["before"]["url"], answer.json()["state"]) == (ELSEWHERE, "in_place")
    assert webhook(simulator) == (world.inbound_url, "POST", world.inbound_url)

    answer = api("ada").post(settings_url(world, "inbound-url/put-back/"), body)

    assert answer.json()["after"]["url"] == ELSEWHERE
    assert webhook(simulator)[0] == ELSEWHERE
    again = api("ada").post(settings_url(world, "inbound-url/put-back/"), body)
    assert (again.status_code, again.json()["code"]) == (409, "refused")


def test_a_number_of_nobody_is_told_at_its_field(world: World, api: Api, simulator: Simulator) -> None:
    answer = api("ada").post(settings_url(world, "inbound-url/set/"), {"number": SPARE})

    assert (answer.status_code, list(answer.json())) == (400, ["number"])


def test_a_new_url_replaces_and_the_old_one_is_retired(world: World, api: Api) -> None:
    old = world.sms_settings.inbound_url

    made = api("ada").post(settings_url(world, "inbound-url/new/")).json()

    assert made["inbound_url"] != accounts.inbound_address(old)
    assert made["with_retries"] == made["inbound_url"] + "#rc=3&rp=all"
    assert [url["work_stream"] for url in made["urls"]] == ["Support by SMS", ""]

    in_use = api("ada").post(settings_url(world, "inbound-url/retire/"), {"url": made["urls"][0]["id"]})
    assert (in_use.status_code, list(in_use.json())) == (400, ["url"])
    left = api("ada").post(settings_url(world, "inbound-url/retire/"), {"url": old.pk}).json()
    assert len(left["urls"]) == 1
    assert api("ada").get(settings_url(world, "inbound-url/")).json() == left


@pytest.mark.parametrize("url", [None, "x", 0, -1, 987654, 10**30])
def test_an_unknown_url_is_told_at_its_field(world: World, api: Api, url: Any) -> None:
    answer = api("ada").post(settings_url(world, "inbound-url/retire/"), {"url": url})

    assert (answer.status_code, list(answer.json())) == (400, ["url"])


@pytest.mark.parametrize(
    ("mode", "code"), [("throttled", "throttled"), ("unreachable", "unreachable"), ("slow", "slow")]
)
def test_trouble_at_the_provider_is_409_with_its_outcome(
    world: World, api: Api, simulator: Simulator, monkeypatch: Any, mode: str, code: str
) -> None:
    monkeypatch.setattr("channels_app.providers.twilio_client.PATIENCE_S", 0.3)
    simulator.change_mode(mode)

    answer = api("ada").get(settings_url(world, "numbers/"))

    assert (answer.status_code, answer.json()["code"]) == (409, code)


# --- tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["settings", "account"])
def test_another_token_is_kept_only_if_it_validates(
    world: World, api: Api, simulator: Simulator, way: str
) -> None:
    def send() -> Any:
        if way == "settings":
            return api("ada").patch(settings_url(world), {"auth_token": NEW})
        return api("ada").post(account_url("tokens/"), {"auth_token": NEW})

    refused = send()

    assert (refused.status_code, refused.json()["code"]) == (400, "bad_credentials")
    assert refused.json()["auth_token"][0].startswith("The old Auth Token was kept.")
    assert stored() == (AUTH_TOKEN, "")

    simulator.save_account(account_sid=ACCOUNT_SID, auth_token=NEW)
    taken = send()

    assert taken.status_code == 200
    assert NEW not in taken.content.decode()
    assert stored() == (NEW, "")


@pytest.mark.parametrize("way", ["settings", "account"])
def test_a_token_can_be_kept_when_nobody_answers(
    world: World, api: Api, simulator: Simulator, way: str
) -> None:
    simulator.change_mode("unreachable")

    def send(**more: bool) -> Any:
        if way == "settings":
            return api("ada").patch(settings_url(world), {"auth_token": NEW, **more})
        return api("ada").post(account_url("tokens/"), {"auth_token": NEW, **more})

    answer = send()
    assert (answer.status_code, answer.json()["code"]) == (400, "unreachable")
    assert "keep_unvalidated" in answer.json()["auth_token"][0]
    assert stored() == (AUTH_TOKEN, "")

    assert send(keep_unvalidated=True).status_code == 200
    assert stored() == (NEW, "")


def test_another_token_for_a_shared_account_names_who_shares_it(
    world: World, api: Api, simulator: Simulator
) -> None:
    accounts.save_sms_settings(
        sms_settings=SmsSettings(work_stream=WorkStream.objects.create(name="Sales by SMS")),
        provider="twilio",
        external_id=ACCOUNT_SID,
        base_url=simulator.url,
        secret="",
        secondary_secret=None,
    )
    simulator.save_account(account_sid=ACCOUNT_SID, auth_token=NEW)

    asked = api("ada").patch(settings_url(world), {"auth_token": NEW})

    assert "used by Sales by SMS, Support by SMS" in asked.json()["auth_token"][0]
    assert stored() == (AUTH_TOKEN, "")
    meant = api("ada").patch(settings_url(world), {"auth_token": NEW, "replace_for_all": True})
    assert meant.status_code == 200
    assert stored() == (NEW, "")


def test_the_secondary_token_is_promoted(world: World, api: Api, simulator: Simulator) -> None:
    url = settings_url(world, "promote/")
    assert api("ada").post(url).json() == {"secondary_auth_token": ["No Secondary Auth Token is stored."]}
    api("ada").post(account_url("tokens/"), {"secondary_auth_token": "second"})
    refused = api("ada").post(url)
    assert (refused.status_code, list(refused.json())) == (400, ["auth_token", "code"])
    assert api("ada").post(url, {"keep_unvalidated": True}).status_code == 400
    assert stored() == (AUTH_TOKEN, "second")
    simulator.save_account(account_sid=ACCOUNT_SID, auth_token="second")

    answer = api("ada").post(url)

    assert answer.json()["has_secondary_auth_token"]
    assert stored() == ("second", AUTH_TOKEN)


def test_an_account_tells_who_uses_it_and_no_token(world: World, api: Api) -> None:
    answer = api("ada").get(account_url())

    assert answer.json()["used_by"] == ["Support by SMS"]
    assert AUTH_TOKEN not in answer.content.decode()


def test_nothing_to_replace_is_told(world: World, api: Api) -> None:
    assert api("ada").post(account_url("tokens/"), {}).json() == {"auth_token": ["Give the new Auth Token."]}


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_only_administrators_may(world: World, api: Api, username: str) -> None:
    client = api(username)

    for rest in ("numbers/", "inbound-url/"):
        assert client.get(settings_url(world, rest)).status_code in {403, 404}
    for rest in ("set", "put-back", "new", "retire"):
        assert client.post(settings_url(world, f"inbound-url/{rest}/")).status_code in {403, 404}
    assert client.post(settings_url(world, "promote/")).status_code in {403, 404}
    assert client.post(account_url("tokens/"), {"auth_token": NEW}).status_code in {403, 404}
    assert stored() == (AUTH_TOKEN, "")
