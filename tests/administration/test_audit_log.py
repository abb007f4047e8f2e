"""Every change goes into the audit log: object, field, before and after, who, from where."""

from typing import Any

import pytest
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from knox.models import get_token_model
from rest_framework.test import APIClient

from agents import links
from agents.models import User
from agents.roles import AGENT, SUPERVISOR, give_role
from agents.services import accept_invitation
from channels_app.models import ProviderAccount
from contacts.models import Address, Contact
from omnichannel.audited import AUDITED, NOT_EDITED, VALIDATION
from omnichannel.lib.audit import HIDDEN, Place, acting
from omnichannel.models import AuditEntry
from omnichannel.roles import MATRIX
from routing.models import Queue, WorkStream
from routing.services import retire_work_stream
from tests.administration.conftest import form_of
from tests.administration.test_people import NEW, url_of
from tests.world import AUTH_TOKEN, World, post_webhook, text_params

Action = AuditEntry.Action


@pytest.fixture(autouse=True)
def from_here_on(world: World) -> None:
    """Without what building the world wrote."""
    AuditEntry.objects.all().delete()


def last(record: Any, action: int = Action.UPDATE) -> AuditEntry:
    """The newest entry of a record."""
    return AuditEntry.objects.get_for_object(record).filter(action=action).latest("id")


def test_every_record_that_a_role_may_change_is_in_the_table() -> None:
    changeable = {
        label
        for rights in MATRIX.values()
        for label, actions in rights.items()
        if {"add", "change", "delete"} & set(actions)
    }

    assert sorted(changeable - AUDITED.keys() - NOT_EDITED.keys()) == []
    assert {model._meta.label_lower for model in auditlog.get_models()} == AUDITED.keys()


@pytest.mark.parametrize("label", AUDITED)
def test_the_table_names_only_fields_there_are(label: str) -> None:
    names = {field.name for field in apps.get_model(label)._meta.get_fields()}
    how = AUDITED[label]

    assert {*how.hidden, *how.lists, *how.unsaid} - {*VALIDATION} <= names


def test_a_change_on_a_page_is_told_with_before_and_after(ada: Client, world: World) -> None:
    url = f"/admin/routing/queue/{world.billing.pk}/change/"

    ada.post(url, {**form_of(ada.get(url)), "priority": "7"})

    entry = last(world.billing)
    assert entry.changes == {"priority": [10, 7]}
    assert (entry.actor, entry.place, entry.remote_addr) == (world.users["ada"], Place.PAGE, "127.0.0.1")


def test_a_change_over_the_api_is_told_as_such(world: World) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {get_token_model().objects.create(world.users['ada'])[1]}")

    client.patch(f"/api/v1/queues/{world.billing.pk}/", {"priority": 8})

    entry = last(world.billing)
    assert (entry.changes, entry.place) == ({"priority": [10, 8]}, Place.API)
    assert (entry.actor, entry.actor_name) == (world.users["ada"], "Ada")


def test_members_that_come_and_go_are_told(world: World) -> None:
    with acting(world.users["sam"]):
        world.billing.members.set([world.agents["alice"]])

    told = list(
        AuditEntry.objects.get_for_object(world.billing).order_by("id").values_list("changes", flat=True)
    )
    assert told == [
        {"members": {"type": "m2m", "operation": "delete", "objects": ["Bob"]}},
        {"members": {"type": "m2m", "operation": "add", "objects": ["Alice"]}},
    ]


def test_another_role_is_told_as_what_was_taken_and_given(world: World) -> None:
    give_role(world.users["bob"], SUPERVISOR)

    told = (
        AuditEntry.objects.get_for_object(world.users["bob"]).filter(changes__has_key="groups").order_by("id")
    )
    said = [(e.changes["groups"]["operation"], e.changes["groups"]["objects"]) for e in told]
    assert said == [("delete", [AGENT]), ("add", [SUPERVISOR])]


def test_what_is_made_and_deleted_is_told(ada: Client, world: World) -> None:
    queue = Queue.objects.create(name="Short-lived", priority=3)
    assert last(queue, Action.CREATE).changes["name"] == [None, "Short-lived"]

    pk = queue.pk
    ada.post(f"/admin/routing/queue/{pk}/delete/", {"post": "yes"})

    gone = AuditEntry.objects.get(object_id=pk, action=Action.DELETE)
    assert (gone.object_repr, gone.actor) == ("Short-lived", world.users["ada"])


def test_a_new_person_with_role_and_right_is_told_without_the_password(ada: Client) -> None:
    ada.post("/admin/agents/user/add/", {**NEW, "sees_numbers": "on"})

    carol = User.objects.get(username="carol")
    made = last(carol, Action.CREATE).changes
    assert made["password"] == ["", HIDDEN]
    assert made["username"] == [None, "carol"]
    lists = (
        AuditEntry.objects.get_for_object(carol)
        .filter(action=Action.UPDATE)
        .values_list("changes", flat=True)
    )
    assert {next(iter(c)) for c in lists} >= {"groups", "user_permissions"}
    assert not AuditEntry.objects.filter(changes__icontains=carol.password).exists()


