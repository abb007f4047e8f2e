"""What a line of a file says of a person. Pure.

**How a contact is recognised** (the natural key): by its external ID when the line has one; else by mobile
phone and name together; else by e-mail address. A line without any of the three is refused, because a second
import could not recognise it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import phonenumbers

from omnichannel.lib import phones
from omnichannel.lib.folding import fold

FIELDS = {
    "external_id": "External ID",
    "first_name": "First name",
    "last_name": "Last name",
    "full_name": "Full name",
    "mobile_phone": "Mobile phone",
    "email": "E-mail",
    "company": "Company",
    "note": "Note",
}
# Regions with telephone numbers that the table of names leaves out.
UNNAMED = {"AC": "Ascension Island", "TA": "Tristan da Cunha", "XK": "Kosovo"}
# What such columns are called in the files of this world; folded, without signs.
CALLED = {
    "external_id": {"external id", "id", "contact id", "customer id", "customer number", "kundennummer"},
    "first_name": {"first name", "firstname", "given name", "forename", "vorname", "prenom", "nombre"},
    "last_name": {"last name", "lastname", "surname", "family name", "nachname", "nom", "apellido"},
    "full_name": {"name", "full name", "fullname", "contact", "contact name", "customer", "customer name"},
    "mobile_phone": {
        *(
            "mobile phone",
            "mobile",
            "phone",
            "phone number",
            "cell",
            "cell phone",
            "mobile number",
            "telephone",
        ),
        *("tel", "number", "handy", "telefon", "mobil", "natel", "phone 1 value"),
    },
    "email": {"email", "e mail", "mail", "email address", "e mail address", "e mail 1 value"},
    "company": {"company", "account", "organization", "organisation", "company name", "firma"},
    "note": {"note", "notes", "comment", "comments", "remark", "description"},
}
LONGEST = {"external_id": 80, "first_name": 80, "last_name": 80, "email": 254, "company": 160, "note": 5000}


class Refused(ValueError):
    """The line cannot be imported; the message says what to mend."""


@dataclass(frozen=True)
class Person:
    """A line, understood. Empty means that the line says nothing of it. `number_note` is for people."""

    external_id: str = ""
    first_name: str = ""
    last_name: str = ""
    mobile_phone: str = ""
    email: str = ""
    company: str = ""
    note: str = ""
    number_note: str = ""


def guess(heads: Sequence[str]) -> dict[str, int]:
    """Which column is which field, by what it is called."""
    found: dict[str, int] = {}
    for n, head in enumerate(heads):
        called = fold(head.replace("_", " ").replace("-", " ").replace(".", " "))
        for field, names in CALLED.items():
            if field not in found and called in names:
                found[field] = n
                break
    if "last_name" in found:
        found.pop("full_name", None)
    return found


def understand(cells: Sequence[str], mapping: Mapping[str, int], *, region: str) -> Person:
    """What the cells say; numbers without a country code are numbers of `region`. Raises Refused."""
    said = {field: cells[n].strip() for field, n in mapping.items() if 0 <= n < len(cells)}
    if "full_name" in said:
        first, _, last = said.pop("full_name").rpartition(" ")
        said = {"first_name": first.strip(), "last_name": last} | {k: v for k, v in said.items() if v}
    for field, longest in LONGEST.items():
        if len(said.get(field, "")) > longest:
            raise Refused(f"{FIELDS[field]} is longer than {longest} characters.")
    number, number_note = understood_number(said.pop("mobile_phone", ""), region=region)
    person = Person(**said, mobile_phone=number, number_note=number_note)
    if not person.last_name:
        raise Refused("Last name is missing.")
    if not (person.external_id or person.mobile_phone or person.email):
        raise Refused("Give an external ID, a mobile phone or an e-mail: by them the person is recognised.")
    return person


def understood_number(text: str, *, region: str) -> tuple[str, str]:
    """E.164, and how it is told to people: “+41 79 123 45 67 (Switzerland guessed)”. Raises Refused."""
    if not text:
        return "", ""
    if any(c.isalpha() for c in text):
        raise Refused(f"“{text[:40]}” is no telephone number. Format the column as text and save it again.")
    try:
        number = phones.to_e164(text, region=region)
    except phones.NotANumber as error:
        raise Refused(f"“{text[:40]}”: {error}") from error
    code = phonenumbers.country_code_for_region(region)
    bare = "".join(phones.DIGITS.findall(text))
    is_stated = text.startswith(("+", "00")) or not number.startswith(f"+{code}") or bare == number[1:]
    said = phones.readable(number)
    return number, said if is_stated else f"{said} ({country(region)} guessed)"


@cache
def country(region: str) -> str:
    """A region's English name."""
    from phonenumbers.geodata.locale import LOCALE_DATA  # large, and needed here alone

    if region in UNNAMED:
        return UNNAMED[region]
    names = LOCALE_DATA.get(region, {})
    found = str(names.get("en", region))
    # “*aa” says: as in that language.
    return str(names.get(found[1:], region)) if found.startswith("*") else found


@cache
def regions() -> list[tuple[str, str]]:
    """Every region with telephone numbers, by name: for a choice."""
    return sorted(
        (
            (r, f"{country(r)} (+{phonenumbers.country_code_for_region(r)})")
            for r in phonenumbers.SUPPORTED_REGIONS
        ),
        key=lambda pair: pair[1],
    )
