"""Invitations and links for a new password: made by an administrator, used once by whoever has them."""

import re
from datetime import UTC, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from agents.links import SignInLink
from agents.models import ApiToken, User
from agents.roles import AGENT, SUPERVISOR, role_of
from agents.throttle import count_failure
from tests.agents.conftest import is_in, log_in, with_second_factor
from tests.world import World

INVITATIONS = "/admin/invitations/"
NEW = {
    "first_name": "Carol",
    "last_name": "Newcomer",
    "email": "carol@example.test",
    "role": SUPERVISOR,
    "capacity": "60",
    "time_zone": "Europe/Zurich",
}
CHOSEN = {"username": "carol", "password1": "correct horse battery", "password2": "correct horse battery"}
PASSWORD = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}


@pytest.fixture
def ada(as_user: Any) -> Client:
    return as_user("ada")


def path_in(page: Any) -> str:
    """The link, once: a copy button repeats it."""
    found = set(re.findall(r"/welcome/[\w-]+/", page.content.decode()))
    assert len(found) == 1
    return found.pop()


def invite(ada: Client, **changed: str) -> str:
    return path_in(ada.post(INVITATIONS, {**NEW, **changed}))


def test_somebody_invited_chooses_name_and_password_and_gets_the_role(ada: Client, anonymous: Client) -> None:
    path = invite(ada)
    assert "Welcome, Carol Newcomer" in anonymous.get(path).content.decode()

    answer = anonymous.post(path, CHOSEN)

    assert answer["Location"] == "/login/"
    carol = User.objects.get(username="carol")
    assert (role_of(carol), carol.agent.capacity, carol.time_zone) == (SUPERVISOR, 60, "Europe/Zurich")
    assert (str(carol), carol.email, carol.is_staff) == ("Carol Newcomer", "carol@example.test", True)
    log_in(anonymous, "carol", "correct horse battery")
    assert is_in(anonymous)
    assert not SignInLink.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("username", "alice", "already exists"),
        ("username", "ALICE", "already exists"),
        ("username", "two words", "valid username"),
        ("password2", "other", "match"),
        ("password1", "carol-newcomer", "too similar"),
        ("password1", "12345678", "too common"),
        ("password1", "x" * 5000, "4096"),
    ],
)
def test_a_bad_choice_is_told_and_uses_nothing_up(
    ada: Client, anonymous: Client, field: str, value: str, told: str
) -> None:
    path = invite(ada)
    form = {**CHOSEN, field: value}
    if field == "password1":
        form["password2"] = value

    assert told in anonymous.post(path, form).content.decode()
    assert anonymous.post(path, CHOSEN).status_code == 302


def again(ada: Client) -> None:
    ada.post(f"{INVITATIONS}{SignInLink.objects.get().pk}/again/")


def revoke(ada: Client) -> None:
    ada.post(f"{INVITATIONS}{SignInLink.objects.get().pk}/revoke/")


def use(ada: Client) -> None:
    Client().post(f"/welcome/{USED[0]}/", CHOSEN)


USED: list[str] = []


@pytest.mark.parametrize("what", [again, revoke, use], ids=["a new link", "revoked", "used"])
def test_a_link_dies(ada: Client, anonymous: Client, what: Any) -> None:
    path = invite(ada)
    USED[:] = [path.split("/")[2]]
    what(ada)
    count = User.objects.count()

    for answer in (anonymous.get(path), anonymous.post(path, {**CHOSEN, "username": "dora"})):
        assert answer.status_code == 404
        assert "does not work" in answer.content.decode()
    assert User.objects.count() == count


def test_a_link_works_for_three_days(ada: Client, anonymous: Client) -> None:
    path = invite(ada)
    with time_machine.travel(timezone.now() + timedelta(hours=71), tick=False):
        assert anonymous.get(path).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=73), tick=False):
        assert anonymous.post(path, CHOSEN).status_code == 404


def test_an_invitation_made_again_works(ada: Client, anonymous: Client) -> None:
    invite(ada)
    page = ada.post(f"{INVITATIONS}{SignInLink.objects.get().pk}/again/")

    assert anonymous.post(path_in(page), CHOSEN).status_code == 302


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 44, "é" * 43, "%00" * 20])
def test_made_up_links_are_not_there(world: World, anonymous: Client, token: str) -> None:
    assert anonymous.get(f"/welcome/{token}/").status_code == 404


