"""Who is writing? Addresses, contacts, and how they find each other."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts.fields import PhoneFormField, clean_phone
from contacts.models import Account, Address, Contact
from contacts.services import identify, locked_address
from omnichannel.lib.phones import wire_address

pytestmark = pytest.mark.django_db
CUSTOMER = "+14255550100"


def wrote(text: str = CUSTOMER, profile_name: str = "") -> Address:
    wire = wire_address(text)
    assert wire is not None
    return locked_address(wire, profile_name=profile_name)


def test_one_sender_is_one_address_however_written():
    first = wrote()
    assert {wrote(text).pk for text in ("14255550100", " 14255550100", "whatsapp:+14255550100")} == {first.pk}


def test_kinds_are_kept_apart():
    assert len({wrote(text).pk for text in ("22395", "MYBANK", "whatsapp:22395x", CUSTOMER)}) == 4


def test_the_database_has_each_address_once():
    wrote()
    with pytest.raises(IntegrityError), transaction.atomic():
        Address.objects.create(kind="phone", value=CUSTOMER)


def test_a_race_for_a_new_address_ends_with_one(monkeypatch):
    """Somebody else made it between our look and our insert."""
    theirs = Address.objects.create(kind="phone", value=CUSTOMER)
    monkeypatch.setattr("django.db.models.query.QuerySet.first", lambda _: None)
    assert wrote() == theirs


def test_the_profile_name_is_kept_and_renewed_but_never_blanked():
    assert wrote(profile_name="Mia").profile_name == "Mia"
    assert wrote(profile_name="Mia M.").profile_name == "Mia M."
    assert wrote().profile_name == "Mia M."
    assert Address.objects.get().profile_name == "Mia M."


# --- identify -------------------------------------------------------------------------------------


def test_nobody():
    identity = identify(wrote())
    assert (identity.contact, identity.found, identity.title) == (
        None,
        "none",
        f"Visitor {identity.address.pk}",
    )
    assert not Contact.objects.exists()


def test_a_visitor_is_called_by_the_profile_name():
    assert identify(wrote(profile_name="Mia on WhatsApp")).title == "Mia on WhatsApp"


def test_one():
    mia = Contact.objects.create(first_name="Mia", last_name="Meier", mobile_phone="(425) 555-0100")
    identity = identify(wrote())
    assert (identity.contact, identity.found, identity.title) == (mia, "one", "Mia Meier")


def test_several():
    for name in ("Mia", "Max", "Moritz"):
        Contact.objects.create(last_name=name, mobile_phone=CUSTOMER)
    assert (identify(wrote()).found, identify(wrote()).contact) == ("several", None)


def test_the_own_contact_wins_over_any_number():
    own = Contact.objects.create(last_name="Own")
    for name in ("Mia", "Max"):
        Contact.objects.create(last_name=name, mobile_phone=CUSTOMER)
    address = wrote()
    address.contact = own
    address.save()
    assert identify(wrote()).contact == own


@pytest.mark.parametrize("sender", ["22395", "MYBANK", "whatsapp:CH.4711"])
def test_only_a_telephone_number_is_looked_up(sender):
    Contact.objects.create(last_name="Blank")
    assert identify(wrote(sender)).found == "none"


def test_contacts_without_a_number_are_nobody():
    for name in ("Mia", "Max"):
        Contact.objects.create(last_name=name)
    assert identify(wrote()).found == "none"


@pytest.mark.parametrize("stored", ["+14255550101", "+441425555010"])
def test_another_number_is_somebody_else(stored):
    Contact.objects.create(last_name="Other", mobile_phone=stored)
    assert identify(wrote()).found == "none"


def test_identifying_costs_one_statement(django_assert_num_queries):
    Contact.objects.create(last_name="Mia", mobile_phone=CUSTOMER, account=Account.objects.create(name="Ltd"))
    address = wrote()
    with django_assert_num_queries(1):
        contact = identify(address).contact
        assert contact.account.name == "Ltd"


# --- numbers as people type them ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(425) 555-0100", CUSTOMER),
        ("1 425 555 0100", CUSTOMER),
        ("00 1 425 555 0100", CUSTOMER),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_number_is_kept_as_e164_whoever_writes_it(typed, kept):
    assert clean_phone(typed) == kept
    made = Contact.objects.create(last_name="x", mobile_phone=typed)
    assert made.mobile_phone == Contact.objects.get().mobile_phone == kept
    assert PhoneFormField(required=False).clean(typed) == kept


@pytest.mark.parametrize("typed", ["5550100", "ask Mia", "425 555 0100 ext 7", "+1"])
def test_what_is_no_number_is_refused_by_form_and_model(typed):
    with pytest.raises(ValidationError, match="telephone number"):
        PhoneFormField().clean(typed)
    with pytest.raises(ValidationError), transaction.atomic():
        Contact.objects.create(last_name="x", mobile_phone=typed)


def test_the_region_of_the_installation_is_meant(settings):
    settings.DEFAULT_PHONE_REGION = "CH"
    assert clean_phone("044 668 18 00") == "+41446681800"


def test_blocked_until():
    now = timezone.now()
    address = Address(kind="phone", value=CUSTOMER)
    assert not address.is_blocked(now)
    address.blocked_until = now + timedelta(seconds=1)
    assert address.is_blocked(now)
    assert not address.is_blocked(now + timedelta(seconds=1))


def test_an_address_reads_well():
    assert str(wrote()) == "+1 425-555-0100"
    assert str(wrote("MYBANK")) == "MYBANK"
