"""Who is just being erased: their records are not merged, linked or changed by files meanwhile."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import connection

from contacts.models import Contact, Erasure

SENTENCE = "This person is just being erased."


class BeingErased(ValidationError):
    """A record of somebody who is just being erased cannot be changed."""

    def __init__(self) -> None:
        super().__init__(SENTENCE, code="not_allowed")


def being_erased(*, contacts: Iterable[int] = (), addresses: Iterable[int] = ()) -> bool:
    """Whether one of these records belongs to somebody who is just being erased.

    Sure only under the contacts' locks (`lock_contacts`): an erasure begins under the same ones.
    """
    people, places = set(contacts), set(addresses)
    running = Erasure.objects.filter(state=Erasure.State.RUNNING).values_list("subject", flat=True)
    return any(people & {*s.get("contacts", [])} or places & {*s.get("addresses", [])} for s in running)


def lock_contacts(ids: Iterable[int]) -> set[int]:
    """Lock contacts in the caller's transaction; returns those that are there."""
    rows = Contact.objects.filter(pk__in=list(ids)).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    return set(rows.values_list("pk", flat=True))
