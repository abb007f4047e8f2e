"""Entries of the audit log in words: labels, not columns; choices' names; moments in the reader's zone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from omnichannel.lib import redact
from omnichannel.lib.audit import HIDDEN
from omnichannel.lib.backoffice import NOTHING, moment
from omnichannel.models import AuditEntry
from omnichannel.names import names_of
from routing.conditions import from_json
from routing.wording import said

SYSTEM = "System"
NOBODY = "Nobody logged in"


@dataclass(frozen=True)
class Change:
    """One field: what it is called, what it was, what it became."""

    label: str
    before: str
    after: str


def model_of(entry: AuditEntry) -> type[models.Model] | None:
    """The kind of record; None when the product no longer has it."""
    return ContentType.objects.get_for_id(entry.content_type_id).model_class()


def name_of(model: type[models.Model]) -> str:
    """What a kind of record is called, at the beginning of a line."""
    return names_of(model)[0]


def kind_of(entry: AuditEntry) -> str:
    """What the kind of record is called."""
    model = model_of(entry)
    return name_of(model) if model else NOTHING


def who_of(entry: AuditEntry) -> str:
    """Who acted, as they were called then."""
    if entry.actor_name:
        return entry.actor_name
    return NOBODY if entry.remote_addr else SYSTEM


def where_of(entry: AuditEntry) -> str:
    """Page, API, command or task, and the address."""
    return " · ".join(part for part in (entry.get_place_display(), entry.remote_addr) if part)


def note_of(entry: AuditEntry) -> str:
    """What was noted beside changes."""
    data = entry.additional_data or {}
    count = f" ({data['count']})" if "count" in data else ""
    return f"{data.get('what', '')}{count}"


def changes_of(entry: AuditEntry, *, whole_numbers: bool) -> list[Change]:
    """Field by field, in the order of their labels; customers' numbers masked unless `whole_numbers`."""
    found = sorted(_changes(entry), key=lambda change: change.label.casefold())
    if whole_numbers:
        return found
    return [Change(c.label, redact.numbers(c.before), redact.numbers(c.after)) for c in found]


def summary_of(entry: AuditEntry) -> str:
    """One line for lists: what was noted, or which fields changed."""
    if note := note_of(entry):
        return note
    if entry.action != AuditEntry.Action.UPDATE:
        return ""
    return ", ".join(change.label for change in changes_of(entry, whole_numbers=False))


def _changes(entry: AuditEntry) -> Iterator[Change]:
    model = model_of(entry)
    for name, values in (entry.changes or {}).items():
        field = _field(model, name)
        label = str(getattr(field, "verbose_name", None) or name.replace("_", " "))
        label = (label[:1].upper() + label[1:]).replace(" url", " URL")
        if isinstance(values, dict):
            objects = ", ".join(values.get("objects", ()))
            is_added = values.get("operation") == "add"
            yield Change(
                label, NOTHING if is_added else objects, f"{objects} added" if is_added else "Removed"
            )
        elif HIDDEN in values:
            yield Change(label, *_hidden(values))
        elif entry.action != AuditEntry.Action.CREATE or values[1] not in (None, ""):
            yield Change(label, _shown(field, values[0]), _shown(field, values[1]))


def _field(model: type[models.Model] | None, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _hidden(values: list[Any]) -> tuple[str, str]:
    before, after = (value == HIDDEN for value in values)
    became = ("Replaced" if after else "Removed") if before else "Set"
    return HIDDEN if before else NOTHING, became


def _shown(field: Any, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if choices := dict(getattr(field, "flatchoices", ()) or ()):
        return str(choices.get(value, value))
    if isinstance(field, models.DateTimeField) and (at := parse_datetime(str(value))):
        return _local(at)
    return as_words(value) if isinstance(value, dict) else str(value)


def as_words(value: dict[str, Any]) -> str:
    """A rule's conditions as the rule's page says them; any other JSON as it is."""
    try:
        return said(from_json(value))
    except (KeyError, TypeError, ValueError):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _local(at: datetime) -> str:
    return moment(at if timezone.is_aware(at) else at.replace(tzinfo=UTC))
