"""Contacts on their way out: one line each, in constant memory."""

from collections.abc import Iterator

from django.db.models import QuerySet

from contacts.models import Contact
from omnichannel.lib import phones

# What an import understands again; the last two are for people.
HEADS = (
    *("External ID", "First name", "Last name", "Mobile phone", "E-mail", "Company"),
    *("Other numbers", "Created (UTC)"),
)
AT_ONCE = 1000


def lines(contacts: QuerySet[Contact], *, sees_numbers: bool) -> Iterator[list[str]]:
    """The rows of the CSV file, in constant memory. Without the right to see them, numbers are masked."""
    rows = contacts.select_related("account").prefetch_related("addresses").order_by("-id")
    for contact in rows.iterator(chunk_size=AT_ONCE):
        others = [a.value for a in contact.addresses.all() if a.value != contact.mobile_phone]
        numbers = [contact.mobile_phone, *others]
        mobile, *more = numbers if sees_numbers else [phones.masked(n) if n else "" for n in numbers]
        yield [
            contact.external_id,
            contact.first_name,
            contact.last_name,
            mobile,
            contact.email,
            contact.account.name if contact.account else "",
            "; ".join(more),
            f"{contact.created_at:%Y-%m-%d %H:%M}",
        ]
