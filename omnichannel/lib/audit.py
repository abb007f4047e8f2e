"""The audit log: who did it, from where, and what is noted beside the changes that log themselves.

Changes of registered models (omnichannel/audited.py) are logged by django-auditlog when they are saved. What
no save tells is noted here: reads of what is masked elsewhere, exports, log-ins, updates of many rows.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from auditlog import get_logentry_model
from auditlog.context import auditlog_disabled
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest, HttpResponse

from omnichannel.lib.clients import address_of

HIDDEN = "••••"
LONGEST_NOTE, LONGEST_NAME = 300, 160


class Place(models.TextChoices):
    """From where something was done."""

    PAGE = "page", "Page"
    API = "api", "API"
    COMMAND = "command", "Command"  # on the server itself
    TASK = "task", "Background task"  # started by a person, done by a worker


@dataclass(frozen=True)
class Origin:
    """Who is acting, and from where. With a request, the person is asked for as late as possible: a token of
    the API is read long after the request came in.
    """

    place: Place
    request: HttpRequest | None = None
    person: Any = None
    # For whoever is nobody yet: how the log calls them.
    stranger: str = ""

    @property
    def actor(self) -> Any:
        """The person; None for strangers and the system."""
        found = self.person if self.request is None else getattr(self.request, "user", None)
        return found if found is not None and found.is_authenticated else None

    @property
    def address(self) -> str | None:
        """Their IP address."""
        return address_of(self.request) if self.request is not None else None


NO_REQUEST = Origin(Place.COMMAND)
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=NO_REQUEST)


def origin() -> Origin:
    """Who is acting now, and from where."""
    return _origin.get()


@contextmanager
def acting(person: Any, *, place: Place = Place.TASK) -> Iterator[None]:
    """What is written inside was done by `person` (None: the system), and is logged, in tasks as well."""
    was, logged = _origin.set(Origin(place, person=person)), auditlog_disabled.set(False)
    try:
        yield
    finally:
        auditlog_disabled.reset(logged)
        _origin.reset(was)


@contextmanager
def called(stranger: str) -> Iterator[None]:
    """What is written inside was done by somebody who is not logged in, and is called so in the log."""
    was = _origin.set(replace(origin(), stranger=stranger))
    try:
        yield
    finally:
        _origin.reset(was)


@contextmanager
def unlogged() -> Iterator[None]:
    """What is written inside is the system's daily work (texts in and out): no changes are logged."""
    token = auditlog_disabled.set(True)
    try:
        yield
    finally:
        auditlog_disabled.reset(token)


def stop_logging(**_: Any) -> None:
    """For a worker process: its tasks are the system's daily work, unless `acting` says otherwise."""
    auditlog_disabled.set(True)


class AuditMiddleware:
    """Remembers the request that acts. Webhooks are the system's daily work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/hooks/"):
            with unlogged():
                return self.get_response(request)
        place = Place.API if request.path.startswith("/api/") else Place.PAGE
        token = _origin.set(Origin(place, request))
        try:
            return self.get_response(request)
        finally:
            _origin.reset(token)


def note_read(record: models.Model, *, what: str) -> None:
    """Log that the person acting read something of a record that is masked elsewhere; `what` says what."""
    _note(record, action=get_logentry_model().Action.ACCESS, what=what)


def note_sign_in(user: models.Model | type[models.Model], *, what: str, actor: Any = None) -> None:
    """Log what happened to a person's access: a log-in, a failed one, a token issued, a second factor …

    `user` may be the model itself when it is nobody's; `actor` is for what happens before the request knows
    who it is from.
    """
    named = {} if actor is None else {"actor": actor, "actor_name": str(actor)[:LONGEST_NAME]}
    _note(user, action=get_logentry_model().Action.SIGN_IN, what=what, **named)


def note_change(record: models.Model, changes: Mapping[str, tuple[Any, Any]], *, what: str = "") -> None:
    """Log a change that no save told of (QuerySet.update): field -> (before, after). Not when unlogged."""
    if auditlog_disabled.get():
        return
    told = {name: [_plain(before), _plain(after)] for name, (before, after) in changes.items()}
    _note(record, action=get_logentry_model().Action.UPDATE, what=what, changes=told)


def note_export(model: type[models.Model], *, what: str, count: int) -> None:
    """Log that the person acting took `count` records out of the system; `what` says which, and as what."""
    data = {"what": what[:LONGEST_NOTE], "count": count}
    _note(model, action=get_logentry_model().Action.EXPORT, additional_data=data)


def _note(record: models.Model | type[models.Model], *, what: str = "", **fields: Any) -> None:
    """One entry, about a record or about a kind of records."""
    if what:
        fields["additional_data"] = {"what": what[:LONGEST_NOTE]}
    entries = get_logentry_model().objects
    if isinstance(record, models.Model):
        entries.log_create(record, force_log=True, **fields)
        return
    kind = ContentType.objects.get_for_model(record)
    entries.create(content_type=kind, object_repr=str(record._meta.verbose_name_plural), **fields)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def hide(value: str) -> str:
    """A secret as the log keeps it: only whether there was one."""
    return HIDDEN if value not in ("", "None") else ""
