"""Contacts, companies and addresses in administration."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import outbox
from contacts.models import Address, Contact
from conversations.models import Message
from tests.administration.conftest import errors_of
from tests.world import CUSTOMER, World, post_webhook, text_params

ADD = "/admin/contacts/contact/add/"


def person(**values: str) -> dict[str, str]:
    return {"first_name": "Maria", "last_name": "Rossi", "mobile_phone": "", "email": "", **values}


@pytest.mark.parametrize(
    "written", ["+14255550100", "(425) 555-0100", "1 425 555 0100", "00 1 425 555 0100", " 425.555.0100 "]
)
def test_a_mobile_phone_is_kept_in_one_form(ada: Client, written: str) -> None:
    ada.post(ADD, person(mobile_phone=written))

    assert Contact.objects.get().mobile_phone == "+14255550100"


@pytest.mark.parametrize("written", ["abc", "12", "425-555-01000000000", "+", "4255550100 ext. 5"])
def test_what_is_no_number_is_told_at_the_field(ada: Client, written: str) -> None:
    assert "telephone number" in errors_of(ada.post(ADD, person(mobile_phone=written)))["mobile_phone"][0]


def test_several_contacts_may_share_a_mobile_phone(ada: Client) -> None:
    for name in ("Maria", "Mario"):
        ada.post(ADD, person(first_name=name, mobile_phone=CUSTOMER))

    assert Contact.objects.filter(mobile_phone=CUSTOMER).count() == 2


@pytest.mark.parametrize(
    "term", ["rossi", "ROSSI mar", "4255550100", "425 555", "(425) 555-0100", "+1 425 555 0100"]
)
def test_contacts_are_found_by_name_and_number_in_any_form(ada: Client, term: str) -> None:
    Contact.objects.create(first_name="Maria", last_name="Rossi", mobile_phone=CUSTOMER)
    Contact.objects.create(last_name="Other", mobile_phone="+41791234567")

    page = ada.get("/admin/contacts/contact/", {"q": term})

    assert [str(c) for c in page.context["cl"].result_list] == ["Maria Rossi"]


def test_a_contacts_addresses_are_listed(ada: Client) -> None:
    maria = Contact.objects.create(last_name="Rossi")
    Address.objects.create(kind="phone", value=CUSTOMER, contact=maria, profile_name="<i>M</i>")

    page = ada.get(reverse("admin:contacts_contact_change", args=[maria.pk])).content.decode()

    assert "+1 425-555-0100" in page
    assert "&lt;i&gt;M&lt;/i&gt;" in page


def at(moment: Any) -> dict[str, str]:
    return {"blocked_until_0": f"{moment:%Y-%m-%d}", "blocked_until_1": f"{moment:%H:%M:%S}"}


def address_page(address: Address) -> str:
    return reverse("admin:contacts_address_change", args=[address.pk])


def test_an_address_is_linked_and_blocked_and_nothing_else(ada: Client, world: World, drain: Any) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    maria, address = Contact.objects.create(last_name="Rossi"), Address.objects.get()
    until = timezone.now() + timedelta(days=1)

    ada.post(
        address_page(address),
        {"contact": maria.pk, "value": "+1999", "kind": "alphanumeric", "is_held": "on"} | at(until),
    )

    address.refresh_from_db()
    assert (address.contact, address.value, address.kind) == (maria, CUSTOMER, "phone")
    assert address.is_blocked(until - timedelta(minutes=1))
    assert not address.is_blocked(until + timedelta(minutes=1))
    assert (address.blocked_by, address.blocked_texts) == ("ada", 0)
    assert " by Ada, 0 texts kept" in ada.get(address_page(address)).content.decode()


def test_texts_are_counted_while_blocked_and_what_is_pending_is_cancelled(
    ada: Client, world: World, drain: Any
) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    address = Address.objects.get()
    later = timezone.now() + timedelta(hours=1)
    number = world.number
    waiting = outbox.submit(number=number, address=address, text="Hi", now=timezone.now(), not_before=later)

    ada.post(address_page(address), {"is_held": "on", "block_reason": "Spam"})
    post_webhook(world.inbound_url, text_params("Buy", number=2))
    drain()

    waiting.refresh_from_db()
    page = ada.get(address_page(address)).content.decode()
    assert (waiting.state, waiting.error) == ("canceled", "blocked")
    assert "for ever by Ada, 1 text kept since" in page
    ada.post(address_page(address), {})
    address.refresh_from_db()
    assert (address.blocked_until, address.block_reason) == (None, "")
    lines = Message.objects.filter(direction="system", text__contains="blocked the customer")
    assert [line.text for line in lines.order_by("seq")] == [
        "Ada blocked the customer: their texts are kept, and reach nobody.",
        "Ada unblocked the customer.",
    ]


def test_a_block_ends_in_the_future(ada: Client) -> None:
    address = Address.objects.create(kind="phone", value=CUSTOMER)

    answer = ada.post(address_page(address), {"is_held": "on"} | at(timezone.now() - timedelta(days=1)))

    assert "future" in errors_of(answer)["blocked_until"][0]


def lines(
    prefix: str, *added: dict[str, str], known: tuple[Any, ...] = (), taken: int = -1
) -> dict[str, Any]:
    """An inline as a browser sends it."""
    data: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(known) + len(added),
        f"{prefix}-INITIAL_FORMS": len(known),
    }
    for n, pk in enumerate(known):
        data[f"{prefix}-{n}-id"] = pk
    if taken >= 0:
        data[f"{prefix}-{taken}-DELETE"] = "on"
    for n, line in enumerate(added, len(known)):
        data |= {f"{prefix}-{n}-{name}": value for name, value in line.items()}
    return data


def test_numbers_are_added_moved_and_taken_away_on_the_contacts_page(ada: Client) -> None:
    maria, mario = (Contact.objects.create(last_name=name) for name in ("Maria", "Mario"))
    theirs = Address.objects.create(kind="phone", value=CUSTOMER, contact=mario)
    url = reverse("admin:contacts_contact_change", args=[maria.pk])
    form = {"last_name": "Maria", **lines("notes")}

    refused = ada.post(url, form | lines("addresses", {"number": "(425) 555-0100"}))
    assert "belongs to Mario" in refused.content.decode()

    ada.post(url, form | lines("addresses", {"number": "(425) 555-0100", "move": "on"}))
    ada.post(url, form | lines("addresses", {"number": "+41 79 123 45 67"}, known=(theirs.pk,)))
    assert {a.value for a in maria.addresses.all()} == {CUSTOMER, "+41791234567"}

    newest = Address.objects.get(value="+41791234567")
    ada.post(url, form | lines("addresses", known=(theirs.pk, newest.pk), taken=0))
    assert [a.value for a in maria.addresses.all()] == ["+41791234567"]
    assert Address.objects.filter(pk=theirs.pk, contact=None).exists()


def test_notes_carry_who_wrote_them_and_stay_as_they_are(ada: Client) -> None:
    maria = Contact.objects.create(last_name="Rossi")
    url = reverse("admin:contacts_contact_change", args=[maria.pk])

    ada.post(
        url, {"last_name": "Rossi", **lines("addresses"), **lines("notes", {"text": "Calls on Mondays"})}
    )

    note = maria.notes.get()
    assert (note.text, note.author) == ("Calls on Mondays", "ada")
    assert "<p>Ada</p>" in ada.get(url).content.decode()
    assert "Calls on Mondays" in ada.get(url).content.decode()


def test_a_shared_mobile_phone_is_told_in_words(ada: Client) -> None:
    maria, _ = (Contact.objects.create(last_name=n, mobile_phone=CUSTOMER) for n in ("Maria", "Mario"))

    page = ada.get(reverse("admin:contacts_contact_change", args=[maria.pk])).content.decode()

    assert "2 contacts have this mobile phone: texts are not linked automatically." in page


def test_an_address_is_never_deleted(ada: Client, world: World, drain: Any) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()

    url = reverse("admin:contacts_address_delete", args=[Address.objects.get().pk])

    assert ada.post(url, {"post": "yes"}).status_code == 403


def test_a_contact_is_deleted_without_its_history(ada: Client, world: World, drain: Any) -> None:
    maria = Contact.objects.create(last_name="Rossi", mobile_phone=CUSTOMER)
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()

    ada.post(reverse("admin:contacts_contact_delete", args=[maria.pk]), {"post": "yes"})

    assert not Contact.objects.exists()
    assert Address.objects.get().conversations.count() == 1
