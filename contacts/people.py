"""Taking a person in from a file: recognised, changed or made. Harmless when done twice."""

from django.db.models import QuerySet

from contacts.columns import Person, Refused
from contacts.models import Contact, ImportJob, ImportRow, Note
from contacts.services import company_named
from contacts.under_erasure import SENTENCE, being_erased, lock_contacts
from omnichannel.lib.folding import fold

Result = ImportRow.Result
COPIED = ("external_id", "first_name", "last_name", "mobile_phone", "email")


def take_in(person: Person, *, known: str, by: str) -> tuple[str, Contact]:
    """What was done, and with which contact; in the caller's transaction.

    What the line leaves empty stays as it is. Raises Refused, ValidationError, IntegrityError.
    """
    contact = recognised(person)
    if contact is None:
        contact = Contact(**{name: getattr(person, name) for name in COPIED})
        contact.account = company_named(person.company)
        contact.full_clean(validate_constraints=False)
        contact.save()
        _note(contact, person.note, by)
        return Result.CREATED, contact
    if known == ImportJob.Known.SKIP:
        return Result.SKIPPED, contact
    changed = _change(contact, person)
    noted = _note(contact, person.note, by)
    return (Result.UPDATED if changed or noted else Result.UNCHANGED), contact


def recognised(person: Person) -> Contact | None:
    """The contact that a line is about, by the natural key (see contacts.columns). Raises Refused."""
    if person.external_id:
        found = Contact.objects.filter(external_id=person.external_id).first()
        if found is not None:
            return found
        # Somebody who is known without an external ID gets it now.
        return _single(_without_id(person).filter(external_id=""))
    return _single(_without_id(person))


def _without_id(person: Person) -> QuerySet[Contact]:
    if person.mobile_phone:
        return Contact.objects.filter(
            mobile_phone=person.mobile_phone,
            first_key=fold(person.first_name),
            last_key=fold(person.last_name),
        )
    if person.email:
        return Contact.objects.filter(email_key=fold(person.email))
    return Contact.objects.none()


def _single(contacts: QuerySet[Contact]) -> Contact | None:
    found = list(contacts.order_by("id")[:2])
    if len(found) > 1:
        raise Refused("Several contacts fit this line. Merge them, or give an external ID.")
    return found[0] if found else None


def _change(contact: Contact, person: Person) -> bool:
    lock_contacts([contact.pk])
    if being_erased(contacts=[contact.pk]):
        raise Refused(SENTENCE)
    changed = []
    for name in COPIED:
        value = getattr(person, name)
        if value and value != getattr(contact, name):
            setattr(contact, name, value)
            changed.append(name)
    company = company_named(person.company)
    if company is not None and company.pk != contact.account_id:
        contact.account = company
        changed.append("account")
    if changed:
        contact.full_clean(validate_constraints=False)
        contact.save()
    return bool(changed)


def _note(contact: Contact, text: str, by: str) -> bool:
    if not text or contact.notes.filter(text=text).exists():
        return False
    Note.objects.create(contact=contact, text=text, author=by)
    return True
