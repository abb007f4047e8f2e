"""How long the audit log is kept, and what stays of people who are erased."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models

from omnichannel.models import AuditEntry

DELETED_AT_ONCE = 1000
ERASED = "Erased"


def delete_old(*, now: datetime) -> int:
    """Delete the oldest entries beyond AUDIT_KEPT_DAYS, at most DELETED_AT_ONCE; returns how many."""
    limit = now - timedelta(days=settings.AUDIT_KEPT_DAYS)
    old = AuditEntry.objects.filter(timestamp__lt=limit).order_by("timestamp")
    ids = list(old.values_list("id", flat=True)[:DELETED_AT_ONCE])
    return AuditEntry.objects.filter(id__in=ids).delete()[0] if ids else 0


def erase(model: type[models.Model], ids: Iterable[int]) -> int:
    """Take what they say out of all entries of these records; returns how many entries there are.

    That something was done, when and by whom, stays.
    """
    kind = ContentType.objects.get_for_model(model)
    found = AuditEntry.objects.filter(content_type=kind, object_id__in=list(ids))
    return int(found.update(object_repr=ERASED, changes=None, additional_data=None))
