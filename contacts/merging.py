"""Contacts that are one person become one contact, and apart again. The only place that writes merges.

What points to a contact is found in the models themselves, in every room, so that none can be forgotten. Rows
are locked addresses first (also those of the mobile phones, made when nobody has texted from them yet), then
contacts; contacts with a full lock, so that a text that is just starting a conversation for a contact has
either done so, and moves, or finds the contact gone and is taken anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, models
from django.utils.text import capfirst

from contacts.merge_locks import drop_unused, once_more, with_addresses
from contacts.models import Account, Address, Contact, Merge
from contacts.under_erasure import SENTENCE, being_erased

FIELDS = ("first_name", "last_name", "mobile_phone", "email", "account_id", "external_id")
LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "mobile_phone": "Mobile phone",
    "email": "E-mail",
    "account_id": "Company",
    "external_id": "External ID",
}
MOST_AT_ONCE = 10
UNDONE_WITHIN = timedelta(days=30)
AT_ONCE = 1000


class CannotMerge(Exception):
    """The contacts cannot be merged or taken apart; the message says why. Nothing was changed."""

    code = "not_allowed"


@dataclass(frozen=True)
class Choice:
    """A field: what each contact says (by id), and whose value stays unless somebody says otherwise."""

    name: str
    label: str
    values: list[tuple[int, str]]
    chosen: int
    differs: bool


# --- looking ---------------------------------------------------------------------------------------


def together(ids: Sequence[int]) -> list[Contact]:
    """The contacts in the order of the ids; raises CannotMerge when there are not two or more."""
    found = Contact.objects.select_related("account").in_bulk(list(dict.fromkeys(ids)))
    if len(found) != len(set(ids)):
        raise CannotMerge("One of these contacts is not there any more.")
    if not 2 <= len(found) <= MOST_AT_ONCE:
        raise CannotMerge(f"Choose two to {MOST_AT_ONCE} contacts.")
    return [found[pk] for pk in dict.fromkeys(ids)]


def choices(contacts: Sequence[Contact]) -> list[Choice]:
    """Field by field: the first contact's value stays, or the first that there is."""
    made = []
    for name in FIELDS:
        values = [(c.pk, _shown(c, name)) for c in contacts]
        chosen = next((pk for pk, value in values if value), contacts[0].pk)
        differs = len({value for _, value in values if value}) > 1
        made.append(Choice(name, LABELS[name], values, chosen, differs))
    return made


def _shown(contact: Contact, name: str) -> str:
    value = contact.account if name == "account_id" else getattr(contact, name)
    return str(value) if value else ""


def what_moves(losers: Sequence[Contact]) -> list[tuple[str, int]]:
    """What hangs on contacts, per kind: (name, how many)."""
    counts = []
    for model, field in references():
        if model is not Merge:
            count = model._base_manager.filter(**{f"{field}__in": losers}).count()
            counts.append((capfirst(str(model._meta.verbose_name_plural)), count))
    return counts


def references() -> list[tuple[type[models.Model], str]]:
    """Every column of every room that points to a contact."""
    found = []
    for relation in Contact._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            found.append((relation.related_model, relation.field.name))
    return found


# --- merging ---------------------------------------------------------------------------------------


def merge(*, ids: Sequence[int], chosen: dict[str, int], by: str, now: datetime) -> Merge:
    """Merge contacts into the first of `ids`; `chosen` names whose value of a field stays.

    Everything that points to the others points to the first afterwards, and the others are gone. Raises
    CannotMerge.
    """
    return once_more(lambda: _merge(ids, chosen, by, now))


def _merge(ids: Sequence[int], chosen: dict[str, int], by: str, now: datetime) -> Merge:
    contacts = together(ids)
    made = with_addresses(contacts)
    contacts = _locked(contacts)
    winner, losers = contacts[0], contacts[1:]
    before, values = _fields(winner), _values(contacts, chosen)
    kept = {"winner": winner.pk, "before": before, "after": values, "losers": [_snapshot(c) for c in losers]}
    moved = [entry for loser in losers for entry in _move(loser, winner)]
    for loser in losers:
        loser.delete()
    _write(winner, values)
    moved += _link_dropped_numbers(winner, kept, made)
    drop_unused(made)
    return Merge.objects.create(winner=winner, kept=kept, moved=moved, merged_by=by, merged_at=now)


def _locked(contacts: Sequence[Contact]) -> list[Contact]:
    """The contacts under lock, after their addresses; raises CannotMerge when one is gone meanwhile, or is
    just being erased.
    """
    numbers = [c.mobile_phone for c in contacts if c.mobile_phone]
    addresses = Address.objects.filter(
        models.Q(contact__in=contacts) | models.Q(kind="phone", value__in=numbers)
    )
    rows = Contact.objects.filter(pk__in=[c.pk for c in contacts]).order_by("pk")
    if connection.features.has_select_for_update:
        list(
            addresses.order_by("kind", "value").select_for_update(of=("self",), no_key=True).values_list("pk")
        )
        rows = rows.select_for_update(of=("self",))
    found = {c.pk: c for c in rows}
    if len(found) != len(contacts):
        raise CannotMerge("Somebody else merged or deleted one of these contacts meanwhile.")
    if being_erased(contacts=found):
        raise CannotMerge(SENTENCE)
    return [found[c.pk] for c in contacts]


def _values(contacts: Sequence[Contact], chosen: dict[str, int]) -> dict[str, Any]:
    by_id = {c.pk: c for c in contacts}
    wanted = {choice.name: chosen.get(choice.name, choice.chosen) for choice in choices(contacts)}
    if not set(wanted.values()) <= by_id.keys():
        raise CannotMerge("A value was chosen of a contact that is not being merged.")
    values = {name: getattr(by_id[pk], name) for name, pk in wanted.items()}
    if not values["last_name"]:
        raise CannotMerge("The contact needs a last name: choose one that is not empty.")
    return values


