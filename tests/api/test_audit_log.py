"""The audit log over the API."""

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
