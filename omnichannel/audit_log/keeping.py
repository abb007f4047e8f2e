"""How long the audit log is kept."""

from datetime import datetime, timedelta

from django.conf import settings

from omnichannel.models import AuditEntry

DELETED_AT_ONCE = 1000


def delete_old(*, now: datetime) -> int:
    """Delete the oldest entries beyond AUDIT_KEPT_DAYS, at most DELETED_AT_ONCE; returns how many."""
    limit = now - timedelta(days=settings.AUDIT_KEPT_DAYS)
    old = AuditEntry.objects.filter(timestamp__lt=limit).order_by("timestamp")
    ids = list(old.values_list("id", flat=True)[:DELETED_AT_ONCE])
    return AuditEntry.objects.filter(id__in=ids).delete()[0] if ids else 0
