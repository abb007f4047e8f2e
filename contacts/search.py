"""Finding customers by what people type: the beginning of a name, a number in any form, an e-mail address.

Every condition is a range of an index, so that a list of a hundred thousand answers as fast as a short one.
"""

from typing import Any

import phonenumbers
from django.conf import settings
from django.db.models import Q, QuerySet

from contacts.models import Account, Address, Contact
from omnichannel.lib import phones
from omnichannel.lib.folding import begins, fold

FEWEST_DIGITS = 3
MOST_WORDS = 4
MOST_MEANT = 500


def contacts_matching(contacts: QuerySet, text: str) -> QuerySet:
    """Contacts by name (each word begins the first name, the last name or the company), number or e-mail."""
    if numbers := number_beginnings(text):
        linked = Address.objects.filter(_any("value", numbers), contact__isnull=False).values("contact_id")
        return contacts.filter(pk__in=_ids(Contact, _any("mobile_phone", numbers)).union(linked))
    if "@" in text:
        return contacts.filter(begins("email_key", fold(text)))
    for word in _words(text):
        by_last, *others = _named(word)
        contacts = contacts.filter(pk__in=by_last.union(*others))
    return contacts


def _named(word: str) -> list[QuerySet]:
    """Ids of the contacts that a word of a name may mean, each by an index of its own."""
    keys = ("last_key", "first_key", "email_key")
    companies = Account.objects.filter(begins("name_key", word))
    return [*(_ids(Contact, begins(key, word)) for key in keys), _ids(Contact, Q(account__in=companies))]


def accounts_matching(accounts: QuerySet, text: str) -> QuerySet:
    """Companies by the beginning of their name, or by number."""
    if numbers := number_beginnings(text):
        return accounts.filter(_any("phone", numbers))
    return accounts.filter(begins("name_key", fold(text))) if fold(text) else accounts


def addresses_matching(addresses: QuerySet, text: str) -> QuerySet:
    """Addresses by their value, by the name the sender goes by, or by their contact."""
    if numbers := number_beginnings(text):
        return addresses.filter(_any("value", numbers))
    if not fold(text):
        return addresses
    named = _ids(Address, begins("profile_key", fold(text))).union(
        _ids(Address, begins("value", text.strip())),
        Address.objects.filter(contact__in=contacts_matching(Contact.objects.all(), text)).values("pk"),
    )
    return addresses.filter(pk__in=named)


def address_ids(text: str) -> list[int]:
    """The addresses that are meant, at most MOST_MEANT: where more are, people type more of the name."""
    return _some_ids(addresses_matching(Address.objects.order_by(), text))


def contact_ids(text: str, most: int = MOST_MEANT) -> list[int]:
    """The contacts that are meant, at most `most`. Of a name that thousands have, no more are read either."""
    words = _words(text)
    if len(words) != 1 or "@" in text or number_beginnings(text):
        return _some_ids(contacts_matching(Contact.objects.order_by(), text), most)
    by_last, *others = [_ids(Contact, Q(pk__in=found[:most])) for found in _named(words[0])]
    return _some_ids(by_last.union(*others), most)


def _some_ids(rows: QuerySet, most: int = MOST_MEANT) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:most])


def number_beginnings(text: str) -> list[str]:
    """How the stored forms of a written number begin; none when the text is no number.

    Without a + it may be a number of the installation's region or one with its country code; digits that
    are stored without a + are short codes.
    """
    digits = "".join(phones.DIGITS.findall(text))
    if len(digits) < FEWEST_DIGITS or any(c.isalpha() for c in text) or "@" in text:
        return []
    try:
        return [phones.to_e164(text, region=settings.DEFAULT_PHONE_REGION)]
    except phones.NotANumber:
        if text.strip().startswith("+"):
            return [f"+{digits}"]
        code = phonenumbers.country_code_for_region(settings.DEFAULT_PHONE_REGION)
        return [f"+{digits.removeprefix('00')}", f"+{code}{digits}", digits]


def _any(field: str, beginnings: list[str]) -> Q:
    wanted = Q(pk__in=[])
    for beginning in beginnings:
        wanted |= begins(field, beginning)
    return wanted


def _ids(model: Any, condition: Q) -> QuerySet:
    found: QuerySet = model.objects.filter(condition).order_by().values("pk")
    return found


def _words(text: str) -> list[str]:
    return fold(text).split()[:MOST_WORDS]
