"""Two people on one page: who saves second is told what the first changed, and nothing is stored unseen.

A page carries a fingerprint of the values it was opened on. It is put before each ModelAdmin of records whose
changes the audit log keeps (see admin_site), because that knows who changed what. An admin class may say

- `records_on_page(record)`: the records that its page edits, the page's own first (just that one);
- `unversioned`: fields of them that others may change without harm;
- `is_saving(request)`: whether a POST is to store anything (True).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from agents.roles import sees_numbers
from omnichannel.audit_log import reading
from omnichannel.audited import AUDITED, said_fields
from omnichannel.lib.backoffice import moment
from omnichannel.lib.crypto import Secret
from omnichannel.models import AuditEntry

OPENED, ANYWAY = "opened", "save_anyway"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WRITTEN = re.compile(r"([0-9a-f]{64})\.(\d{1,16})", re.ASCII)
TOLD_AT_MOST = 10
CHANGES = (AuditEntry.Action.CREATE, AuditEntry.Action.UPDATE, AuditEntry.Action.DELETE)


@dataclass(frozen=True)
class Opened:
    """What a page was opened on, and when. As text: the fingerprint, and microseconds since 1970 in UTC."""

    version: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.version}.{(self.at - EPOCH) // timedelta(microseconds=1)}"

    @classmethod
    def read(cls, text: str) -> "Opened":
        """As a page sent it; what cannot be read fits nothing."""
        match = WRITTEN.fullmatch(text)
        if match is None:
            return cls("", timezone.now())
        return cls(match[1], EPOCH + timedelta(microseconds=int(match[2])))


@dataclass(frozen=True)
class Change:
    """What somebody saved meanwhile."""

    who: str
    at: str
    what: str


@dataclass(frozen=True)
class Conflict:
    """`changes` are the newest first; `present` is what "save anyway" agrees to overwrite."""

    changes: list[Change]
    present: Opened

    def __str__(self) -> str:
        names = list(dict.fromkeys(change.who for change in self.changes))
        return (
            f"{' and '.join(names) or 'Somebody'} changed this after you had opened the page. "
            "Nothing was stored."
        )


class Simultaneous:
    """Put before a ModelAdmin: its page refuses to overwrite what the person has not seen."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """The page, with what it was opened on; a save is compared with that under the record's lock."""
        page: Any = super()
        if object_id is None or not self.has_change_permission(request):  # type: ignore[attr-defined]
            return page.changeform_view(request, object_id, form_url, extra_context)
        context = {**(extra_context or {})}
        if request.method != "POST":
            # Before the values are read that the page shows: a change in between is a conflict, not unseen.
            if record := self._record(object_id):
                context[OPENED] = self._present(record)
            return page.changeform_view(request, object_id, form_url, context)
        with transaction.atomic():
            if OPENED in request.POST and (record := self._record(object_id, is_locked=True)):
                context[OPENED], conflict = self._compared(request, record)
                context["conflict"] = request.conflict = conflict  # type: ignore[attr-defined]
            return page.changeform_view(request, object_id, form_url, context)

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **options: Any) -> Any:
        """The form; of a stale page one that is never valid."""
        made: Any = super().get_form(request, obj, *args, **options)  # type: ignore[misc]
        conflict = getattr(request, "conflict", None)
        if conflict is None:
            return made

        class Refused(made):
            def clean(self) -> Any:
                found = super().clean()
                self.add_error(None, str(conflict))
                return found

        return Refused

    def _record(self, object_id: str, *, is_locked: bool = False) -> Any:
        model = self.model  # type: ignore[attr-defined]
        rows = model._base_manager.all()
        if is_locked and connection.features.has_select_for_update:
            rows = rows.select_for_update(no_key=True)
        try:
            return rows.filter(pk=model._meta.pk.to_python(unquote(object_id))).first()
        except (ValidationError, ValueError):
            return None

    def _present(self, record: Any) -> Opened:
        at = timezone.now()
        leaving_out = getattr(self, "unversioned", ())
        return Opened(version_of(self._records(record), leaving_out=leaving_out), at)

    def _records(self, record: Any) -> list[Any]:
        on_page = getattr(self, "records_on_page", None)
        return on_page(record) if on_page else [record]

    def _compared(self, request: HttpRequest, record: Any) -> tuple[Opened, Conflict | None]:
        """What the person has seen, and what was changed since then, if anything was."""
        seen, present = Opened.read(request.POST[OPENED]), self._present(record)
        if agreed := request.POST.get(ANYWAY):
            seen = Opened.read(agreed)
        is_saving = getattr(self, "is_saving", None)
        if (is_saving and not is_saving(request)) or constant_time_compare(seen.version, present.version):
            return seen, None
        whole = sees_numbers(request.user)
        changes = changes_since(self._records(record), seen.at, whole_numbers=whole)
        return Opened.read(request.POST[OPENED]), Conflict(changes, present)


def version_of(records: Sequence[Model], *, leaving_out: Sequence[str] = ()) -> str:
    """A fingerprint of what people decide of these records. It is keyed, so it tells nothing of secrets."""
    told = []
    for record in records:
        how = AUDITED[record._meta.label_lower]
        values = {f.name: getattr(record, f.attname) for f in said_fields(type(record), how)}
        values |= {name: sorted(getattr(record, name).values_list("pk", flat=True)) for name in how.lists}
        kept = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in values.items()
            if name not in leaving_out
        }
        told.append((record._meta.label, record.pk, kept))
    return salted_hmac(__name__, repr(told), algorithm="sha256").hexdigest()


def changes_since(records: Sequence[Model], at: datetime, *, whole_numbers: bool) -> list[Change]:
    """What the audit log knows of these records since then, the newest first."""
    entries = [
        entry
        for record in records
        for entry in AuditEntry.objects.get_for_object(record)
        .filter(timestamp__gt=at, action__in=CHANGES)
        .order_by("-timestamp", "-id")[:TOLD_AT_MOST]
    ]
    entries.sort(key=lambda entry: (entry.timestamp, entry.pk), reverse=True)
    return [_told(entry, whole_numbers=whole_numbers) for entry in entries[:TOLD_AT_MOST]]


def _told(entry: AuditEntry, *, whole_numbers: bool) -> Change:
    if entry.action == AuditEntry.Action.UPDATE:
        found = reading.changes_of(entry, whole_numbers=whole_numbers)
        what = "; ".join(f"{one.label}: {one.before} → {one.after}" for one in found)
    else:
        what = entry.get_action_display()
    return Change(reading.who_of(entry), moment(entry.timestamp), f"{reading.kind_of(entry)}: {what}")
