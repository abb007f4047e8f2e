"""Settings → Who may do what."""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from omnichannel.lib.backoffice import PAGES
from omnichannel.names import NAMES
from omnichannel.roles import MATRIX
from tests.world import World

URL = "/admin/rights/"


def rows_of(response: Any) -> dict[str, list[str]]:
    """What -> the word of agent, supervisor … in the order of the page's heads."""
    return {row.what: row.cells for _, rows in response.context["sections"] for row in rows}


def test_every_record_and_page_has_its_line(ada: Client) -> None:
    rows = rows_of(ada.get(URL))

    for label in {label for rights in MATRIX.values() for label in rights}:
        meta = apps.get_model(label)._meta
        name = NAMES[meta.label][1] if meta.label in NAMES else str(meta.verbose_name_plural)
        assert name[:1].upper() + name[1:] in rows
    pages = {page.title for page in PAGES.values() if page.title and "<" not in page.route}
    assert pages <= rows.keys()


@pytest.mark.parametrize(
    ("what", "administrator", "supervisor", "agent"),
    [
        ("Queues", "read, add, change, delete", "read, change", "read"),
        ("Audit log", "read", "–", "–"),
        ("Configuration file", "opens it", "–", "–"),
        ("May see customers' numbers in records and exports", "yes", *["if given to the person"] * 2),
    ],
)
def test_the_words_are_those_of_the_roles(
    ada: Client, what: str, administrator: str, supervisor: str, agent: str
) -> None:
    page = ada.get(URL)

    assert page.context["roles"] == ["Administrator", "Supervisor", "Agent"]
    assert rows_of(page)[what] == [administrator, supervisor, agent]


def test_it_names_the_people_of_each_role(ada: Client, world: World) -> None:
    world.users["bob"].is_active = False
    world.users["bob"].save()

    people = {group["role"]: [str(p) for p in group["people"]] for group in ada.get(URL).context["people"]}

    assert people == {"Administrator": ["Ada"], "Supervisor": ["Sam"], "Agent": ["Alice"]}


def test_it_names_the_resource_of_the_api(ada: Client) -> None:
    assert "/api/v1/queues/" in ada.get(URL).content.decode()


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_it_is_for_administrators(as_user: Any, username: str) -> None:
    assert as_user(username).get(URL).status_code in {302, 403}
