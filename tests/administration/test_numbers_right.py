"""Who sees customers' numbers in records and exports."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from agents.models import User
from agents.roles import AGENT, SUPERVISOR, sees_numbers
from contacts.models import Address, Contact
from omnichannel.models import AuditEntry
from tests.administration.conftest import form_of
from tests.administration.test_people import NEW, url_of
from tests.world import World


def fresh(username: str) -> User:
    """Permissions are kept on the instance."""
    return User.objects.get(username=username)


@pytest.mark.parametrize(("username", "sees"), [("ada", True), ("sam", False), ("alice", False)])
def test_administrators_see_numbers_by_their_role(world: World, username: str, sees: bool) -> None:
    assert sees_numbers(fresh(username)) is sees


def test_strangers_and_the_dismissed_see_none(world: World) -> None:
    ada = fresh("ada")
    ada.is_active = False

    assert not sees_numbers(ada)
    assert not sees_numbers(AnonymousUser())


@pytest.mark.parametrize("role", [SUPERVISOR, AGENT])
def test_an_administrator_gives_the_right_to_a_person_and_takes_it(
    ada: Client, world: World, role: str
) -> None:
    url = url_of(world.users["bob"])

    ada.post(url, {**form_of(ada.get(url)), "role": role, "sees_numbers": "on"})
    assert sees_numbers(fresh("bob"))
    assert form_of(ada.get(url))["sees_numbers"] is True

    ada.post(url, {**form_of(ada.get(url)), "sees_numbers": ""})
    assert not sees_numbers(fresh("bob"))


def test_a_new_person_can_have_it_at_once(ada: Client) -> None:
    ada.post("/admin/agents/user/add/", {**NEW, "sees_numbers": "on"})

    assert sees_numbers(fresh("carol"))


def test_nobody_gives_it_to_themselves(as_user: Any, world: World) -> None:
    for username in ("ada", "sam"):
        me = world.users[username]
        client = as_user(username)
        client.post(url_of(me), {"username": username, "sees_numbers": "on"})
        assert not fresh(username).user_permissions.exists()


# --- lists and records of customers ----------------------------------------------------------------

LISTS = ("/admin/contacts/contact/", "/admin/contacts/address/", "/api/v1/contacts/", "/api/v1/addresses/")


@pytest.fixture
def known(world: World) -> Contact:
    contact = Contact.objects.create(last_name="Meier", mobile_phone="+14255550100")
    Address.objects.create(kind="phone", value="+14255550100", contact=contact)
    return contact


@pytest.mark.parametrize("url", LISTS)
def test_lists_of_customers_mask_numbers_without_the_right(known: Contact, as_user: Any, url: str) -> None:
    whole = as_user("ada").get(url).content.decode()
    assert "•••" not in whole
    assert "0100" in whole
    shown = as_user("sam").get(url).content.decode()
    assert "0100" not in shown
    assert "•••" in shown


@pytest.mark.parametrize("username", ["ada", "sam"])
@pytest.mark.parametrize(
    "url", [*(f"{url}{{}}/change/" for url in LISTS[:2]), *(f"{url}{{}}/" for url in LISTS[2:])]
)
def test_opening_one_record_with_its_numbers_is_logged(
    known: Contact, as_user: Any, username: str, url: str
) -> None:
    record = known.addresses.get() if "address" in url else known

    assert "5550100" in as_user(username).get(url.format(record.pk)).content.decode()

    noted = AuditEntry.objects.get(action=AuditEntry.Action.ACCESS)
    assert (noted.actor.username, noted.object_id) == (username, record.pk)