def test_a_new_password_is_told_as_replaced(ada: Client, world: World) -> None:
    bob = world.users["bob"]
    bob.set_password("correct horse battery")
    bob.save()

    assert last(world.users["bob"]).changes == {"password": [HIDDEN, HIDDEN]}


def test_a_secret_is_told_as_replaced_and_never_said(world: World) -> None:
    account = ProviderAccount.objects.get()
    account.secret, account.secondary_secret = "another", "second"
    account.save()

    assert last(account).changes == {"secret": [HIDDEN, HIDDEN], "secondary_secret": ["", HIDDEN]}
    kept = str(list(AuditEntry.objects.values()))
    assert not [secret for secret in ("another", "second'", AUTH_TOKEN) if secret in kept]


def test_a_stream_taken_out_of_use_is_told(world: World) -> None:
    retire_work_stream(world.stream)

    changes = last(world.stream).changes
    assert changes["name"][0] == "Support by SMS"
    assert changes["name"][1] == WorkStream.objects.get(channel="sms").name
    assert changes["deleted_at"][0] is None


def test_a_number_that_moves_is_told(ada: Client, world: World) -> None:
    ada.post(f"/admin/channels_app/smsnumber/{world.number.sms_number.pk}/delete/", {"post": "yes"})

    assert list(last(world.number).changes) == ["deleted_at"]


def test_texts_that_come_in_write_nothing_there(world: World, drain: Any) -> None:
    with CaptureQueriesContext(connection) as statements:
        post_webhook(world.inbound_url, text_params("Hello", ProfileName="Ann"))
        drain()
        post_webhook(world.inbound_url, text_params("Again", number=2, ProfileName="Anna"))
        drain()

    assert Address.objects.exists()
    assert not AuditEntry.objects.exists()
    assert not [s["sql"] for s in statements if 'INTO "omnichannel_auditentry"' in s["sql"]]


def test_whose_address_it_is_is_told(ada: Client, world: World) -> None:
    address = Address.objects.create(kind="phone", value="+14255550149")
    contact = Contact.objects.create(last_name="Noser")

    ada.post(f"/admin/contacts/address/{address.pk}/change/", {"contact": contact.pk})

    assert last(address).changes == {"contact": [None, "Noser"]}


def test_the_administrations_own_history_is_no_second_truth(ada: Client, world: World) -> None:
    url = url_of(world.users["bob"])
    ada.post(url, {**form_of(ada.get(url)), "first_name": "Robert"})
    ada.post("/admin/agents/user/add/", NEW)
    ada.post(f"/admin/routing/queue/{world.billing.pk}/delete/", {"post": "yes"})

    assert not LogEntry.objects.exists()


# --- log-ins --------------------------------------------------------------------------------------


def signs() -> list[tuple[str, str, str]]:
    """What was noted of log-ins: who, of whom, what."""
    rows = AuditEntry.objects.filter(action=Action.SIGN_IN).order_by("id")
    return [(row.actor_name, row.object_repr, row.additional_data["what"]) for row in rows]


def test_log_ins_failures_and_log_outs_are_told(world: World) -> None:
    client = Client()
    client.post("/login/", {"username": "bob", "password": "wrong"})
    client.post("/login/", {"username": "my-password-by-mistake", "password": "x"})
    client.post("/login/", {"username": "bob", "password": "bob-password"})
    client.post("/logout/")

    assert signs() == [
        ("", "Bob", "Log-in failed"),
        ("", "users", "Log-in failed: nobody has this name"),
        ("Bob", "Bob", "Logged in"),
        ("Bob", "Bob", "Logged out"),
    ]
    assert "my-password" not in str(list(AuditEntry.objects.values()))


def test_a_log_in_over_the_api_is_told_once(world: World) -> None:
    APIClient().post("/api/v1/token/", {"username": "bob", "password": "bob-password"})

    assert signs() == [("Bob", "Bob", "API token issued")]


def test_an_accepted_invitation_names_who_accepted_it(world: World) -> None:
    made = links.invite(
        made_by=world.users["ada"], first_name="Nils", last_name="New", role="Omnichannel agent"
    )

    accept_invitation(link=made.link, username="nils", password="correct horse battery")

    created = AuditEntry.objects.get(action=Action.CREATE, object_repr="Nils New", content_type__model="user")
    assert created.actor_name == "Nils New (invitation)"


def test_tokens_are_told_when_issued_and_when_they_end(world: World) -> None:
    answer = APIClient().post("/api/v1/token/", {"username": "bob", "password": "bob-password"})
    get_token_model().objects.all().delete()

    assert ("Bob", "API token issued") in {(of, what) for _, of, what in signs()}
    assert signs()[-1][1:] == ("Bob", "API token ended")
    assert answer.json()["token"] not in str(list(AuditEntry.objects.values()))
