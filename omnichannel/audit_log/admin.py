"""Settings → Audit log: what was done, by whom, from where; as a list, one by one, and as a file."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from agents.models import User
from omnichannel.audit_log import reading
from omnichannel.audited import AUDITED
from omnichannel.lib import csvs
from omnichannel.lib.audit import note_export
from omnichannel.lib.backoffice import NOTHING, RecordAdmin, chip, moment, table
from omnichannel.lib.listfilters import ByIdFilter, during
from omnichannel.models import AuditEntry

LEVELS = {"Deleted": "bad", "Created": "ok", "Exported": "warn", "Read": "warn"}
HEADS = ("At", "Who", "From", "What", "Kind of record", "Record", "Id", "Field", "Before", "After")
EXPORTED_AT_ONCE = 1000


class Kind(admin.SimpleListFilter):
    """By kind of record: those of the table of what is logged."""

    title, parameter_name = "kind of record", "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Their names, in order."""
        named = [(label, reading.name_of(apps.get_model(label))) for label in AUDITED]
        return sorted(named, key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Served by the index audit_by_kind."""
        if self.value() not in AUDITED:
            return queryset
        model = apps.get_model(str(self.value()))
        return queryset.filter(content_type=ContentType.objects.get_for_model(model))


class Where(admin.ChoicesFieldListFilter):
    """By place: page, API, command, background task."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "place"


class What(admin.ChoicesFieldListFilter):
    """By what was done."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "what was done"


class Who(ByIdFilter):
    """By person; served by the index audit_by_actor."""

    title, parameter_name, column = "who", "who", "actor_id"

    def rows(self) -> QuerySet:
        """Who administers comes first."""
        return User.objects.order_by("-is_staff", "username")


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    """The log. Nobody changes it. Only administrators read it, and they see customers' numbers."""

    list_display = ("at", "who", "shown_action", "kind", "record", "told", "place_shown")
    list_filter = (during("timestamp"), ("action", What), ("place", Where), Kind, Who)
    ordering = ("-timestamp", "-id")  # type: ignore[assignment]
    change_list_template = "admin/omnichannel/auditentry/change_list.html"
    fieldsets = (
        ("What was done", {"fields": ("shown_action", "kind", "record_link", "note")}),
        ("What changed", {"fields": ("changes_shown",), "classes": ("panel",)}),
        ("By whom", {"fields": ("at", "who", "place_shown")}),
    )

    @admin.display(description="at")
    def at(self, entry: AuditEntry) -> str:
        """In the reader's zone."""
        return moment(entry.timestamp)

    @admin.display(description="who")
    def who(self, entry: AuditEntry) -> str:
        """As they were called then."""
        return reading.who_of(entry)

    @admin.display(description="what")
    def shown_action(self, entry: AuditEntry) -> str:
        """The action's word."""
        word = entry.get_action_display()
        return chip(word, LEVELS.get(word, ""))

    @admin.display(description="kind of record")
    def kind(self, entry: AuditEntry) -> str:
        """What the record is."""
        return reading.kind_of(entry)

    @admin.display(description="record")
    def record(self, entry: AuditEntry) -> str:
        """As it was called then."""
        return str(entry.object_repr)[:100]

    @admin.display(description="told")
    def told(self, entry: AuditEntry) -> str:
        """One line of what changed."""
        return reading.summary_of(entry) or NOTHING

    @admin.display(description="from")
    def place_shown(self, entry: AuditEntry) -> str:
        """Page, API, command or task, and the address."""
        return reading.where_of(entry)

    @admin.display(description="record")
    def record_link(self, entry: AuditEntry) -> str:
        """With a link, while the record is there and has a page."""
        name, kind = str(entry.object_repr), entry.content_type
        model = reading.model_of(entry)
        if not model or not model._base_manager.filter(pk=entry.object_id).exists():
            return name
        try:
            url = reverse(f"admin:{kind.app_label}_{kind.model}_change", args=[entry.object_id])
        except NoReverseMatch:
            return name
        return format_html('<a href="{}">{}</a>', url, name)

    @admin.display(description="note")
    def note(self, entry: AuditEntry) -> str:
        """What was noted beside changes."""
        return reading.note_of(entry) or NOTHING

    @admin.display(description="changes")
    def changes_shown(self, entry: AuditEntry) -> str:
        """Field by field."""
        return changes_table(entry, whole_numbers=True)

    def get_urls(self) -> list[Any]:
        """With the export."""
        export = self.admin_site.admin_view(self.export_view)
        return [path("export/", export, name="omnichannel_auditentry_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """What the list's filters leave, as CSV, one line per field; the export is logged itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_changelist_instance(request).get_queryset(request)
        note_export(AuditEntry, what="Audit log as CSV", count=found.count())
        rows = _lines(found.iterator(chunk_size=EXPORTED_AT_ONCE))
        return csvs.download(HEADS, rows, name=f"audit-log-{timezone.localdate()}.csv")


def changes_table(entry: AuditEntry, *, whole_numbers: bool) -> str:
    """Field, before, after."""
    changes = reading.changes_of(entry, whole_numbers=whole_numbers)
    rows = [(c.label, c.before, c.after) for c in changes]
    return table(["Field", "Before", "After"], rows, empty="No field changed.")


def _lines(entries: Iterable[AuditEntry]) -> Iterator[tuple[Any, ...]]:
    for entry in entries:
        start = (
            entry.timestamp.isoformat(timespec="seconds"),
            reading.who_of(entry),
            reading.where_of(entry),
            " ".join(filter(None, (entry.get_action_display(), reading.note_of(entry)))),
            reading.kind_of(entry),
            entry.object_repr,
            entry.object_pk,
        )
        changes = reading.changes_of(entry, whole_numbers=True)
        for change in changes or [reading.Change("", "", "")]:
            yield (*start, change.label, change.before, change.after)
