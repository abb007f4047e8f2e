"""Logins, roles and seats in administration."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.models import Agent, User
from agents.roles import ADMINISTRATOR, AGENT, SUPERVISOR, role_of
from conversations import services
from conversations.models import Conversation
from tests.administration.conftest import errors_of, form_of
from tests.world import World, post_webhook, text_params

ADD = "/admin/agents/user/add/"
NEW = {
    "username": "carol",
    "password1": "correct horse battery",
    "password2": "correct horse battery",
    "first_name": "Carol",
    "last_name": "",
    "email": "",
    "time_zone": "Europe/Zurich",
    "locale": "en",
    "role": AGENT,
    "capacity": "60",
}


def url_of(user: User) -> str:
    return reverse("admin:agents_user_change", args=[user.pk])


@pytest.fixture
def root(world: World) -> User:
    return User.objects.create_superuser("root", password="root")


def test_a_new_person_gets_role_and_seat(ada: Client) -> None:
    ada.post(ADD, NEW)

    carol = User.objects.get(username="carol")
    assert (role_of(carol), carol.agent.capacity, carol.time_zone) == (AGENT, 60, "Europe/Zurich")
    assert not carol.is_staff
    assert carol.check_password("correct horse battery")


def test_a_person_may_stay_without_a_role(ada: Client) -> None:
    ada.post(ADD, {**NEW, "role": ""})

    assert role_of(User.objects.get(username="carol")) == ""


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("username", "alice", "already exists"),
        ("username", "a\x00", "Null characters"),
        ("username", "two words", "valid username"),
        ("password2", "other", "match"),
        ("role", "King", "Select a valid choice"),
        ("capacity", "-5", "greater than or equal to 0"),
        ("capacity", "9" * 20, "less than or equal"),
        ("time_zone", "Mars/Olympus", "Select a valid choice"),
        ("locale", "tlh", "Select a valid choice"),
        ("email", "nobody", "valid email"),
    ],
)
def test_a_wrong_value_is_told_at_its_field(ada: Client, field: str, value: str, told: str) -> None:
    assert told in errors_of(ada.post(ADD, {**NEW, field: value}))[field][0]


@pytest.mark.parametrize(
    ("role", "is_staff"), [(ADMINISTRATOR, True), (SUPERVISOR, True), (AGENT, False), ("", False)]
)
def test_a_role_is_one_of_three_or_none(ada: Client, world: World, role: str, is_staff: bool) -> None:
    url = url_of(world.users["bob"])

    ada.post(url, {**form_of(ada.get(url)), "role": role, "capacity": "40"})

    bob = User.objects.get(username="bob")
    assert (role_of(bob), bob.is_staff, bob.agent.capacity) == (role, is_staff, 40)


def test_nobody_takes_away_their_own_access(ada: Client, world: World) -> None:
    url = url_of(world.users["ada"])

    ada.post(url, {**form_of(ada.get(url)), "role": "", "is_active": "", "first_name": "Adeline"})

    me = User.objects.get(username="ada")
    assert (role_of(me), me.is_active, me.first_name) == (ADMINISTRATOR, True, "Adeline")


def test_an_administrator_makes_no_superuser(ada: Client, world: World) -> None:
    for user in (world.users["ada"], world.users["bob"]):
        ada.post(url_of(user), {**form_of(ada.get(url_of(user))), "is_superuser": "on", "is_staff": "on"})

    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.objects.get(username="bob").is_staff


@pytest.mark.parametrize("page", ["change", "delete", "password"])
def test_an_administrator_does_not_touch_superusers(ada: Client, root: User, page: str) -> None:
    url = f"/admin/agents/user/{root.pk}/{page}/"
    form = {"post": "yes", "username": "gone", "password1": "hacked-by-ada", "password2": "hacked-by-ada"}

    assert ada.post(url, form).status_code in {403, 404}

    root.refresh_from_db()
    assert root.username == "root"
    assert root.check_password("root")


def test_a_superuser_keeps_access_to_administration(root: User) -> None:
    client = Client()
    client.force_login(root)
    other = User.objects.create_superuser("other", password="other")

    client.post(url_of(other), {**form_of(client.get(url_of(other))), "role": AGENT})

    assert User.objects.get(username="other").is_staff


def test_people_are_filtered_by_the_words_that_the_list_shows(ada: Client, world: World) -> None:
    User.objects.filter(username="bob").update(is_active=False)

    page = ada.get("/admin/agents/user/?is_active__exact=0")

    status = page.context["cl"].filter_specs[0]
    assert status.title == "status"
    assert [str(one["display"]) for one in status.choices(page.context["cl"])] == [
        "All",
        "Active",
        "Inactive",
    ]
    assert [user.username for user in page.context["cl"].result_list] == ["bob"]


def test_a_person_without_history_is_deleted(ada: Client, world: World) -> None:
    ada.post(f"/admin/agents/user/{world.users['bob'].pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(username="bob").exists()


def test_a_person_with_history_stays(ada: Client, world: World, drain: Any) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    now = timezone.now()
    services.pick(conversation_id=Conversation.objects.get().pk, agent=world.agents["alice"], now=now)
    alice = world.users["alice"]

    assert ada.post(f"/admin/agents/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "deletelink" not in ada.get(url_of(alice)).content.decode()


def test_nobody_types_a_password_for_somebody_else(ada: Client, world: World) -> None:
    bob = world.users["bob"]
    new = {"password1": "correct horse battery", "password2": "correct horse battery"}

    assert ada.post(f"/admin/agents/user/{bob.pk}/password/", new).status_code == 404

    bob.refresh_from_db()
    assert not bob.check_password("correct horse battery")


def test_the_page_of_a_person_tells_nothing_of_the_password_but_that_there_is_one(
    ada: Client, world: World
) -> None:
    page = ada.get(url_of(world.users["bob"])).content.decode()

    assert "A password is set." in page
    assert f"/admin/access/{world.users['bob'].pk}/#password" in page
    assert "algorithm" not in page
    assert world.users["bob"].password.split("$")[0] not in page


def test_a_supervisor_reads_people_and_changes_capacity_of_seats(as_user: Any, world: World) -> None:
    sam, bob = as_user("sam"), world.users["bob"]
    assert "Omnichannel agent" in sam.get(url_of(bob)).content.decode()
    assert sam.post(url_of(bob), {"first_name": "Hacked", "role": ADMINISTRATOR}).status_code == 403

    sam.post(reverse("admin:agents_agent_change", args=[bob.agent.pk]), {"capacity": "33"})

    assert Agent.objects.get(user=bob).capacity == 33


def test_roles_are_shown_and_not_changed(ada: Client) -> None:
    from django.contrib.auth.models import Group

    group = Group.objects.get(name=SUPERVISOR)
    url = reverse("admin:auth_group_change", args=[group.pk])

    assert "Conversation" in ada.get(url).content.decode()
    assert ada.post(url, {"name": "Gods"}).status_code == 403


def test_times_are_shown_in_ones_own_zone(ada: Client, world: World) -> None:
    world.users["ada"].time_zone = "Pacific/Kiritimati"
    world.users["ada"].save()

    assert ada.get("/admin/channels_app/webhookreceipt/").status_code == 200
