"""Who is writing? Addresses and identification: the only place that writes addresses."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet

from contacts.fields import clean_phone
from contacts.models import FOR_EVER, Account, Address, Contact, Note
from contacts.under_erasure import BeingErased, being_erased, lock_contacts
from omnichannel.lib import phones
from omnichannel.lib.folding import fold
from omnichannel.lib.phones import WireAddress


class Taken(Exception):
    """The number is another contact's; nothing was changed. `address` is the row that has it."""

    code = "taken"

    def __init__(self, address: Address) -> None:
        self.address = address
        super().__init__(f"{address} belongs to {address.contact}. Move it, or leave it there.")


@dataclass(frozen=True)
class Identity:
    """An address and whom it led to. `found` is one, several or none (how many records there were)."""

    address: Address
    contact: Contact | None
    found: str

    @property
    def title(self) -> str:
        """What the customer is called in lists."""
        return self.contact.full_name if self.contact else self.address.visitor_name


def locked_address(wire: WireAddress, *, profile_name: str = "") -> Address:
    """The one address row of this kind and value under its row lock, made when it is new.

    In the caller's transaction: the texts of one customer are taken one after the other. Safe when many
    first texts of one sender arrive at once: the constraint decides.
    """
    rows = Address.objects.select_related("contact__account").filter(kind=wire.kind, value=wire.value)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = rows.first()
    if found is None:
        Address.objects.bulk_create(
            [Address(kind=wire.kind, value=wire.value, profile_name=profile_name)], ignore_conflicts=True
        )
        found = rows.get()
    elif profile_name and found.profile_name != profile_name:
        found.profile_name = profile_name
        found.save(update_fields=["profile_name", "profile_key"])
    return found


def locked_again(address_id: int) -> Address:
    """The row of a known address under the same lock, in the caller's transaction."""
    rows = Address.objects.select_related("contact__account")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=address_id)


# --- whose addresses -------------------------------------------------------------------------------


@transaction.atomic
def add_address(*, contact: Contact, number: str, move: bool = False) -> Address:
    """Say that a telephone number, in any written form, is this contact's; from its next conversation on.

    Raises ValidationError when it is no number or the contact is just being erased, and Taken when it is
    another contact's and `move` is false.
    """
    address = locked_address(WireAddress("phone", clean_phone(number), "sms"))
    if address.contact_id not in (None, contact.pk) and not move:
        raise Taken(address)
    link(address=address, contact=contact)
    return address


@transaction.atomic
def link(*, address: Address, contact: Contact | None) -> None:
    """Say whose address it is, or that it is nobody's; from its next conversation on.

    Raises BeingErased (a ValidationError) when either is just being erased.
    """
    if contact is not None:
        lock_contacts([contact.pk])
        if being_erased(contacts=[contact.pk], addresses=[address.pk]):
            raise BeingErased
    address.contact = contact
    address.save(update_fields=["contact"])


def company_named(name: str) -> Account | None:
    """The company of this name, upper and lower case and accents aside; made when there is none.

    None for the empty name. Raises ValidationError.
    """
    if not name:
        return None
    found = Account.objects.filter(name_key=fold(name)).order_by("id").first()
    if found is None:
        found = Account(name=name)
        found.full_clean()
        found.save()
    return found


def same_mobile(contact: Contact) -> QuerySet[Contact]:
    """Other contacts with the same mobile phone: its texts are then nobody's for sure."""
    others = Contact.objects.filter(mobile_phone=contact.mobile_phone).exclude(pk=contact.pk)
    return others if contact.mobile_phone else others.none()


def add_note(*, contact: Contact, text: str, author: str) -> Note:
    """Write something down about a contact."""
    return Note.objects.create(contact=contact, text=text.strip(), author=author)


# --- blocking --------------------------------------------------------------------------------------


LONGEST_BLOCK = timedelta(days=10 * 366)


def wrong_end(until: datetime | None, *, now: datetime) -> str:
    """What is wrong with the end of a block, in a sentence; empty when nothing is. None: for ever."""
    if until is None:
        return ""
    if until <= now:
        return "Choose a moment in the future, or leave it empty: for ever."
    is_far = until > now + LONGEST_BLOCK
    return "Choose a moment within the next ten years, or leave it empty: for ever." if is_far else ""


def set_block(address: Address, *, until: datetime | None, reason: str, by: str, now: datetime) -> None:
    """Hold texts back until a moment (None: for ever). Texts are counted anew when it was not blocked.

    Whoever calls this cancels what is about to leave (channels_app.blocks).
    """
    if not address.is_blocked(now):
        address.blocked_texts, address.blocked_at = 0, now
    address.blocked_until, address.block_reason, address.blocked_by = until or FOR_EVER, reason[:200], by
    address.save(update_fields=BLOCK)


def lift_block(address: Address) -> None:
    """Let texts through again; what was kept meanwhile stays where it is."""
    address.blocked_until = address.blocked_at = None
    address.block_reason = address.blocked_by = ""
    address.save(update_fields=BLOCK)


def count_blocked(address: Address) -> None:
    """One more text was kept while its sender is blocked, in the caller's transaction."""
    Address.objects.filter(pk=address.pk).update(blocked_texts=F("blocked_texts") + 1)


BLOCK = ["blocked_until", "block_reason", "blocked_at", "blocked_by", "blocked_texts"]


# --- who is writing? -------------------------------------------------------------------------------


def identify(address: Address) -> Identity:
    """Whose address it is: its own contact, else the single contact with that mobile phone, else nobody's.

    No contact is created for an unknown sender.
    """
    if address.contact is not None:
        return Identity(address, address.contact, "one")
    matches = list(with_mobile(address).order_by("id")[:2])
    if len(matches) == 1:
        return Identity(address, matches[0], "one")
    return Identity(address, None, "several" if matches else "none")


def with_mobile(address: Address) -> QuerySet[Contact]:
    """The contacts whose mobile phone this address is, in either form where a country has two."""
    if address.kind != Address.Kind.PHONE:
        return Contact.objects.none()
    forms = phones.same_phone(address.value)
    return Contact.objects.filter(mobile_phone__in=forms).select_related("account")
