"""Access as an administrator sees it, and as everybody sees their own."""

from datetime import UTC
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from agents import second_factor
from agents.browsers import in_words
from agents.models import ApiToken, LogIn, User
from agents.roles import AGENT
from agents.throttle import count_failure
from tests.agents.conftest import is_in, log_in, with_second_factor
from tests.world import World

SECURITY = "/account/security/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def ada(as_user: Any) -> Client:
    return as_user("ada")


@pytest.fixture
def bob(world: World) -> User:
    return world.users["bob"]


def act(client: Client, user: User, what: str, **form: str) -> Any:
    return client.post(f"/admin/access/{user.pk}/{what}/", form)


# --- one's own ------------------------------------------------------------------------------------


def test_one_sees_ones_own_log_ins_in_words_and_ends_one(world: World) -> None:
    here, there = Client(), Client()
    log_in(here, "bob", HTTP_USER_AGENT=FIREFOX)
    log_in(there, "bob", HTTP_USER_AGENT=SAFARI, REMOTE_ADDR="192.0.2.7")
    log_in(Client(), "ada", HTTP_USER_AGENT="Curl/8")
    page = here.get(SECURITY)

    text = page.content.decode()
    assert "Firefox on Windows" in text
    assert "Safari on iPhone" in text
    assert "192.0.2.7" in text
    assert "Curl" not in text
    assert [is_here for *_, is_here in page.context["log_ins"]].count(True) == 1

    other = LogIn.objects.get(address="192.0.2.7")
    here.post(f"{SECURITY}log-ins/{other.pk}/end/")
    assert is_in(here)
    assert not is_in(there)


def test_times_on_ones_own_page_are_written_as_everywhere(world: World) -> None:
    here = Client()
    log_in(here, "bob")
    since = LogIn.objects.get().created_at.astimezone(UTC)

    assert f"since {since.day} {since:%b %Y, %H:%M:%S}" in here.get(SECURITY).content.decode()


def test_one_ends_all_others_with_their_tokens(world: World) -> None:
    here, others = Client(), [Client(), Client()]
    for client in (here, *others):
        log_in(client, "bob")
    ApiToken.objects.create(world.users["bob"])
    sams = ApiToken.objects.create(world.users["sam"])[0]

    here.post(f"{SECURITY}log-ins/end-others/")

    assert [is_in(client) for client in (here, *others)] == [True, False, False]
    assert list(ApiToken.objects.all()) == [sams]


def test_one_revokes_a_token_by_its_name(world: World) -> None:
    client = Client()
    log_in(client, "bob")
    ours, token = ApiToken.objects.create(world.users["bob"], name="Nightly report")
    page = client.get(SECURITY).content.decode()
    assert "Nightly report" in page
    assert not [secret for secret in (token, ours.digest, ours.token_key) if secret in page]

    client.post(f"{SECURITY}tokens/{ours.uuid}/revoke/")

    assert not ApiToken.objects.exists()


def test_what_is_somebody_elses_is_not_there(world: World) -> None:
    client, sam = Client(), Client()
    log_in(client, "bob")
    log_in(sam, "sam")
    token, _ = ApiToken.objects.create(world.users["sam"])
    row = LogIn.objects.get(user=world.users["sam"])

    assert client.post(f"{SECURITY}log-ins/{row.pk}/end/").status_code == 404
    assert client.post(f"{SECURITY}tokens/{token.uuid}/revoke/").status_code == 404
    assert is_in(sam)


def test_changing_ones_password_keeps_this_browser_only(world: World) -> None:
    here, there = Client(), Client()
    log_in(here, "bob")
    log_in(there, "bob")
    ApiToken.objects.create(world.users["bob"])
    new = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}

    refused = here.post("/account/password/", {"old_password": "wrong", **new})
    assert "not your present password" in refused.content.decode()
    here.post("/account/password/", {"old_password": "bob-password", **new})

    assert is_in(here)
    assert not is_in(there)
    assert not ApiToken.objects.exists()
    assert LogIn.objects.filter(user=world.users["bob"]).count() == 1


