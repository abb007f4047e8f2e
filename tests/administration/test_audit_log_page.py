"""Settings → Audit log: read, filtered, exported, kept for so long; and the History of a record."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.roles import ROLES
from contacts.models import Contact
from omnichannel import tasks
from omnichannel.audit_log.keeping import DELETED_AT_ONCE
from omnichannel.lib.audit import acting
from omnichannel.lib.csvs import guarded
from omnichannel.models import AuditEntry
from omnichannel.roles import permissions_of
from routing.models import Queue
from tests.world import World

LIST = "/admin/omnichannel/auditentry/"


@pytest.fixture(autouse=True)
def from_here_on(ada: Client) -> None:
    """Without what building the world and logging in wrote."""
    AuditEntry.objects.all().delete()


def text_of(response: Any) -> str:
    return str(response.content.decode())


def download(client: Client, query: str = "") -> list[list[str]]:
    """The rows of the exported file."""
    response: Any = client.get(f"{LIST}export/{query}")
    assert response["Content-Type"].startswith("text/csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def change(world: World, who: str = "ada", **values: Any) -> AuditEntry:
    """A change of the queue Billing by one of the world's people."""
    with acting(world.users[who]):
        for name, value in values.items():
            setattr(world.billing, name, value)
        world.billing.save()
    return AuditEntry.objects.latest("id")


def test_the_list_tells_who_what_and_from_where(ada: Client, world: World) -> None:
    change(world, priority=7)

    page = text_of(ada.get(LIST))

    for said in ("Ada", "Changed", "Queue", "Billing", "Priority", "Background task"):
        assert said in page, said


def test_one_entry_shows_labels_and_choices_before_and_after(ada: Client, world: World) -> None:
    with acting(world.users["ada"]):
        world.stream.auto_close_after_inactivity = 600
        world.stream.save()

    page = text_of(ada.get(f"{LIST}{AuditEntry.objects.get().pk}/change/"))

    for said in ("Auto-close after inactivity", "<td>480</td>", "<td>600</td>", "Support by SMS"):
        assert said in page, said
    assert f"/admin/routing/workstream/{world.stream.pk}/change/" in page


def test_an_entry_of_what_is_gone_stays_readable(ada: Client, world: World) -> None:
    queue = Queue.objects.create(name="Short-lived")
    queue.delete()

    for entry in AuditEntry.objects.all():
        assert "Short-lived" in text_of(ada.get(f"{LIST}{entry.pk}/change/"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("action__exact=1", 2),
        ("action__exact=3", 0),
        ("place__exact=task", 2),
        ("place__exact=api", 0),
        ("kind=routing.queue", 2),
        ("kind=contacts.contact", 0),
        ("kind=nonsense", 2),
        ("when=today", 2),
        ("from=2020-01-01&to=2020-01-02", 0),
    ],
)
def test_filters_leave_what_they_say(ada: Client, world: World, query: str, found: int) -> None:
    change(world, "ada", priority=7)
    change(world, "sam", priority=8)

    assert len(ada.get(f"{LIST}?{query}").context["cl"].result_list) == found


def test_it_is_filtered_by_person(ada: Client, world: World) -> None:
    change(world, "ada", priority=7)
    mine = change(world, "sam", priority=8)

    page = ada.get(f"{LIST}?who={world.users['sam'].pk}")

    assert list(page.context["cl"].result_list) == [mine]


@pytest.mark.parametrize("username", ["sam", "alice"])
def test_only_administrators_read_it(as_user: Any, world: World, username: str) -> None:
    entry = change(world, priority=7)
    for url in (LIST, f"{LIST}{entry.pk}/change/", f"{LIST}export/", f"{LIST}{entry.pk}/history/"):
        assert as_user(username).get(url).status_code in {302, 403}, url


def test_whoever_reads_it_may_see_numbers() -> None:
    for role in ROLES:
        rights = permissions_of(role)
        assert "agents.see_customer_numbers" in rights or "omnichannel.view_auditentry" not in rights


