"""Every link that a page shows can be followed: what somebody may not do is not offered to them."""

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client

from agents.models import User
from tests.rights.objects import furnish, values_for
from tests.rights.routes import all_routes
from tests.rights.test_matrix import PEOPLE
from tests.world import World

LINK = re.compile(r'<(?:a|form)\b[^>]*\b(?:href|action)="([^"#]+)')
NUMBER = re.compile(r"\b[0-9]+\b")
# One link of each kind and page is followed; filters lead to the list they stand on.
NO_NEED = ("/logout", "/static/", "/api/schema", "javascript:", "mailto:", "http")


@pytest.fixture
def furnished(world: World, drain: Any) -> World:
    """Everything is there."""
    world.users["root"] = User.objects.create_superuser("root")
    furnish(world, drain)
    return world


def pages_for(world: World) -> list[str]:
    """The administration's pages, with the records' own."""
    routes = [
        route for route in all_routes() if route.path.startswith("admin/") and "logout" not in route.path
    ]
    return [
        *(route.filled(values_for(route, world)) for route in routes),
        "/admin/routing/workstream/?status__exact=inactive",
        f"/admin/agents/user/{world.users['root'].pk}/change/",
        "/admin/search/?q=support",
    ]


def refused(client: Client, pages: list[str]) -> set[str]:
    """Which links, on which pages, answer 403."""
    answers: dict[str, int] = {}
    found = set()
    for page in pages:
        answer = client.get(page)
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        links = {unescape(link) for link in LINK.findall(answer.content.decode())}
        for url in {urljoin(page, link) for link in links if not link.startswith(NO_NEED)}:
            if url not in answers:
                answers[url] = client.get(url).status_code
            if answers[url] == 403:
                found.add(f"{NUMBER.sub('N', page)} -> {NUMBER.sub('N', url)}")
    return found


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
def test_no_page_leads_to_a_refusal(furnished: World, role: str) -> None:
    client = Client()
    client.force_login(furnished.users[PEOPLE[role]])

    assert refused(client, pages_for(furnished)) == set()
