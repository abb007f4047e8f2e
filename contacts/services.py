"""Who is writing? Addresses and identification: the only place that writes addresses."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from contacts.models import Address, Contact
from omnichannel.lib.phones import WireAddress


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
        found.save(update_fields=["profile_name"])
    return found


def change_address(address: Address, *, contact: Contact | None, blocked_until: datetime | None) -> None:
    """Say whose address it is (from its next conversation on), and until when its texts reach nobody."""
    address.contact, address.blocked_until = contact, blocked_until
    address.save(update_fields=["contact", "blocked_until"])


def identify(address: Address) -> Identity:
    """Whose address it is: its own contact, else the single contact with that mobile phone, else nobody's.

    No contact is created for an unknown sender.
    """
    if address.contact is not None:
        return Identity(address, address.contact, "one")
    if address.kind != Address.Kind.PHONE:
        return Identity(address, None, "none")
    same_number = Contact.objects.filter(mobile_phone=address.value).select_related("account")
    matches = list(same_number.order_by("id")[:2])
    if len(matches) == 1:
        return Identity(address, matches[0], "one")
    return Identity(address, None, "several" if matches else "none")
