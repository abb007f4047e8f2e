"""The History of one record: the audit log's entries of it, for whoever may see the record."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from agents.roles import sees_numbers
from contacts import masks
from omnichannel.audit_log import reading
from omnichannel.audit_log.admin import LEVELS, changes_table
from omnichannel.lib.backoffice import chip, render_page
from omnichannel.models import AuditEntry
from omnichannel.names import names_of

SHOWN = 200
OF_CUSTOMERS = {"contacts", "conversations"}


def history_view(admin_page: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """The newest entries; customers' numbers masked for those without the right to see them."""
    record = admin_page.get_object(request, object_id)
    if record is None:
        answer: HttpResponse = admin_page._get_obj_does_not_exist_redirect(
            request, admin_page.opts, object_id
        )
        return answer
    if not admin_page.has_view_or_change_permission(request, record):
        raise PermissionDenied
    whole = sees_numbers(request.user)
    found = AuditEntry.objects.get_for_object(record).order_by("-timestamp", "-id")[:SHOWN]
    opts = admin_page.opts
    # Other records are never called by a customer's number; some are by one of our own.
    name = masks.shown(record, user=request.user) if opts.app_label in OF_CUSTOMERS else str(record)
    names = f"admin:{opts.app_label}_{opts.model_name}"
    trail = getattr(admin_page, "trail", None)
    to_list = [(names_of(admin_page.model)[1], reverse(f"{names}_changelist"))]
    return render_page(
        request,
        "admin/object_history.html",
        title=f"History of {name}",
        trail=[
            *(trail(record) if trail else to_list),
            (name, reverse(f"{names}_change", args=[record.pk])),
        ],
        entries=[_told(entry, whole_numbers=whole) for entry in found],
        shown=SHOWN,
    )


def _told(entry: AuditEntry, *, whole_numbers: bool) -> dict[str, Any]:
    word = entry.get_action_display()
    return {
        "at": timezone.localtime(entry.timestamp),
        "who": reading.who_of(entry),
        "where": entry.get_place_display(),
        "chip": chip(word, LEVELS.get(word, "")),
        "note": reading.note_of(entry),
        "changes": changes_table(entry, whole_numbers=whole_numbers) if entry.changes else "",
    }
