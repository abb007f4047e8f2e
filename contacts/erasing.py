"""Forgetting a person: the only place that writes erasures.

First the person's addresses and contact lose what they were called, in one transaction: a text of the same
number that comes later starts afresh. Then every room empties its rows (settings.PERSONAL_DATA), in bundles;
the row says how far it is, so that a killed worker costs a bundle at most. What is left is a certificate.
"""

import logging
from dataclasses import fields
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils.module_loading import import_string

from contacts.models import Address, Contact, Erasure, Merge
from contacts.services import same_mobile
from contacts.under_erasure import lock_contacts
from omnichannel.lib import audit, phones
from omnichannel.lib.folding import fold
from omnichannel.lib.personal import NotYet, Step, Subject
from omnichannel.lib.queue import ring

logger = logging.getLogger(__name__)

BELL = "erasure.due"
LEASE = timedelta(seconds=30)
PAUSE = timedelta(seconds=5)
BEGUN = "begun"
ERASED_NAME = "Erased customer"
State = Erasure.State


class CannotErase(Exception):
    """It was not confirmed, or there is nobody to erase. Nothing was changed."""

    code = "not_allowed"


# --- who -------------------------------------------------------------------------------------------


def subject_of(*, contact: Contact | None = None, address: Address | None = None) -> Subject:
    """A contact with its addresses (also the one that is its mobile phone's, if nobody shares it) and those
    who were merged into it, or an address alone.
    """
    if contact is None:
        assert address is not None
        return _subject([], [address], [], [address.profile_name], [])
    addresses = list(contact.addresses.all())
    mobiles = [contact.mobile_phone] if contact.mobile_phone and not same_mobile(contact).exists() else []
    addresses += Address.objects.filter(kind="phone", value__in=mobiles, contact=None)
    names = [contact.full_name, *(a.profile_name for a in addresses)]
    emails, ids = [contact.email], [contact.pk]
    for row in _merged_into(contact):
        ids.append(row["id"])
        names.append(f"{row['first_name']} {row['last_name']}".strip())
        mobiles.append(row["mobile_phone"])
        emails.append(row["email"])
    return _subject(ids, addresses, mobiles, names, emails)


def _subject(
    ids: list[int], addresses: list[Address], mobiles: list[str], names: list[str], emails: list[str]
) -> Subject:
    others = Contact.objects.exclude(pk__in=ids)
    linked, ours = {a.value for a in addresses}, _ours()
    numbers = {n for n in {*linked, *mobiles} if n and n.removeprefix("+") not in ours}
    shared = set(others.filter(mobile_phone__in=numbers).values_list("mobile_phone", flat=True))
    mails = {fold(e) for e in emails if e}
    mails -= set(others.filter(email_key__in=mails).values_list("email_key", flat=True))
    return Subject(
        contacts=sorted(ids),
        addresses=sorted({a.pk for a in addresses}),
        # A number that others have as well is theirs where the address was linked to them, else nobody's.
        numbers=sorted(numbers - (shared - linked)),
        names=sorted({n for n in names if n}),
        emails=sorted(mails),
        values={str(a.pk): a.value for a in addresses},
        shared=sorted(shared & linked),
    )


def _merged_into(contact: Contact) -> list[dict[str, Any]]:
    """Who was merged into a contact and is not there again."""
    merges = Merge.objects.filter(undone_at=None).exclude(kept={})
    mine = merges.filter(models.Q(winner=contact) | models.Q(kept__winner=contact.pk)).order_by("pk")
    rows = [row for merge in mine for row in merge.kept["losers"]]
    living = set(Contact.objects.filter(pk__in=[row["id"] for row in rows]).values_list("pk", flat=True))
    return [row for row in rows if row["id"] not in living]


def _ours() -> set[str]:
    """Numbers that are the company's own, without +: whoever has one of them, no text is theirs by it."""
    rooms = [import_module(module) for module in settings.PERSONAL_DATA]
    return {number for room in rooms if hasattr(room, "our_numbers") for number in room.our_numbers()}


def steps() -> list[Step]:
    """What every room erases, in order."""
    return [step for module in settings.PERSONAL_DATA for step in import_string(f"{module}.STEPS")]


def preview(subject: Subject) -> list[tuple[str, int | None]]:
    """What will go: per kind how many rows; None for what has to be searched through first."""
    counts: dict[str, int | None] = {}
    for step in steps():
        if step.concerns is not None:
            counts.setdefault(step.kind, None)
        else:
            counts[step.kind] = (counts.get(step.kind) or 0) + step.find(subject).count()
    return list(counts.items())


def is_confirmed(subject: Subject, typed: str) -> bool:
    """Whether what was typed is the person's name or one of their numbers, in any form."""
    if fold(typed) and fold(typed) in {fold(name) for name in subject.names}:
        return True
    try:
        number = phones.to_e164(typed, region=settings.DEFAULT_PHONE_REGION)
    except phones.NotANumber:
        number = typed.strip()
    return bool(number) and number in {*subject.numbers, *subject.values.values()}


# --- asking for it ---------------------------------------------------------------------------------


