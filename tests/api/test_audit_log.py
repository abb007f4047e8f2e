"""The audit log over the API."""

import base64

import pytest

from omnichannel.lib.audit import acting
from omnichannel.models import AuditEntry
from tests.api.conftest import Api
from tests.world import World

URL = "/api/v1/audit-log/"


@pytest.fixture(autouse=True)
def one_change(world: World) -> None:
    AuditEntry.objects.all().delete()
    with acting(world.users["sam"]):
        world.billing.priority = 7
        world.billing.save()


def test_it_tells_who_changed_what(world: World, api: Api) -> None:
    [told] = api("ada").get(f"{URL}?kind=routing.queue").json()["results"]

    assert (told["action"], told["kind"], told["object"]) == ("changed", "routing.queue", "Billing")
    assert (told["who"], told["who_name"], told["place"]) == ("sam", "Sam", "task")
    assert told["changes"] == [{"field": "Priority", "before": "10", "after": "7"}]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("action=changed", 1),
        ("action=deleted", 0),
        ("place=task", 1),
        ("place=page", 0),
        ("who=sam", 1),
        ("who=bob", 0),
        ("since=2100-01-01T00:00:00Z", 0),
        ("until=2100-01-01T00:00:00Z&kind=routing.queue", 1),
        ("kind=contacts.contact", 0),
    ],
)
def test_filters_leave_what_they_say(world: World, api: Api, query: str, count: int) -> None:
    client = api("ada")
    AuditEntry.objects.filter(action=AuditEntry.Action.SIGN_IN).delete()

    assert len(client.get(f"{URL}?{query}").json()["results"]) == count


def test_it_is_read_page_by_page_newest_first(world: World, api: Api) -> None:
    for n in range(5):
        world.billing.priority = 20 + n
        world.billing.save()
    client, url, seen = api("ada"), f"{URL}?page_size=2", []

    while url:
        page = client.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]

    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) >= 6


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_it_is_for_administrators_only(api: Api, username: str) -> None:
    assert api(username).get(URL).status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_writes_it(api: Api, method: str) -> None:
    assert getattr(api("ada"), method)(f"{URL}{AuditEntry.objects.first().pk}/").status_code in {403, 405}


def cursor(position: str) -> str:
    return base64.b64encode(f"p={position}".encode()).decode()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"cursor": cursor("0001-01-01+00:00")}, 404),
        ({"cursor": cursor("9999-12-31T23:59:59-14:00")}, 404),
        ({"cursor": cursor("²")}, 404),
        ({"since": "0001-01-01T00:00:00+14:00"}, 400),
        ({"until": "9999-12-31T23:59:59-14:00"}, 400),
        ({"page_size": "²"}, 200),
    ],
)
def test_moments_that_no_zone_holds_are_refused(api: Api, query: dict[str, str], status: int) -> None:
    assert api("ada").get(URL, query).status_code == status


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "²", "\0"])
def test_every_list_with_a_time_filter_refuses_them(api: Api, moment: str) -> None:
    client = api("ada")
    filters = {
        "audit-log": ("since", "until"),
        "receipts": ("received_after", "received_before"),
        "provider-calls": ("after", "before"),
        "deliveries": ("created_after", "created_before"),
    }
    for path, names in filters.items():
        for name in names:
            assert client.get(f"/api/v1/{path}/", {name: moment}).status_code == 400, (path, name)
