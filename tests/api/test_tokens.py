"""How one gets in."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.models import ApiToken
from tests.api.conftest import Api
from tests.world import World

TOKEN, STREAMS = "/api/v1/token/", "/api/v1/work-streams/"


def test_username_and_password_give_a_token_that_works(world: World) -> None:
    client = APIClient()

    answer = client.post(TOKEN, {"username": "ada", "password": "ada-password"})

    assert answer.status_code == 200
    assert list(answer.json()) == ["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    assert client.get(STREAMS).status_code == 200
    world.users["ada"].refresh_from_db()
    assert world.users["ada"].last_login is not None


def test_tokens_are_hashed_at_rest(world: World) -> None:
    token = APIClient().post(TOKEN, {"username": "ada", "password": "ada-password"}).json()["token"]

    stored = ApiToken.objects.get()
    assert token not in (stored.digest, stored.token_key)
    assert len(stored.token_key) < len(token) / 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": "ada", "password": "wrong"}, "non_field_errors"),
        ({"username": "nobody", "password": "wrong"}, "non_field_errors"),
        ({"username": "ada"}, "password"),
        ({"password": "x"}, "username"),
        ({"username": ["ada"], "password": "x"}, "username"),
        ({"username": "a\x00", "password": "x"}, "username"),
        ({"username": "\ud800", "password": "x"}, "detail"),
        ({"username": "ada", "password": {"x": 1}}, "password"),
        ([], "non_field_errors"),
        ("text", "non_field_errors"),
    ],
)
def test_anything_else_gives_none(world: World, body: Any, field: str) -> None:
    answer = APIClient().post(TOKEN, json.dumps(body), content_type="application/json")

    assert answer.status_code == 400
    assert field in answer.json()


@pytest.mark.parametrize(("is_demo", "status"), [(True, 200), (False, 400)])
def test_demo_users_get_in_only_in_a_demo(world: World, settings: Any, is_demo: bool, status: int) -> None:
    world.users["ada"].is_demo = True
    world.users["ada"].save()
    settings.DEMO = is_demo

    assert APIClient().post(TOKEN, {"username": "ada", "password": "ada-password"}).status_code == status


def test_a_demo_users_token_is_worth_nothing_outside_a_demo(world: World, api: Api) -> None:
    client = api("ada")
    world.users["ada"].is_demo = True
    world.users["ada"].save()

    assert client.get(STREAMS).status_code == 401


def test_an_inactive_person_is_out_at_once(world: World, api: Api) -> None:
    client = api("ada")
    world.users["ada"].is_active = False
    world.users["ada"].save()

    assert client.get(STREAMS).status_code == 401


@pytest.mark.parametrize(
    "header", ["Token", "Token x", "Token a b", "Token \xff\xfe", "Bearer x", "Token " + "0" * 64]
)
def test_nonsense_in_the_header_is_refused(world: World, header: str) -> None:
    assert APIClient().get(STREAMS, HTTP_AUTHORIZATION=header).status_code == 401


def test_guessing_is_slowed_down_whatever_address_is_pretended(world: World) -> None:
    client, tried = APIClient(), []
    for n in range(12):
        body = {"username": "ada", "password": "wrong"}
        tried.append(client.post(TOKEN, body, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}"))

    assert [answer.status_code for answer in tried] == [400] * 10 + [429] * 2
    assert tried[-1].json() == {
        "code": "throttled",
        "detail": "Too many log-ins failed. Try again in 15 minutes.",
    }
    assert 0 < int(tried[-1]["Retry-After"]) <= 900


def test_a_browser_session_works_too_and_keeps_its_csrf_check(world: World) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.users["ada"])

    assert client.get(STREAMS).status_code == 200
    assert client.post(STREAMS, {"name": "X"}).status_code == 403
