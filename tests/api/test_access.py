"""Access over the API: the same rules as on the pages."""

from typing import Any

import pytest
from django.test import Client

from agents import second_factor
from agents.models import ApiToken, User
from agents.roles import ADMINISTRATOR, AGENT, role_of
from tests.agents.conftest import is_in, log_in, with_second_factor
from tests.api.conftest import Api
from tests.world import World

ROOT = "/api/v1/"
SESSIONS, TOKENS, POLICY = f"{ROOT}sessions/", f"{ROOT}tokens/", f"{ROOT}sign-in-policy/"
INVITE, PASSWORD, FACTOR = (
    f"{ROOT}users/invite/",
    f"{ROOT}users/password-link/",
    f"{ROOT}users/second-factor/",
)
CAROL = {"first_name": "Carol", "role": AGENT}


def test_somebody_invited_over_the_api_gets_in(world: World, api: Api, anonymous: Client) -> None:
    answer = api("ada").post(INVITE, CAROL)

    assert answer.status_code == 201
    assert answer.json()["is_e_mailed"] is False
    path = answer.json()["link"].removeprefix("https://desk.example.test")
    form = {"username": "carol", "password1": "correct horse battery", "password2": "correct horse battery"}
    assert anonymous.post(path, form).status_code == 302
    assert role_of(User.objects.get(username="carol")) == AGENT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", ""),
        ("role", "King"),
        ("capacity", -1),
        ("time_zone", "Mars"),
        ("email", "x"),
        ("role", []),
    ],
)
def test_a_wrong_invitation_is_told_at_its_field(world: World, api: Api, field: str, value: Any) -> None:
    answer = api("ada").post(INVITE, {**CAROL, field: value})

    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_one_sees_and_ends_ones_own(world: World, api: Api) -> None:
    client, browser = api("bob"), Client()
    log_in(browser, "bob", HTTP_USER_AGENT="python-requests/2.32")
    token, secret = ApiToken.objects.create(world.users["bob"], name="Report")

    rows, tokens = client.get(SESSIONS).json(), client.get(TOKENS)
    assert [row["browser"] for row in rows] == ["python-requests"]
    assert "Report" in [row["name"] for row in tokens.json()]
    assert not [kept for kept in (secret, token.digest, token.token_key) if kept in tokens.content.decode()]
    assert client.delete(f"{TOKENS}{token.uuid}/").status_code == 204
    assert client.delete(SESSIONS).json() == {"ended": 2}

    assert not is_in(browser)
    assert client.get(SESSIONS).status_code == 401


def test_an_administrator_sees_and_ends_anybodys(world: World, api: Api) -> None:
    browser = Client()
    log_in(browser, "bob")

    assert len(api("ada").get(SESSIONS, {"user": "bob"}).json()) == 1
    assert api("ada").delete(f"{SESSIONS}?user=bob").json() == {"ended": 1}
    assert not is_in(browser)


def test_an_administrator_resets_a_second_factor_and_makes_a_link(world: World, api: Api) -> None:
    with_second_factor(world.users["bob"])

    assert api("ada").delete(f"{FACTOR}?user=bob").status_code == 204
    assert api("ada").delete(f"{FACTOR}?user=bob").status_code == 404
    assert api("ada").post(f"{PASSWORD}?user=bob").status_code == 201
    assert second_factor.authenticator_of(world.users["bob"]) is None


def test_what_is_required_is_set(world: World, api: Api) -> None:
    assert api("ada").put(POLICY, {"required_roles": [AGENT]}).json() == {"required_roles": [AGENT]}
    assert api("ada").get(POLICY).json() == {"required_roles": [AGENT]}
    assert api("ada").put(POLICY, {"required_roles": ["King"]}).status_code == 400
    assert api("ada").put(POLICY, {}).status_code == 400


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_others_do_none_of_it(world: World, api: Api, username: str) -> None:
    client = api(username)

    found = [
        client.post(INVITE, CAROL).status_code,
        client.post(f"{PASSWORD}?user=bob").status_code,
        client.delete(f"{FACTOR}?user=bob").status_code,
        client.get(POLICY).status_code,
        client.put(POLICY, {"required_roles": [ADMINISTRATOR]}).status_code,
    ]

    assert found == [403] * 5
    for url in (SESSIONS, TOKENS):
        assert client.get(url, {"user": "bob"}).status_code == 404
        assert client.get(url, {"user": "nobody"}).status_code == 404
    assert client.delete(f"{SESSIONS}?user=bob").status_code == 404


def test_superusers_are_left_to_superusers(world: World, api: Api) -> None:
    User.objects.create_superuser("root", password="root")

    assert api("ada").get(SESSIONS, {"user": "root"}).status_code == 404
    assert api("ada").post(f"{PASSWORD}?user=root").status_code == 404