def _fields(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in FIELDS}


def _snapshot(contact: Contact) -> dict[str, Any]:
    return {"id": contact.pk, "created_at": contact.created_at.isoformat(), **_fields(contact)}


def _move(loser: Contact, winner: Contact) -> list[dict[str, Any]]:
    moved = []
    for model, field in references():
        ids = list(model._base_manager.filter(**{field: loser}).values_list("pk", flat=True))
        if ids:
            _point(model, field, ids, loser.pk, winner.pk)
            entry = {"model": model._meta.label, "field": field, "from": loser.pk, "ids": ids}
            moved.append(entry)
    return moved


def _point(
    model: type[models.Model], field: str, ids: Sequence[int], old: int | None, new: int | None
) -> None:
    """Let rows that point to one contact point to another."""
    for start in range(0, len(ids), AT_ONCE):
        rows = model._base_manager.filter(pk__in=ids[start : start + AT_ONCE], **{f"{field}_id": old})
        rows.update(**{f"{field}_id": new})


def _link_dropped_numbers(winner: Contact, kept: dict[str, Any], new: Sequence[int]) -> list[dict[str, Any]]:
    """A mobile phone that did not stay becomes an address of the winner, so that its texts are theirs."""
    made = []
    people = [(kept["winner"], kept["before"]), *((row["id"], row) for row in kept["losers"])]
    for owner, row in people:
        number = row["mobile_phone"]
        if not number or number == winner.mobile_phone or _is_others(number, winner):
            continue
        address, _ = Address.objects.get_or_create(kind="phone", value=number)
        if address.contact_id is None:
            _point(Address, "contact", [address.pk], None, winner.pk)
            made.append({"made": address.pk, "owner": owner, "new": address.pk in new})
    return made


def _is_others(number: str, winner: Contact) -> bool:
    return Contact.objects.filter(mobile_phone=number).exclude(pk=winner.pk).exists()


def _write(contact: Contact, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(contact, name, value)
    contact.save()


# --- undoing ---------------------------------------------------------------------------------------


def undo(merge: Merge, *, by: str, now: datetime) -> None:
    """Take a merge apart: the contacts are there again as they were, each with what it had.

    What was changed on the merged contact since stays changed; conversations since then go with the address
    they came from, anything else new stays with the contact that was merged into. Raises CannotMerge.
    """
    try:
        once_more(lambda: _undo(merge.pk, by, now))
    except IntegrityError as error:
        raise CannotMerge("An external ID of these contacts is used by another contact meanwhile.") from error
    merge.refresh_from_db()


def why_not(merge: Merge, *, now: datetime) -> str:
    """Why a merge cannot be undone, in a sentence; empty when it can."""
    if merge.undone_at is not None:
        return f"It was undone by {merge.undone_by}."
    if not merge.kept:
        return "What was known of these people was erased."
    if now - merge.merged_at > UNDONE_WITHIN:
        return f"It is older than {UNDONE_WITHIN.days} days."
    if merge.winner_id is None:
        return "The contact was deleted meanwhile."
    if merge.winner_id != merge.kept["winner"]:
        return "The contact was merged into another one since: undo that merge first."
    if Merge.objects.filter(winner_id=merge.winner_id, pk__gt=merge.pk, undone_at=None).exists():
        return "Another contact was merged into this one since: undo that merge first."
    return ""


def _undo(pk: int, by: str, now: datetime) -> None:
    rows = Merge.objects.filter(pk=pk)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    merge = rows.get()
    if refusal := why_not(merge, now=now):
        raise CannotMerge(refusal)
    assert merge.winner is not None
    (winner,) = _locked([merge.winner])
    kept = merge.kept
    same = [name for name in FIELDS if getattr(winner, name) == kept["after"][name]]
    _write(winner, {name: _there(name, kept["before"][name]) for name in same})
    for row in kept["losers"]:
        _revive(row)
    for entry in merge.moved:
        _move_back(entry, winner)
    drop_unused([entry["made"] for entry in merge.moved if entry.get("new")])
    Merge.objects.filter(pk=pk).update(undone_at=now, undone_by=by)


def _revive(row: dict[str, Any]) -> None:
    fields = {name: _there(name, row[name]) for name in FIELDS}
    Contact(pk=row["id"], **fields).save(force_insert=True)
    Contact.objects.filter(pk=row["id"]).update(created_at=datetime.fromisoformat(row["created_at"]))


def _there(name: str, value: Any) -> Any:
    """The value, unless it is a company that was deleted meanwhile."""
    if name == "account_id" and value and not Account.objects.filter(pk=value).exists():
        return None
    return value


def _move_back(entry: dict[str, Any], winner: Contact) -> None:
    if "made" in entry:
        _point(Address, "contact", [entry["made"]], winner.pk, None)
        _take_along([entry["made"]], winner.pk, entry["owner"])
        return
    model = next(m for m, _ in references() if m._meta.label == entry["model"])
    _point(model, entry["field"], entry["ids"], winner.pk, entry["from"])
    if model is Address:
        _take_along(entry["ids"], winner.pk, entry["from"])


def _take_along(addresses: Iterable[int], winner: int, owner: int) -> None:
    """What came from these addresses since belongs to whose they are."""
    for model, field in references():
        for other in model._meta.get_fields():
            if isinstance(other, models.ForeignKey) and other.related_model is Address:
                since = model._base_manager.filter(**{f"{field}_id": winner, f"{other.name}__in": addresses})
                since.update(**{f"{field}_id": owner})
