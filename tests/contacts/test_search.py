"""Customers are found by indexes alone, on every database."""

import pytest
from django.db import connection

from contacts.models import Account, Address, Contact
from contacts.search import accounts_matching, addresses_matching, contacts_matching
from omnichannel.lib.folding import fold

pytestmark = pytest.mark.django_db
LOOKS = {Contact: contacts_matching, Address: addresses_matching, Account: accounts_matching}


@pytest.mark.parametrize("term", ["rossi", "maria ros", "425 555", "+14255550100", "0100", "m@example"])
@pytest.mark.parametrize("model", LOOKS)
def test_no_table_is_read_from_end_to_end(model, term):
    found = LOOKS[model](model.objects.order_by("-id"), term)[:50]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # With few rows it would read them all; this says whether it could do without.
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "Seq Scan" not in found.explain()
    else:
        lines = [line for line in found.explain().splitlines() if " SCAN contacts_" in f" {line}"]
        # The newest first, while each is looked up in what was found: ends after fifty.
        assert not [line for line in lines if "USING" not in line and "pk" not in line], lines


@pytest.mark.parametrize("written", ["Müller", "müller", "MULLER", "mull", "  Mu\u0308ller "])
def test_case_accents_and_blanks_do_not_matter(written):
    contact = Contact.objects.create(first_name="Zoë", last_name="Müller")
    assert list(contacts_matching(Contact.objects.all(), written)) == [contact]
    assert fold(written) in contact.last_key


def test_a_contact_is_found_by_company_and_by_another_number():
    contact = Contact.objects.create(last_name="R", account=Account.objects.create(name="Keller Interiors"))
    Address.objects.create(kind="phone", value="+41791234567", contact=contact)
    Contact.objects.create(last_name="Other")
    for term in ("keller", "+41 79 123", "0041 79 123 45 67"):
        assert list(contacts_matching(Contact.objects.all(), term)) == [contact], term


def test_the_end_of_a_word_is_no_beginning():
    Contact.objects.create(last_name="Rossi")
    assert not contacts_matching(Contact.objects.all(), "ossi").exists()
    assert not contacts_matching(Contact.objects.all(), "%").exists()
    assert not contacts_matching(Contact.objects.all(), "_ossi").exists()