def test_only_the_hash_of_a_link_is_kept_and_it_is_shown_once(ada: Client) -> None:
    token = invite(ada).split("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM agents_signinlink")
        kept = str(cursor.fetchall())
        cursor.execute("SELECT * FROM omnichannel_auditentry")
        kept += str(cursor.fetchall())

    assert token not in kept
    listed = ada.get(INVITATIONS).content.decode()
    assert "Carol Newcomer" in listed
    assert token not in listed


def test_it_is_e_mailed_where_e_mail_is_set_up(ada: Client, settings: Any) -> None:
    page = ada.post(INVITATIONS, NEW).content.decode()
    assert "could not send it" in page
    settings.CAN_E_MAIL = True

    page = ada.post(INVITATIONS, NEW)

    assert len(mail.outbox) == 1
    assert mail.outbox[0].to == ["carol@example.test"]
    assert path_in(page) in mail.outbox[0].body
    until = SignInLink.objects.latest("pk").expires_at.astimezone(UTC)
    assert f"until {until.day} {until:%b %Y, %H:%M:%S} UTC." in mail.outbox[0].body


def test_a_mail_server_that_refuses_costs_nothing_but_the_letter(ada: Client, settings: Any) -> None:
    settings.CAN_E_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    page = ada.post(INVITATIONS, NEW)

    assert "could not send it" in page.content.decode()
    assert path_in(page)


@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", ""), ("role", "King"), ("capacity", "-1"), ("time_zone", "Mars"), ("email", "x")],
)
def test_a_wrong_invitation_is_told(ada: Client, field: str, value: str) -> None:
    assert ada.post(INVITATIONS, {**NEW, field: value}).context["form"].errors[field]
    assert not SignInLink.objects.exists()


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_only_administrators_invite(world: World, as_user: Any, username: str) -> None:
    assert as_user(username).post(INVITATIONS, NEW).status_code in {302, 403}
    assert not SignInLink.objects.exists()


# --- a new password -------------------------------------------------------------------------------


def link_for(ada: Client, user: User) -> str:
    return path_in(ada.post(f"/admin/access/{user.pk}/password-link/"))


def test_a_link_sets_a_new_password_and_ends_what_was_open(world: World, ada: Client) -> None:
    bob, elsewhere, fresh = world.users["bob"], Client(), Client()
    log_in(elsewhere, "bob")
    ApiToken.objects.create(bob)
    for n in range(50):
        count_failure(username="bob", network=f"10.0.0.{n}")
    path = link_for(ada, bob)
    assert is_in(elsewhere)

    fresh.post(path, PASSWORD)

    assert not is_in(elsewhere)
    assert not ApiToken.objects.exists()
    log_in(fresh, "bob", "correct horse battery")
    assert is_in(fresh)
    assert fresh.post(path, PASSWORD).status_code == 404


def test_it_does_not_replace_the_second_factor(world: World, ada: Client, anonymous: Client) -> None:
    with_second_factor(world.users["bob"])
    anonymous.post(link_for(ada, world.users["bob"]), PASSWORD)

    assert log_in(anonymous, "bob", "correct horse battery")["Location"] == "/login/code/"


def test_a_second_link_replaces_the_first(world: World, ada: Client, anonymous: Client) -> None:
    first, second = (link_for(ada, world.users["bob"]) for _ in range(2))

    assert anonymous.get(first).status_code == 404
    assert anonymous.get(second).status_code == 200


def test_who_may_not_log_in_sets_no_password(world: World, ada: Client, anonymous: Client) -> None:
    bob = world.users["bob"]
    path = link_for(ada, bob)
    bob.is_active = False
    bob.save()

    assert anonymous.post(path, PASSWORD).status_code == 404
    assert ada.post(f"/admin/access/{bob.pk}/password-link/").status_code == 302


def test_two_who_use_one_link_at_once_make_one_person(world: World, ada: Client) -> None:
    from agents import links
    from agents.services import accept_invitation

    path = invite(ada, role=AGENT)
    first = links.find(path.split("/")[2])
    second = links.find(path.split("/")[2])

    accept_invitation(link=first, username="carol", password="x")
    with pytest.raises(links.Gone):
        accept_invitation(link=second, username="dora", password="x")

    assert not User.objects.filter(username="dora").exists()