@transaction.atomic
def request(*, subject: Subject, typed: str, by: str, now: datetime) -> Erasure:
    """Have a person forgotten, once name or number was typed. Raises CannotErase."""
    if not is_confirmed(subject, typed):
        raise CannotErase("Type the name or the number exactly, to be sure that it is this person.")
    # Who is merged at this moment is waited for; from here on no merge takes what is to be erased.
    there = lock_contacts(subject.contacts)
    if subject.contacts and not there:
        raise CannotErase("Somebody else merged or deleted this contact meanwhile.")
    subject = _as_it_is(subject)
    made = Erasure.objects.create(subject=subject.as_dict(), requested_by=by, requested_at=now)
    audit.note_change(made, {}, what="A customer is to be erased.")
    ring(BELL)
    return made


# --- at work ---------------------------------------------------------------------------------------


def erase_chunk(*, now: datetime) -> bool:
    """Take the next bundle of the oldest running erasure; False when there is nothing to do now."""
    erasure = _claim(now)
    if erasure is None:
        return False
    try:
        with audit.unlogged(), transaction.atomic():
            _take(erasure, now)
    except NotYet:
        ours = Erasure.objects.filter(pk=erasure.pk, leased_until=erasure.leased_until)
        ours.update(leased_until=now + PAUSE, attempts=0)
    except Exception:  # a defect or an outage: it stays due, see stuck()
        logger.exception("Erasure %s could not go on.", erasure.reference)
    return True


def stuck() -> models.QuerySet[Erasure]:
    """Erasures that fail again and again, newest first; the log says why."""
    return Erasure.objects.filter(state=State.RUNNING, attempts__gte=Erasure.STUCK_AFTER).order_by("-id")


def _claim(now: datetime) -> Erasure | None:
    due = Erasure.objects.filter(state=State.RUNNING).order_by("id")
    for erasure in due[:10]:
        if erasure.leased_until and erasure.leased_until > now:
            continue
        free = Erasure.objects.filter(pk=erasure.pk, state=State.RUNNING, leased_until=erasure.leased_until)
        if free.update(leased_until=now + LEASE, attempts=models.F("attempts") + 1):
            erasure.leased_until = now + LEASE
            return erasure
    return None


def _take(erasure: Erasure, now: datetime) -> None:
    subject = Subject(**erasure.subject)
    if not erasure.step:
        subject = _as_it_is(subject)
        _begin(subject)
        _change(erasure, subject=subject.as_dict(), step=BEGUN, cursor=0)
        return
    position, step = _next(erasure.step)
    if step is None:
        _change(erasure, state=State.DONE, subject={}, step="", finished_at=now)
        return
    looked_at = step.find(subject).filter(pk__gt=erasure.cursor).order_by("pk")[: step.at_once]
    rows = list(looked_at)
    mine = [row for row in rows if step.concerns is None or step.concerns(row, subject)]
    last = rows[-1].pk if rows else 0
    if mine:
        step.erase(mine, subject)
    counts = {**erasure.counts, step.kind: erasure.counts.get(step.kind, 0) + len(mine)}
    if len(rows) < step.at_once:
        _change(erasure, step=str(position + 1), cursor=0, counts=counts)
    else:
        _change(erasure, cursor=last, counts=counts)


def _next(name: str) -> tuple[int, Step | None]:
    position = 0 if name == BEGUN else int(name)
    found = steps()
    return position, found[position] if position < len(found) else None


def _change(erasure: Erasure, **values: Any) -> None:
    ours = Erasure.objects.filter(pk=erasure.pk, leased_until=erasure.leased_until)
    if not ours.update(leased_until=None, attempts=0, **values):
        raise NotYet("Another worker has taken it over.")


def _as_it_is(subject: Subject) -> Subject:
    """The person with what was merged or linked since the page was shown."""
    found = subject.as_dict()
    for contact in Contact.objects.filter(pk__in=subject.contacts).order_by("pk"):
        found = _with(found, subject_of(contact=contact).as_dict())
    return Subject(**found)


def _with(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    both: dict[str, Any] = {"values": one["values"] | other["values"]}
    for name in {f.name for f in fields(Subject)} - {"values"}:
        both[name] = sorted({*one[name], *other[name]})
    return both


def _begin(subject: Subject) -> None:
    """From here on nothing new finds this person's rows."""
    addresses = Address.objects.filter(pk__in=subject.addresses).order_by("kind", "value")
    if connection.features.has_select_for_update:
        addresses = addresses.select_for_update(no_key=True)
    for pk in list(addresses.values_list("pk", flat=True)):
        Address.objects.filter(pk=pk).update(**blank_address(pk))
    Contact.objects.filter(pk__in=subject.contacts).update(
        first_name="", last_name=ERASED_NAME, mobile_phone="", email="", external_id="",
        first_key="", last_key="", email_key="",
    )  # fmt: skip


def blank_address(pk: int) -> dict[str, Any]:
    """What is left of an address: a row that conversations can point to."""
    return {
        "kind": Address.Kind.ERASED,
        "value": f"erased:{pk}",
        "profile_name": "",
        "profile_key": "",
        "block_reason": "",
        "blocked_by": "",
        "blocked_until": None,
        "blocked_at": None,
    }
