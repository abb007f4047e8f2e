"""Every page and every API call, asked by every role: nothing more and nothing less than matrix.txt says.

The addresses come from the URL map. A page that is new, or answers otherwise than before, fails until it has
its line: `RIGHTS=write pytest tests/rights/test_matrix.py` writes the file; reviewers read the difference.
"""

import os
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from agents.models import ApiToken, User
from tests.rights.objects import furnish, values_for
from tests.rights.routes import Route, all_routes
from tests.world import World

FILE = Path(__file__).with_name("matrix.txt")
ROLES = ("stranger", "no role", "agent", "supervisor", "administrator", "superuser")
PEOPLE = dict(zip(ROLES[1:], ("nora", "alice", "sam", "ada", "root"), strict=True))
HEAD = """\
# Who gets which answer. Written by test_matrix.py (RIGHTS=write), read by reviewers, held by the test.
#
# 200, 400  allowed: the page, or the form again with what is missing (each request is sent empty)
# 302       allowed: done, or led on          login  led to the log-in page, or 401
# 403       not for this role                 404    not there, or hidden as if it were not
# 405       nobody can                        204    deleted
#
# One code stands for all methods. The record that is asked for is the oldest; the conversation waits in the
# Default queue.
"""


class Undo(Exception):
    """Takes back what a request has written."""


def status_of(response: Any) -> str:
    """The answer in one word."""
    where = response.get("Location", "")
    is_login = response.status_code == 401 or (response.status_code == 302 and "/login/" in where)
    return "login" if is_login else str(response.status_code)


def ask(client: Client, cookies: str, method: str, url: str, headers: dict[str, str]) -> str:
    """Send a request, and undo what it wrote."""
    client.cookies = SimpleCookie(cookies)
    answer = ""
    try:
        with transaction.atomic():
            kind = {"content_type": "application/json", "data": "{}"} if url.startswith("/api/") else {}
            sent = kind if method not in {"GET", "DELETE"} else {}
            response = getattr(client, method.lower())(url, headers=headers, **sent)
            answer = status_of(response)
            if response.streaming:
                b"".join(response.streaming_content)  # read to its end, it closes as behind a server
            raise Undo
    except Undo:
        cache.clear()
        return answer


def together(answers: list[str]) -> str:
    """One word for all methods when they agree."""
    return answers[0] if len(set(answers)) == 1 else "/".join(answers)


@pytest.fixture
def furnished(world: World, drain: Any) -> World:
    """Everything is there, and so is everybody."""
    world.users["nora"] = User.objects.create_user("nora")
    world.users["root"] = User.objects.create_superuser("root")
    furnish(world, drain)
    return world


def column(role: str, world: World, routes: list[Route]) -> Iterator[str]:
    """What a role is answered, address by address."""
    client, headers = Client(raise_request_exception=False), {}
    if role in PEOPLE:
        user = world.users[PEOPLE[role]]
        client.force_login(user)
        headers = {"Authorization": f"Token {ApiToken.objects.create(user)[1]}"}
    cookies = client.cookies.output(header="", sep=";").strip()
    for route in routes:
        url = route.filled(values_for(route, world))
        own = headers if url.startswith("/api/") else {}
        yield together([ask(client, cookies, method, url, own) for method in route.methods])


def line(path: str, methods: tuple[str, ...], cells: list[str]) -> str:
    """One address."""
    said = " ".join(methods) if path.startswith("api/") else ""
    return f"{path + ' ' + said:<71}" + "".join(f" {cell:<19}" for cell in cells).rstrip()


def test_every_role_gets_the_answers_of_the_table(furnished: World) -> None:
    routes = all_routes()
    columns = [list(column(role, furnished, routes)) for role in ROLES]
    found = [
        line(route.path, route.methods, list(cells))
        for route, *cells in sorted(zip(routes, *columns, strict=True), key=lambda row: row[0].path)
    ]
    head = line("# address (pages: GET/POST)", (), list(ROLES))
    if os.environ.get("RIGHTS") == "write":
        FILE.write_text("\n".join([HEAD + head, *found]) + "\n")
    expected = [row for row in FILE.read_text().splitlines() if row and not row.startswith("#")]

    assert not [row for row in found if "500" in row]
    new = [row for row in found if row not in expected]
    assert new == [], (
        "These lines are not in matrix.txt. If they are right: RIGHTS=write, and look at the diff."
    )
    assert [row for row in expected if row not in found] == []


NO_SESSION_NEEDED = ("hooks/", "api/v1/token/")  # signed by the provider; answered with a token


def test_nothing_is_written_without_the_page_s_own_token(furnished: World) -> None:
    """A form of another site, sent by the administrator's browser, does nothing anywhere."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(furnished.users["ada"])
    cookies = client.cookies.output(header="", sep=";").strip()
    taken = []
    for route in all_routes():
        if route.path.startswith(NO_SESSION_NEEDED):
            continue
        url = route.filled(values_for(route, furnished))
        for method in set(route.methods) - {"GET"}:
            answer = ask(client, cookies, method, url, {})
            if answer not in {"403", "404", "405"}:
                taken.append(f"{method} {route.path}: {answer}")

    # Signs of life write nothing, and catch-alls and forwarding lead on whatever comes.
    assert [row for row in taken if not row.startswith(HARMLESS)] == []


HARMLESS = ("POST healthz", "POST readyz", "POST : 302")


def test_an_address_that_nobody_knows_would_fail(world: World) -> None:
    """The test of the test: an argument without an explanation is no silent pass."""
    unknown = Route("admin/new-page/<mystery>/", ("GET",), None)

    with pytest.raises(AssertionError, match="say in tests/rights/objects"):
        values_for(unknown, world)
