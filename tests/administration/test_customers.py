"""Contacts, companies and addresses in administration."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Address, Contact
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


@pytest.mark.parametrize("term", ["rossi", "4255550100", "(425) 555-0100", "+1 425 555 0100"])
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


def test_an_address_is_linked_and_blocked_and_nothing_else(ada: Client, world: World, drain: Any) -> None:
    post_webhook(world.inbound_url, text_params("Hello"))
    drain()
    maria = Contact.objects.create(last_name="Rossi")
    address = Address.objects.get()
    until = timezone.now() + timedelta(days=1)
    url = reverse("admin:contacts_address_change", args=[address.pk])

    ada.post(
        url,
        {
            "contact": maria.pk,
            "value": "+1999",
            "kind": "alphanumeric",
            "blocked_until_0": f"{until:%Y-%m-%d}",
            "blocked_until_1": "12:00:00",
        },
    )

    address.refresh_from_db()
    assert (address.contact, address.value, address.kind) == (maria, CUSTOMER, "phone")
    assert address.blocked_until is not None


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
