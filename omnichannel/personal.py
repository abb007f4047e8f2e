"""What the project and its libraries keep of customers, and how it is forgotten."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

from contacts.models import Address, Contact, Note
from omnichannel.lib.personal import Step, Subject, says_wholly
from omnichannel.models import AuditEntry

KEPT = {
    "omnichannel.WorkerHeartbeat": "worker processes",
    **dict.fromkeys(
        [
            *("agents.User", "agents.Agent", "agents.LogIn", "agents.ApiToken", "agents.Authenticator"),
            *("agents.RecoveryCode", "agents.SignInPolicy", "agents.SignInLink"),
        ],
        "colleagues, not customers",
    ),
    **dict.fromkeys(
        [
            *("routing.ChannelSetting", "routing.WorkStream", "routing.Queue", "routing.RoutingRule"),
            "routing.RoutingCondition",
        ],
        "configuration: what administrators wrote",
    ),
    "auth": "roles",
    "contenttypes": "names of models",
    "sessions": "log-ins of colleagues; they end by themselves",
    "axes": "log-ins of colleagues",
    "knox": "tokens of colleagues",
    "django_q": "doorbells, which carry nothing",
}
ERASED = "erased"


@cache
def _kinds() -> set[type[Model]]:
    """Kinds of records that hold customers: whatever a room erases."""
    rooms = ("conversations", "channels_app", "contacts")
    return {step.model for room in rooms for step in import_string(f"{room}.personal.STEPS")}


def _is_theirs(model_id: int | None, pk: str, said: Any, subject: Subject) -> bool:
    """Whether a log's line is about a record of the person, or says their name, number or e-mail as a whole.

    Lines of other kinds (log-ins, roles, configuration) never are, whatever they say.
    """
    model = ContentType.objects.get_for_id(model_id).model_class() if model_id else None
    if model not in _kinds():
        return False
    ids = {Contact: subject.contacts, Address: subject.addresses}.get(model, [])
    if pk in {str(own) for own in ids} or (model is Note and _is_their_note(pk, subject)):
        return True
    # Somebody else may have the same name.
    is_anothers = model is Contact and pk.isdigit() and Contact.objects.filter(pk=pk).exists()
    return says_wholly(_leaves(said), replace(subject, names=[]) if is_anothers else subject)


def _is_their_note(pk: str, subject: Subject) -> bool:
    return pk.isdigit() and Note.objects.filter(pk=pk, contact__in=subject.contacts).exists()


def _leaves(said: Any) -> Iterator[str]:
    """Every value in what a line says; of “Search: Rossi (numbers masked)” also the words searched for."""
    if isinstance(said, dict | list | tuple):
        for value in said.values() if isinstance(said, dict) else said:
            yield from _leaves(value)
    elif said is not None:
        yield str(said)
        yield str(said).partition(": ")[2].removesuffix(" (numbers masked)")


def _entry_concerns(entry: AuditEntry, subject: Subject) -> bool:
    if entry.action == AuditEntry.Action.SIGN_IN:
        return False
    said = [entry.object_repr, entry.changes, entry.additional_data]
    return _is_theirs(entry.content_type_id, entry.object_pk, said, subject)


def _empty_entries(rows: Sequence[AuditEntry], _: Subject) -> None:
    for row in rows:
        # Which fields were changed stays, by whom and when; what they said goes.
        changes = {name: [ERASED, ERASED] for name in row.changes or {}}
        AuditEntry.objects.filter(pk=row.pk).update(
            object_repr=ERASED, changes=changes or None, additional_data=None
        )


def _log_concerns(entry: LogEntry, subject: Subject) -> bool:
    try:
        message = json.loads(entry.change_message or "null")
    except ValueError:
        message = entry.change_message
    said = [entry.object_repr, message]
    return _is_theirs(entry.content_type_id, str(entry.object_id or ""), said, subject)


def _empty_log(rows: Sequence[LogEntry], _: Subject) -> None:
    LogEntry.objects.filter(pk__in=[row.pk for row in rows]).update(object_repr=ERASED, change_message="")


def _all(model: Any) -> QuerySet:
    found: QuerySet = model.objects.order_by()
    return found


STEPS = [
    Step(
        "audit log entries",
        AuditEntry,
        lambda _: _all(AuditEntry),
        _empty_entries,
        _entry_concerns,
        how="values emptied",
        at_once=500,
    ),
    Step(
        "history of administration",
        LogEntry,
        lambda _: _all(LogEntry),
        _empty_log,
        _log_concerns,
        how="values emptied",
        at_once=500,
    ),
]