def test_guessing_the_present_password_in_a_browser_left_open_is_counted(world: World) -> None:
    client = Client()
    log_in(client, "bob")
    form = {"old_password": "wrong", "new_password1": "x", "new_password2": "x"}

    statuses = [client.post("/account/password/", form).status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/140 Safari/537 Edg/140", "Edge on Mac"),
        ("python-requests/2.32", "python-requests"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_in_words(user_agent: str, words: str) -> None:
    assert in_words(user_agent) == words


# --- somebody's -----------------------------------------------------------------------------------


def test_an_administrator_sees_and_ends_everything_of_somebody(ada: Client, bob: User) -> None:
    elsewhere = Client()
    log_in(elsewhere, "bob", HTTP_USER_AGENT=FIREFOX)
    ApiToken.objects.create(bob, name="Nightly report")
    page = ada.get(f"/admin/access/{bob.pk}/").content.decode()
    assert "Firefox on Windows" in page
    assert "Nightly report" in page

    act(ada, bob, "end")

    assert not is_in(elsewhere)
    assert not ApiToken.objects.exists()


def test_an_administrator_resets_a_lost_second_factor_when_sure(ada: Client, bob: User) -> None:
    with_second_factor(bob)
    elsewhere = Client()
    elsewhere.force_login(bob)

    act(ada, bob, "reset")
    assert second_factor.authenticator_of(bob)
    act(ada, bob, "reset", sure="on")

    assert second_factor.authenticator_of(bob) is None
    assert not is_in(elsewhere)
    assert log_in(Client(), "bob")["Location"] == "/desk/"


def test_an_administrator_forgets_failed_log_ins(ada: Client, bob: User, anonymous: Client) -> None:
    for n in range(50):
        count_failure(username="bob", network=f"10.0.0.{n}")

    act(ada, bob, "unlock")

    assert log_in(anonymous, "bob").status_code == 302


def test_the_page_of_people_shows_who_has_a_second_factor(ada: Client, bob: User) -> None:
    with_second_factor(bob)

    listed = ada.get("/admin/agents/user/").content.decode()
    person = ada.get(f"/admin/agents/user/{bob.pk}/change/").content.decode()

    assert listed.count('<span class="chip ok">On</span>') == 1
    assert f"/admin/access/{bob.pk}/" in person


ACTIONS = ("end", "reset", "password-link", "unlock")


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_others_do_none_of_it(world: World, as_user: Any, bob: User, username: str) -> None:
    with_second_factor(bob)
    client = as_user(username)

    assert client.get(f"/admin/access/{bob.pk}/").status_code in {302, 403}
    for action in ACTIONS:
        assert act(client, bob, action, sure="on").status_code in {302, 403}
    assert client.post("/admin/sign-in/", {"roles": [AGENT]}).status_code in {302, 403}

    assert second_factor.authenticator_of(bob)
    assert second_factor.policy().required_roles == []


def test_superusers_are_left_to_superusers(ada: Client) -> None:
    root = User.objects.create_superuser("root", password="root")
    with_second_factor(root)

    assert ada.get(f"/admin/access/{root.pk}/").status_code == 403
    for action in ACTIONS:
        assert act(ada, root, action, sure="on").status_code == 403
    assert second_factor.authenticator_of(root)


@pytest.mark.parametrize("pk", ["0", "9" * 30])
def test_nobody_is_nobody(ada: Client, pk: str) -> None:
    assert ada.get(f"/admin/access/{pk}/").status_code == 404
    assert ada.post(f"/admin/invitations/{pk}/again/").status_code == 404


# --- the installation -----------------------------------------------------------------------------


def test_requiring_it_counts_for_who_is_logged_in_already(world: World, ada: Client) -> None:
    alice = Client()
    log_in(alice, "alice")
    assert is_in(alice)
    with time_machine.travel(timezone.now(), tick=False):
        ada.post("/admin/sign-in/", {"roles": [AGENT]})
        second_factor.cache.clear()

        assert not is_in(alice)
    assert second_factor.policy().required_roles == [AGENT]
    page = ada.get("/admin/sign-in/").content.decode()
    assert "checked" in page
    assert "<td>Omnichannel agent</td><td>2</td><td>0</td>" in page


def test_a_role_that_is_none_cannot_be_required(ada: Client) -> None:
    assert ada.post("/admin/sign-in/", {"roles": ["King"]}).context["form"].errors["roles"]
