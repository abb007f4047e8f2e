"""The second factor through the front door: set up, asked for, lost, required."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from agents import second_factor
from agents.authenticators import Authenticator, RecoveryCode
from agents.models import ApiToken
from agents.roles import ADMINISTRATOR, AGENT, SUPERVISOR
from omnichannel.models import AuditEntry
from tests.agents.conftest import code_of, is_in, log_in, with_second_factor
from tests.world import World

CODE, SECURITY = "/login/code/", "/account/security/"
SET_UP, OFF, CODES = f"{SECURITY}two-factor/", f"{SECURITY}two-factor/off/", f"{SECURITY}recovery-codes/"
TOKEN, QUEUES = "/api/v1/token/", "/api/v1/queues/"


def wrong(code: str) -> str:
    return f"{(int(code) + 500_000) % 1_000_000:06}"


# --- setting up -----------------------------------------------------------------------------------


def test_setting_up_counts_once_a_code_is_confirmed(world: World) -> None:
    client = Client()
    log_in(client, "alice")
    page = client.get(SET_UP).content.decode()
    device = Authenticator.objects.get()

    assert device.key_in_groups in page
    assert "data:image/svg+xml" in page
    assert client.get(SET_UP).content.decode().count(device.key_in_groups) == 1
    assert second_factor.authenticator_of(world.users["alice"]) is None

    refused = client.post(SET_UP, {"code": wrong(code_of(device))})
    assert "not right" in refused.content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        log_in(client, "alice")
        shown = client.post(SET_UP, {"code": code_of(device)})

    assert len(shown.context["codes"]) == 10
    assert second_factor.authenticator_of(world.users["alice"]) == device


def test_setting_up_ends_other_log_ins_and_tokens(world: World) -> None:
    here, there = Client(), Client()
    log_in(here, "alice")
    log_in(there, "alice")
    ApiToken.objects.create(world.users["alice"])
    device = second_factor.prepare(world.users["alice"])

    here.post(SET_UP, {"code": code_of(device)})

    assert is_in(here)
    assert not is_in(there)
    assert not ApiToken.objects.exists()


def test_a_key_that_is_not_confirmed_is_shown_for_an_hour(world: World) -> None:
    alice = world.users["alice"]
    first = second_factor.prepare(alice)
    assert second_factor.prepare(alice) == first

    Authenticator.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    later = second_factor.prepare(alice)

    assert later.key.reveal() != first.key.reveal()


def test_a_key_that_is_not_confirmed_ends_with_the_access(world: World) -> None:
    confirmed, _ = with_second_factor(world.users["alice"])
    second_factor.prepare(world.users["alice"])

    world.users["alice"].end_access()

    assert list(Authenticator.objects.all()) == [confirmed]


def test_nothing_of_it_can_be_read_from_the_database(world: World) -> None:
    device, codes = with_second_factor(world.users["alice"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM agents_authenticator")
        authenticators = str(cursor.fetchall())
        cursor.execute("SELECT * FROM agents_recoverycode")
        kept = str(cursor.fetchall())

    assert device.key.reveal() not in authenticators
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


# --- asking ---------------------------------------------------------------------------------------


def test_a_password_alone_opens_nothing(world: World) -> None:
    with_second_factor(world.users["ada"])
    client = Client()

    assert log_in(client, "ada")["Location"] == CODE

    for url in ("/desk/open/", "/admin/", SECURITY, SET_UP, "/account/password/"):
        assert client.get(url)["Location"].startswith(("/login/", "/admin/login/")), url
    assert client.get(QUEUES).status_code in {401, 403}


def test_password_and_code_lead_to_where_one_wanted(world: World) -> None:
    device, _ = with_second_factor(world.users["ada"])
    client = Client()
    log_in(client, "ada", form={"next": "/admin/routing/queue/"})

    answer = client.post(CODE, {"code": f" {code_of(device)[:3]} {code_of(device)[3:]} "})

    assert answer["Location"] == "/admin/routing/queue/"
    assert client.get("/admin/routing/queue/").status_code == 200


def test_a_code_works_once(world: World) -> None:
    device, _ = with_second_factor(world.users["ada"])
    first, second = Client(), Client()
    used = code_of(device)
    log_in(first, "ada")
    first.post(CODE, {"code": used})
    log_in(second, "ada")

    assert "used already" in second.post(CODE, {"code": used}).content.decode()
    assert is_in(first)
    assert not is_in(second)


@pytest.mark.parametrize("steps", [-3, 3, 100])
def test_an_old_or_early_code_is_refused(world: World, steps: int) -> None:
    device, _ = with_second_factor(world.users["ada"])
    client = Client()
    log_in(client, "ada")

    assert client.post(CODE, {"code": code_of(device, steps=steps)}).status_code == 200
    assert not is_in(client)


@pytest.mark.parametrize("code", ["", "abc", "１２３４５６", "1" * 50, "\x00", "-1", "½½½½½½", "000 0000"])
def test_nonsense_is_no_code(world: World, code: str) -> None:
    with_second_factor(world.users["ada"])
    client = Client()
    log_in(client, "ada")

    assert client.post(CODE, {"code": code}).status_code == 200
    assert not is_in(client)


def test_wrong_codes_make_the_next_wait(world: World) -> None:
    device, _ = with_second_factor(world.users["ada"])
    client = Client()
    with time_machine.travel("2030-01-01 00:00:00Z", tick=False) as clock:
        log_in(client, "ada")
        for _ in range(3):
            clock.shift(timedelta(seconds=9))
            told = client.post(CODE, {"code": wrong(code_of(device))}).content.decode()
        at_once = client.post(CODE, {"code": code_of(device)})
        clock.shift(timedelta(seconds=9))
        later = client.post(CODE, {"code": code_of(device)})

    assert "Wait 4 seconds" in told
    assert at_once.status_code == 200
    assert later.status_code == 302


def test_wrong_codes_count_as_failed_log_ins_and_waiting_has_an_end(world: World) -> None:
    device, _ = with_second_factor(world.users["ada"])
    client = Client()
    with time_machine.travel("2030-01-01 00:00:00Z", tick=False) as clock:
        log_in(client, "ada")
        statuses = [client.post(CODE, {"code": wrong(code_of(device))}).status_code for _ in range(11)]
        clock.shift(timedelta(minutes=16))
        log_in(client, "ada")
        assert client.post(CODE, {"code": code_of(device)}).status_code == 302

    assert statuses == [200] * 10 + [429]


def test_a_half_log_in_is_over_after_five_minutes_and_with_another_password(world: World) -> None:
    device, _ = with_second_factor(world.users["ada"])
    slow, changed = Client(), Client()
    with time_machine.travel("2030-01-01 00:00:00Z", tick=False) as clock:
        log_in(slow, "ada")
        clock.shift(timedelta(minutes=6))
        assert slow.post(CODE, {"code": code_of(device)})["Location"] == "/login/"
        log_in(changed, "ada")
        world.users["ada"].set_password("another")
        world.users["ada"].save()
        assert changed.post(CODE, {"code": code_of(device)})["Location"] == "/login/"


def test_a_recovery_code_lets_in_once(world: World) -> None:
    _, codes = with_second_factor(world.users["ada"])
    first, second = Client(), Client()
    log_in(first, "ada")
    first.post(CODE, {"code": codes[3].upper()})
    log_in(second, "ada")
    second.post(CODE, {"code": codes[3]})

    assert is_in(first)
    assert not is_in(second)
    assert RecoveryCode.objects.count() == 9


def test_somebody_elses_codes_are_of_no_use(world: World) -> None:
    with_second_factor(world.users["ada"])
    other, codes = with_second_factor(world.users["sam"])
    client = Client()
    log_in(client, "ada")
    for code in (code_of(other), codes[0]):
        client.post(CODE, {"code": code})

    assert not is_in(client)
    assert RecoveryCode.objects.filter(user=world.users["sam"]).count() == 10


# --- one's own page -------------------------------------------------------------------------------


@pytest.fixture
def proved(world: World) -> Any:
    """Bob is logged in with both factors."""
    client = Client()
    with time_machine.travel("2030-01-01 00:00:00Z", tick=False) as clock:
        device, codes = with_second_factor(world.users["bob"])
        log_in(client, "bob")
        client.post(CODE, {"code": code_of(device)})
        clock.shift(timedelta(minutes=1))
        yield client, device, codes


def test_switching_off_needs_password_and_code(world: World, proved: Any) -> None:
    client, _device, codes = proved
    for form in ({"password": "wrong", "code": codes[0]}, {"password": "bob-password", "code": "111"}, {}):
        client.post(OFF, form)
        assert second_factor.authenticator_of(world.users["bob"])
    assert RecoveryCode.objects.count() == 10

    client.post(OFF, {"password": "bob-password", "code": codes[0]})

    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert is_in(client)


def test_new_recovery_codes_replace_the_old_ones(world: World, proved: Any) -> None:
    client, device, codes = proved

    shown = client.post(CODES, {"password": "bob-password", "code": code_of(device)}).context["codes"]

    assert not set(shown) & set(codes)
    assert not second_factor.accepts(user=world.users["bob"], code=codes[0])
    assert second_factor.accepts(user=world.users["bob"], code=shown[0])


def test_moving_to_another_phone_needs_the_password(world: World, proved: Any) -> None:
    client, old, _ = proved
    client.get(SET_UP)
    new = Authenticator.objects.get(confirmed=False)

    client.post(SET_UP, {"code": code_of(new), "password": "wrong"})
    assert second_factor.authenticator_of(world.users["bob"]) == old
    client.post(SET_UP, {"code": code_of(new), "password": "bob-password"})

    assert second_factor.authenticator_of(world.users["bob"]) == new
    assert is_in(client)


# --- requiring ------------------------------------------------------------------------------------


def test_whoever_lacks_a_required_one_sets_it_up_before_anything_else(world: World) -> None:
    client = Client()
    log_in(client, "alice")
    second_factor.require_for(roles=[AGENT])
    second_factor.cache.clear()

    for url in ("/desk/open/", "/desk/feed/", SECURITY, "/account/password/", "/nothing/"):
        assert client.get(url)["Location"] == SET_UP, url
    assert client.get("/desk/feed/", HTTP_HX_REQUEST="true")["HX-Redirect"] == SET_UP
    assert client.post("/desk/open/1/pick/")["Location"] == SET_UP
    answer = client.get(QUEUES)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")
    assert "nothing else opens before" in client.get(SET_UP).content.decode()

    client.post(SET_UP, {"code": code_of(Authenticator.objects.get())})

    assert is_in(client)
    assert client.get(QUEUES).status_code == 200


def test_others_go_on_without(world: World) -> None:
    second_factor.require_for(roles=[ADMINISTRATOR, SUPERVISOR])
    second_factor.cache.clear()
    client = Client()
    log_in(client, "alice")

    assert is_in(client)


def test_what_is_required_cannot_be_switched_off(world: World, proved: Any) -> None:
    client, _, codes = proved
    second_factor.require_for(roles=[AGENT])
    second_factor.cache.clear()

    assert client.post(OFF, {"password": "bob-password", "code": codes[0]}).status_code == 404
    assert is_in(client)


def test_tokens_of_whoever_lacks_a_required_one_are_refused(world: World) -> None:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Token {ApiToken.objects.create(world.users['alice'])[1]}")
    assert api.get(QUEUES).status_code == 200
    second_factor.require_for(roles=[AGENT])
    second_factor.cache.clear()

    assert api.get(QUEUES).status_code == 401


# --- the token endpoint ---------------------------------------------------------------------------


def ask(username: str, **more: str) -> Any:
    return APIClient().post(TOKEN, {"username": username, "password": f"{username}-password", **more})


def test_a_token_needs_the_code_too(world: World) -> None:
    _device, codes = with_second_factor(world.users["ada"])

    missing, empty = ask("ada"), ask("ada", otp="")
    bad = ask("ada", otp="abc")
    good, again = ask("ada", otp=codes[0]), ask("ada", otp=codes[0])

    assert [a.status_code for a in (missing, empty, bad, good, again)] == [400, 400, 400, 200, 400]
    assert all(list(a.json()) == ["otp"] for a in (missing, empty, bad, again))
    assert ApiToken.objects.count() == 1


def test_the_code_says_nothing_without_the_password(world: World) -> None:
    device, _ = with_second_factor(world.users["ada"])

    answer = ask("ada", password="wrong", otp=code_of(device))

    assert list(answer.json()) == ["non_field_errors"]
    assert second_factor.accepts(user=world.users["ada"], code=code_of(device))


def test_a_token_waits_until_a_required_second_factor_is_set_up(world: World) -> None:
    second_factor.require_for(roles=[AGENT])
    second_factor.cache.clear()

    answer = ask("alice")

    assert answer.status_code == 400
    assert "set it up" in answer.json()["otp"][0]
    assert ask("sam").status_code == 200


def test_what_happened_is_in_the_audit_log_without_secrets(world: World) -> None:
    device, codes = with_second_factor(world.users["ada"])
    client = Client()
    log_in(client, "ada", "canary-wrong-password")
    log_in(client, "ada")
    client.post(CODE, {"code": "canary"})
    client.post(CODE, {"code": codes[0]})
    ask("ada", otp=codes[1], name="canary-free name")

    entries = list(AuditEntry.objects.order_by("id").values())
    told = [e["additional_data"]["what"] for e in entries if (e["additional_data"] or {}).get("what")]
    assert [t for t in told if "log" in t.lower() or "token" in t.lower()] == [
        "Log-in failed",
        "Log-in failed: wrong code",
        "Logged in",
        "API token issued",
    ]
    text = json.dumps(entries, default=str)
    assert "canary" not in text
    assert device.key.reveal() not in text
    assert codes[0] not in text
