"""Customers over the API: numbers, notes, blocks."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from contacts.models import Address, Contact
from tests.api.conftest import Api
from tests.world import CUSTOMER, World

ROOT = "/api/v1"


@pytest.fixture
def maria(world: World) -> Contact:
    return Contact.objects.create(first_name="Maria", last_name="Rossi", mobile_phone=CUSTOMER)


def test_a_number_is_added_in_any_form_and_moved_only_when_that_is_said(api: Api, maria: Contact) -> None:
    mario = Contact.objects.create(last_name="Mario")
    client, number = api("alice"), {"number": "(425) 555-0177"}

    first = client.post(f"{ROOT}/contacts/{mario.pk}/addresses/", number)
    refused = client.post(f"{ROOT}/contacts/{maria.pk}/addresses/", number)
    moved = client.post(f"{ROOT}/contacts/{maria.pk}/addresses/", number | {"move": True})

    assert (first.status_code, first.json()["value"]) == (201, "+14255550177")
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")
    assert (moved.status_code, moved.json()["contact"]) == (201, maria.pk)
    wrong = client.post(f"{ROOT}/contacts/{maria.pk}/addresses/", {"number": "12"})
    assert "number" in wrong.json()
    url = f"{ROOT}/addresses/{moved.json()['id']}/"
    assert client.patch(url, {"contact": None}).json()["contact"] is None
    assert client.get(f"{ROOT}/contacts/{maria.pk}/addresses/").json() == []


def test_notes_are_added_and_read(api: Api, maria: Contact) -> None:
    url = f"{ROOT}/contacts/{maria.pk}/notes/"

    assert api("alice").post(url, {"text": "Calls on Mondays"}).status_code == 201
    assert api("bob").post(url, {"text": " "}).status_code == 400

    assert [(n["text"], n["author"]) for n in api("bob").get(url).json()] == [("Calls on Mondays", "alice")]


def test_an_address_is_blocked_until_a_moment_or_for_ever_and_unblocked(api: Api, world: World) -> None:
    address = Address.objects.create(kind="phone", value=CUSTOMER)
    url, client = f"{ROOT}/addresses/{address.pk}", api("sam")
    until = (timezone.now() + timedelta(days=7)).isoformat()

    week = client.post(f"{url}/block/", {"until": until, "reason": "Insults"}).json()
    assert (week["is_blocked"], week["block_reason"], week["blocked_by"]) == (True, "Insults", "sam")
    ever = client.post(f"{url}/block/", {}).json()
    assert (ever["is_blocked"], ever["blocked_until"]) == (True, None)
    assert "until" in client.post(f"{url}/block/", {"until": "2020-01-01T00:00:00Z"}).json()
    assert client.post(f"{url}/unblock/").json()["is_blocked"] is False


@pytest.mark.parametrize(
    "term", ["ros", "Maria R", "rössi", "4255550100", "(425) 555", "+1 425 555 0100", "0100x"]
)
def test_contacts_are_searched_by_beginnings_and_numbers(api: Api, maria: Contact, term: str) -> None:
    Contact.objects.create(last_name="Other", mobile_phone="+41791234567")

    found = [row["id"] for row in api("alice").get(f"{ROOT}/contacts/", {"search": term}).json()["results"]]

    assert found == ([] if term == "0100x" else [maria.pk])


# --- import and export -----------------------------------------------------------------------------


def uploaded(client: Any, text: str = "Name,Phone\nMaria Rossi,(425) 555-0100\nX,12\n") -> Any:
    file = SimpleUploadedFile("people.csv", text.encode())
    return client.post(f"{ROOT}/imports/", {"file": file}, format="multipart")


def test_a_file_is_uploaded_told_what_it_is_started_and_reported(api: Api, world: World, drain: Any) -> None:
    client = api("sam")

    draft = uploaded(client)
    assert (draft.status_code, draft.json()["mapping"]) == (201, {"full_name": 0, "mobile_phone": 1})
    url = f"{ROOT}/imports/{draft.json()['id']}"
    assert "mapping" in client.patch(f"{url}/", {"mapping": {"full_name": 7}}).json()
    assert client.patch(f"{url}/", {"region": "CA"}).json()["region"] == "CA"
    assert client.post(f"{url}/start/").json()["state"] == "running"
    assert client.post(f"{url}/start/").status_code == 409
    drain()

    done = client.get(f"{url}/").json()
    assert (done["state"], done["created_count"], done["refused_count"]) == ("done", 1, 1)
    rows = client.get(f"{url}/rows/", {"result": "refused"}).json()
    assert [(row["line"], row["cells"]) for row in rows] == [(3, ["X", "12"])]
    assert b"Why it was refused" in b"".join(client.get(f"{url}/bad-rows/").streaming_content)
    assert client.post(f"{url}/cancel/").status_code == 409
    assert client.patch(f"{url}/", {"region": "CH"}).status_code == 409


def test_what_cannot_be_imported_is_a_bad_request(api: Api, world: World) -> None:
    assert "file" in uploaded(api("ada"), "Name\n").json()
    assert "file" in api("ada").post(f"{ROOT}/imports/", {}).json()
    assert uploaded(api("alice")).status_code == 403


def test_contacts_are_exported_with_the_lists_filters(api: Api, maria: Contact) -> None:
    Contact.objects.create(last_name="Other")

    answer = api("ada").get(f"{ROOT}/contacts/export/", {"search": "ros"})

    text = b"".join(answer.streaming_content).decode()
    assert CUSTOMER in text
    assert "\r\n,,Other" not in text
    assert api("alice").get(f"{ROOT}/contacts/export/").status_code == 403
