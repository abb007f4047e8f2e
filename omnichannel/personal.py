"""What the project and its libraries keep of customers, and how it is forgotten."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from contacts.models import Address, Contact
from omnichannel.lib.personal import Step, Subject, mentions
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
FEWEST_LETTERS = 5


def _is_theirs(model_id: int, object_id: str, subject: Subject) -> bool:
    contact, address = (ContentType.objects.get_for_model(m).pk for m in (Contact, Address))
    ids = {contact: subject.contacts, address: subject.addresses}.get(model_id, [])
    return object_id in {str(pk) for pk in ids}


def _says(texts: Sequence[str], subject: Subject) -> bool:
    """Whether a log's line tells of the person: number, e-mail, or whole name."""
    told = " ".join(texts).casefold()
    words = [*subject.emails, *(n.casefold() for n in subject.names if len(n) >= FEWEST_LETTERS)]
    return any(word in told for word in words) or mentions(texts, subject)


def _entry_concerns(entry: AuditEntry, subject: Subject) -> bool:
    if _is_theirs(entry.content_type_id, entry.object_pk, subject):
        return True
    said = [
        entry.object_repr,
        *(json.dumps(v, ensure_ascii=False) for v in (entry.changes, entry.additional_data)),
    ]
    return _says(said, subject)


def _empty_entries(rows: Sequence[AuditEntry], _: Subject) -> None:
    for row in rows:
        # Which fields were changed stays, by whom and when; what they said goes.
        changes = {name: [ERASED, ERASED] for name in row.changes or {}}
        AuditEntry.objects.filter(pk=row.pk).update(
            object_repr=ERASED, changes=changes or None, additional_data=None
        )


def _log_concerns(entry: LogEntry, subject: Subject) -> bool:
    if entry.content_type_id and _is_theirs(entry.content_type_id, str(entry.object_id), subject):
        return True
    return _says([entry.object_repr, entry.change_message], subject)


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
