"""Export of contacts, for those with the right, and logged."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from agents.roles import sees_numbers
from contacts import exports
from contacts.models import Contact
from contacts.search import contacts_matching
from omnichannel.lib import audit, csvs
from omnichannel.lib.backoffice import page

RIGHT = "contacts.export_contact"


@page("customers/export.csv", name="contact-export", title="Export contacts", permission=RIGHT)
def export_page(request: HttpRequest) -> HttpResponse:
    """The contacts that the list shows for the same search, as a file."""
    term = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    contacts = Contact.objects.all()
    found = contacts_matching(contacts, term) if term else contacts
    return exported(request, found, what=f"Search: {term}" if term else "All contacts")  # type: ignore[return-value]


def exported(request: HttpRequest, contacts: QuerySet[Contact], *, what: str) -> StreamingHttpResponse:
    """The file, noted in the audit log before its first byte leaves."""
    may_see = sees_numbers(request.user)
    kept = what if may_see else f"{what} (numbers masked)"
    audit.note_export(Contact, what=kept, count=contacts.count())
    rows = exports.lines(contacts, sees_numbers=may_see)
    return csvs.download(exports.HEADS, rows, name=f"contacts-{timezone.now():%Y%m%d-%H%M}.csv")