@pytest.mark.parametrize("view", ["add/", "{pk}/delete/"])
def test_nobody_changes_it(ada: Client, world: World, view: str) -> None:
    entry = change(world, priority=7)

    assert ada.post(LIST + view.format(pk=entry.pk), {"post": "yes"}).status_code == 403
    assert ada.post(f"{LIST}{entry.pk}/change/", {"actor": ""}).status_code == 403
    assert AuditEntry.objects.filter(pk=entry.pk, actor=world.users["ada"]).exists()


# --- export ---------------------------------------------------------------------------------------


def test_the_export_holds_what_the_filters_leave_and_is_logged_itself(ada: Client, world: World) -> None:
    change(world, "ada", priority=7, name="=cmd|' /C calc'!A0")
    change(world, "sam", priority=8)

    rows = download(ada, f"?who={world.users['ada'].pk}")

    assert rows[0][:3] == ["At", "Who", "From"]
    assert {row[1] for row in rows[1:]} == {"Ada"}
    assert ["Name", "Billing", "'=cmd|' /C calc'!A0"] in [row[-3:] for row in rows]
    noted = AuditEntry.objects.get(action=AuditEntry.Action.EXPORT)
    assert (noted.actor, noted.additional_data["count"]) == (world.users["ada"], 1)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        *((start + "x", f"'{start}x") for start in ("=", "+", "-", "@", "\t", "\r", "\n")),
        ("x=1", "x=1"),
        (-5, "'-5"),
        (None, ""),
        ("", ""),
    ],
)
def test_no_cell_is_taken_for_a_formula(cell: Any, written: Any) -> None:
    assert guarded(cell) == written


# --- what it costs --------------------------------------------------------------------------------


def test_a_list_of_many_costs_what_a_list_of_few_does(ada: Client, world: World) -> None:
    costs = []
    for count in (3, 60):
        for n in range(count):
            change(world, priority=n + count * 10)
        ada.get(LIST)
        with CaptureQueriesContext(connection) as statements:
            assert ada.get(f"{LIST}?kind=routing.queue").status_code == 200
        costs.append(len(statements))

    assert costs[0] == costs[1]
    assert costs[1] <= 12


# --- history of a record --------------------------------------------------------------------------


def test_history_of_a_record_is_what_the_log_has_of_it(ada: Client, world: World) -> None:
    change(world, "sam", priority=77)

    page = text_of(ada.get(f"/admin/routing/queue/{world.billing.pk}/history/"))

    assert "Sam" in page
    assert "<td>77</td>" in page


def test_history_masks_numbers_for_those_without_the_right(as_user: Any, world: World) -> None:
    contact = Contact.objects.create(last_name="Noser", mobile_phone="+14255550149")
    url = f"/admin/contacts/contact/{contact.pk}/history/"

    assert "+14255550149" in text_of(as_user("ada").get(url))
    masked = text_of(as_user("sam").get(url))
    assert "+14255550149" not in masked
    assert "+1 ••• ••• 49" in masked


def test_history_of_what_is_not_there_leads_back(ada: Client) -> None:
    assert ada.get("/admin/routing/queue/987654/history/").status_code == 302


def test_history_is_for_those_who_may_see_the_record(as_user: Any, world: World) -> None:
    assert as_user("alice").get(f"/admin/routing/queue/{world.billing.pk}/history/").status_code == 302


# --- how long -------------------------------------------------------------------------------------


def test_what_is_older_than_a_year_is_deleted(world: World, settings: Any) -> None:
    kept = change(world, priority=7)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            content_type=kept.content_type, action=1, timestamp=timezone.now() - timedelta(days=366 + n)
        )
        for n in range(DELETED_AT_ONCE + 1)
    )

    tasks.sweep_audit_log()

    assert list(AuditEntry.objects.all()) == [kept]
