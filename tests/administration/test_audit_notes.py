"""What is noted in the audit log beside changes: who, from where, what."""

from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.test import APIClient

from contacts.models import Contact
from omnichannel.lib import audit
from omnichannel.lib.audit import Origin, Place
from omnichannel.lib.clients import address_of
from omnichannel.models import AuditEntry
from tests.world import World


def test_a_read_is_noted_with_who_and_from_where(world: World) -> None:
    contact = Contact.objects.create(last_name="Noser")
    request = RequestFactory().get("/admin/", REMOTE_ADDR="203.0.113.7")
    request.user = world.users["ada"]

    def view(_request: Any) -> Any:
        return audit.note_read(contact, what="the number")

    audit.AuditMiddleware(view)(request)

    entry = AuditEntry.objects.get(action=AuditEntry.Action.ACCESS)
    assert (entry.actor, entry.actor_name, entry.remote_addr) == (world.users["ada"], "Ada", "203.0.113.7")
    assert (entry.place, entry.additional_data) == (Place.PAGE, {"what": "the number"})
    assert (entry.object_id, entry.object_repr) == (contact.pk, "Noser")


def test_an_export_is_noted_with_its_count(world: World) -> None:
    with audit.acting(world.users["sam"]):
        audit.note_export(Contact, what="all contacts, CSV", count=3)

    entry = AuditEntry.objects.get(action=AuditEntry.Action.EXPORT)
    assert (entry.actor, entry.place) == (world.users["sam"], Place.TASK)
    assert entry.additional_data == {"what": "all contacts, CSV", "count": 3}


def test_whoever_was_deleted_keeps_their_name(world: World) -> None:
    with audit.acting(world.users["bob"]):
        audit.note_export(Contact, what="x", count=0)

    world.users["bob"].delete()

    entry = AuditEntry.objects.get(action=AuditEntry.Action.EXPORT)
    assert (entry.actor, entry.actor_name) == (None, "Bob")


def test_without_a_request_it_is_a_command(world: World) -> None:
    audit.note_change(world.billing, {"priority": (1, 2), "name": ("a", None)}, what="by hand")

    entry = AuditEntry.objects.get(object_id=world.billing.pk, additional_data__what="by hand")
    assert (entry.place, entry.actor, entry.remote_addr) == (Place.COMMAND, None, None)
    assert entry.changes == {"priority": [1, 2], "name": ["a", None]}


def test_a_request_with_a_token_carries_its_person(world: World, settings: Any) -> None:
    """The middleware runs before the token is read; the actor is asked for when something is written."""
    seen: list[Any] = []
    from agents.models import ApiToken
    from contacts.api import ContactViewSet

    was = ContactViewSet.list
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {ApiToken.objects.create(world.users['sam'])[1]}")
    try:
        ContactViewSet.list = lambda self, request: (  # type: ignore[method-assign]
            seen.append((audit.origin().actor, audit.origin().place)) or was(self, request)
        )
        client.get("/api/v1/contacts/")
    finally:
        ContactViewSet.list = was  # type: ignore[method-assign]

    assert seen == [(world.users["sam"], Place.API)]


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "address"),
    [
        (False, "203.0.113.7", "", "203.0.113.7"),
        (False, "203.0.113.7", "198.51.100.1", "203.0.113.7"),
        (True, "10.0.0.1", "198.51.100.66, 203.0.113.7", "203.0.113.7"),
        (True, "10.0.0.1", "", "10.0.0.1"),
        (True, "10.0.0.1", "rubbish", None),
        (False, "", "", None),
        (False, "::1", "", "::1"),
    ],
)
def test_the_address_is_what_a_client_cannot_make_up(
    settings: Any, trusted: bool, remote: str, forwarded: str, address: str | None
) -> None:
    settings.TRUST_PROXY = trusted
    extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=remote, **extra)

    assert address_of(request) == address
    assert Origin(Place.PAGE, request).address == address


@pytest.mark.parametrize(("value", "kept"), [("", ""), ("None", ""), ("hush", "••••"), ("••••", "••••")])
def test_secrets_are_kept_as_being_there_or_not(value: str, kept: str) -> None:
    assert audit.hide(value) == kept
