"""Logging in: one page, no open redirect, no endless guessing, no access that outlives its reason."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from agents import throttle
from agents.models import ApiToken, LogIn
from agents.roles import SUPERVISOR, give_role, take_role
from agents.tasks import sweep
from tests.agents.conftest import is_in, log_in
from tests.world import World

DESK = "/desk/open/"
WRONG = "do not fit together"


# --- the page -------------------------------------------------------------------------------------


def test_the_administration_uses_the_same_page(world: World, anonymous: Client) -> None:
    page = anonymous.get("/admin/routing/workstream/", follow=True)

    assert page.redirect_chain[-1][0] == "/login/?next=/admin/routing/workstream/"
    answer = log_in(anonymous, "ada", form={"next": "/admin/routing/workstream/"})
    assert answer["Location"] == "/admin/routing/workstream/"
    assert anonymous.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize(
    "leads", ["https://evil.test/", "//evil.test", "javascript:alert(1)", "/\\evil.test", "http:///evil.test"]
)
def test_nobody_is_led_elsewhere(world: World, anonymous: Client, leads: str) -> None:
    through_admin = anonymous.get("/admin/login/", {"next": leads})

    assert through_admin["Location"].startswith("/login/?next=")
    assert log_in(anonymous, "ada", form={"next": leads})["Location"] == "/desk/"


def test_a_wrong_name_and_a_wrong_password_are_told_alike_and_cost_the_same(
    world: World, anonymous: Client, monkeypatch: Any
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *a: hashed.append(self.algorithm) or encode(self, *a)
    )

    told = []
    for username in ("ada", "nobody"):
        hashed.clear()
        page = log_in(anonymous, username, "wrong").content.decode()
        told.append((page.count(WRONG), len(hashed)))

    assert told == [(1, 1), (1, 1)]


def test_the_key_of_a_session_changes_when_somebody_logs_in(world: World, anonymous: Client) -> None:
    session = anonymous.session
    session["planted"] = "by somebody else"
    session.save()
    before = anonymous.cookies["omnichannel_session"].value

    log_in(anonymous, "ada")

    assert anonymous.cookies["omnichannel_session"].value != before
    stolen = Client()
    stolen.cookies["omnichannel_session"] = before
    assert not is_in(stolen)


def test_an_endless_password_is_refused_without_hashing(world: World, anonymous: Client) -> None:
    assert b"at most 4096 characters" in log_in(anonymous, "ada", "x" * 5000).content
    assert not AccessAttempt.objects.exists()


# --- guessing -------------------------------------------------------------------------------------


def test_who_fails_too_often_waits_and_then_gets_in(world: World, anonymous: Client) -> None:
    with time_machine.travel("2026-11-20 08:00:00Z", tick=False) as clock:
        for _ in range(10):
            assert log_in(anonymous, "ada", "wrong").status_code == 200
        refused = log_in(anonymous, "ada")
        clock.shift(timedelta(minutes=16))
        allowed = log_in(anonymous, "ada")

    assert refused.status_code == 429
    assert "Try again in 15 minutes" in refused.content.decode()
    assert refused["Retry-After"] == "900"
    assert allowed.status_code == 302


def test_being_refused_does_not_prolong_the_wait(world: World, anonymous: Client) -> None:
    with time_machine.travel("2026-11-20 08:00:00Z", tick=False) as clock:
        for _ in range(10):
            log_in(anonymous, "ada", "wrong")
        for _ in range(5):
            clock.shift(timedelta(minutes=2))
            assert log_in(anonymous, "ada", "wrong").status_code == 429
        clock.shift(timedelta(minutes=6))
        assert log_in(anonymous, "ada").status_code == 302


def test_a_refused_try_hashes_nothing(world: World, anonymous: Client, monkeypatch: Any) -> None:
    for _ in range(10):
        log_in(anonymous, "ada", "wrong")
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.encode", None)

    assert log_in(anonymous, "ada", "wrong").status_code == 429


def test_the_page_and_the_token_endpoint_count_alike(world: World, anonymous: Client) -> None:
    body = {"username": "ADA ", "password": "wrong"}
    for _ in range(5):
        log_in(anonymous, "ada", "wrong")
        APIClient().post("/api/v1/token/", body)

    assert log_in(anonymous, "ada").status_code == 429
    assert APIClient().post("/api/v1/token/", {**body, "username": "ada"}).status_code == 429


def test_a_success_forgets_what_failed_before(world: World, anonymous: Client) -> None:
    for _ in range(3):
        for _ in range(9):
            log_in(anonymous, "ada", "wrong")
        assert log_in(anonymous, "ada").status_code == 302


def test_others_at_the_same_address_get_in(world: World, anonymous: Client) -> None:
    for _ in range(10):
        log_in(anonymous, "ada", "wrong")

    assert log_in(anonymous, "sam").status_code == 302


def test_a_name_tried_from_everywhere_is_closed_for_a_while(world: World, anonymous: Client) -> None:
    for n in range(50):
        throttle.count_failure(username="ada", network=f"10.0.0.{n}")

    assert log_in(anonymous, "ada").status_code == 429
    assert log_in(anonymous, "sam").status_code == 302


def test_an_address_that_tries_every_name_is_closed_for_a_while(world: World, anonymous: Client) -> None:
    for n in range(100):
        throttle.count_failure(username=f"name{n}", network="127.0.0.1")

    assert log_in(anonymous, "sam").status_code == 429
    assert log_in(anonymous, "sam", REMOTE_ADDR="10.0.0.9").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "claimed", "status"),
    [
        (0, "1.1.1.1", 429),
        (1, "6.6.6.6, 1.1.1.1", 302),
        (1, "1.1.1.1, 127.0.0.1", 429),
        (2, "1.1.1.1, 127.0.0.1, 9.9.9.9", 429),
    ],
)
def test_a_forwarded_address_is_believed_from_our_proxies_only(
    world: World, anonymous: Client, settings: Any, proxies: int, claimed: str, status: int
) -> None:
    settings.TRUST_PROXY, settings.PROXY_COUNT = bool(proxies), proxies
    for _ in range(10):
        throttle.count_failure(username="ada", network="127.0.0.1")

    assert log_in(anonymous, "ada", HTTP_X_FORWARDED_FOR=claimed).status_code == status


def test_a_whole_subscribers_network_counts_as_one_address(world: World, anonymous: Client) -> None:
    for n in range(10):
        log_in(anonymous, "ada", "wrong", REMOTE_ADDR=f"2001:db8:1:2::{n}")

    assert log_in(anonymous, "ada", REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert log_in(anonymous, "ada", REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


def test_what_was_typed_is_not_kept(world: World, anonymous: Client) -> None:
    log_in(anonymous, "canary-typed-as-name", "canary-password", HTTP_USER_AGENT="canary-browser")

    row = AccessAttempt.objects.values().get()
    assert "canary" not in str(row)


def test_counting_is_cheap(world: World, anonymous: Client) -> None:
    for n in range(45):
        throttle.count_failure(username="ada", network=f"10.0.0.{n}")
    with CaptureQueriesContext(connection) as statements:
        assert throttle.locked_until(username="ada", network="10.0.0.1") is None

    assert len(statements) == 3


def test_old_failures_log_ins_and_tokens_are_swept(world: World, anonymous: Client) -> None:
    log_in(anonymous, "ada", "wrong")
    log_in(anonymous, "ada")
    ApiToken.objects.create(world.users["ada"], expiry=timedelta(hours=1))

    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        sweep()

    assert not AccessAttempt.objects.exists()
    assert not LogIn.objects.exists()
    assert not ApiToken.objects.exists()


# --- sessions -------------------------------------------------------------------------------------


def test_a_log_in_is_kept_with_what_one_recognises_and_without_its_key(world: World) -> None:
    client = Client()
    log_in(client, "ada", HTTP_USER_AGENT="Some Browser", REMOTE_ADDR="192.0.2.7")

    row = LogIn.objects.get()
    assert (row.user, row.user_agent, row.address) == (world.users["ada"], "Some Browser", "192.0.2.7")
    assert client.cookies["omnichannel_session"].value not in str(LogIn.objects.values().get())
    assert not Session.objects.exists()


def test_a_log_in_ends_when_its_row_is_gone_and_is_not_written_again(world: World) -> None:
    client, other = Client(), Client()
    log_in(client, "ada")
    log_in(other, "ada")
    late = client.session
    assert late["_auth_user_id"]

    LogIn.objects.first().delete()
    LogIn.objects.first().delete()

    assert not is_in(client)
    assert not is_in(other)
    late["late"] = 1
    with pytest.raises(UpdateError):
        late.save()
    assert not LogIn.objects.filter(user=world.users["ada"]).exists()


def test_using_a_log_in_costs_nothing_but_once_in_five_minutes(world: World) -> None:
    client = Client()
    with time_machine.travel("2026-11-20 08:00:00Z", tick=False) as clock:
        log_in(client, "ada")
        client.get(DESK)

        def cost() -> int:
            with CaptureQueriesContext(connection) as statements:
                client.get(DESK)
            return len([s for s in statements if "agents_login" in s["sql"]])

        at_once = cost()
        clock.shift(timedelta(minutes=6))
        later, again = cost(), cost()

    assert (at_once, later, again) == (1, 2, 1)
    assert LogIn.objects.get().seen_at.isoformat() == "2026-11-20T08:06:00+00:00"


@pytest.mark.parametrize(("step_hours", "steps", "stays"), [(11, 3, True), (13, 1, False), (11, 31, False)])
def test_a_log_in_ends_when_it_is_idle_or_old(world: World, step_hours: int, steps: int, stays: bool) -> None:
    client = Client()
    with time_machine.travel("2026-11-20 08:00:00Z", tick=False) as clock:
        log_in(client, "ada")
        for _ in range(steps):
            clock.shift(timedelta(hours=step_hours))
            found = is_in(client)

    assert found is stays


# --- what ends access -----------------------------------------------------------------------------


@pytest.fixture
def elsewhere(world: World) -> Any:
    """Bob is logged in elsewhere, and has a token."""
    browser, api = Client(), APIClient()
    log_in(browser, "bob")
    api.credentials(HTTP_AUTHORIZATION=f"Token {ApiToken.objects.create(world.users['bob'])[1]}")
    assert is_in(browser)
    assert api.get("/api/v1/queues/").status_code == 200
    return browser, api


def new_password(world: World) -> None:
    bob = world.users["bob"]
    bob.set_password("another")
    bob.save()


def leave_and_return(world: World) -> None:
    bob = world.users["bob"]
    for is_active in (False, True):
        bob.is_active = is_active
        bob.save()


@pytest.mark.parametrize(
    "change",
    [
        new_password,
        leave_and_return,
        lambda world: give_role(world.users["bob"], SUPERVISOR),
        lambda world: take_role(world.users["bob"]),
    ],
    ids=["new password", "deactivated and back", "another role", "no role"],
)
def test_a_change_ends_log_ins_and_tokens(world: World, elsewhere: Any, change: Any) -> None:
    browser, api = elsewhere

    change(world)

    assert not is_in(browser)
    assert api.get("/api/v1/queues/").status_code == 401


def test_another_name_or_the_same_role_ends_nothing(world: World, elsewhere: Any) -> None:
    browser, api = elsewhere
    bob = world.users["bob"]

    bob.first_name = "Robert"
    bob.save()
    give_role(bob, "Omnichannel agent")

    assert is_in(browser)
    assert api.get("/api/v1/queues/").status_code == 200


def test_a_token_says_when_it_was_last_used(world: World, elsewhere: Any) -> None:
    _, api = elsewhere
    with time_machine.travel(timezone.now() + timedelta(minutes=4), tick=False):
        api.get("/api/v1/queues/")
    first = ApiToken.objects.get().last_used_at
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        api.get("/api/v1/queues/")

    assert ApiToken.objects.get().last_used_at > first
