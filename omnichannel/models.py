"""Signs of life of the task queue's clusters, and the audit log."""

from typing import Any, ClassVar

from auditlog.models import AbstractLogEntry, LogEntryManager
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from omnichannel.lib import audit


class WorkerHeartbeat(models.Model):
    """When a worker of a cluster last did something. Read by the watchdog and by /readyz."""

    cluster = models.CharField(max_length=64, primary_key=True)
    lane = models.CharField(max_length=16)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.lane} on {self.host}"


class AuditManager(LogEntryManager):
    """Writes entries with who acts and from where."""

    def create(self, **fields: Any) -> "AuditEntry":
        """One entry; what the caller names wins over what is known of the request."""
        for unused in ("serialized_data", "cid"):
            fields.pop(unused, None)
        here = audit.origin()
        actor = fields.setdefault("actor", here.actor)
        known = {
            "place": here.place,
            "remote_addr": here.address,
            "actor_name": str(actor or here.stranger)[: audit.LONGEST_NAME],
        }
        made: AuditEntry = super().create(**{**known, **fields})
        return made


class AuditEntry(AbstractLogEntry):
    """One line of the audit log: what was done to which record, by whom, from where. Never changed."""

    class Action(models.IntegerChoices):
        """The first four are django-auditlog's."""

        CREATE = 0, "Created"
        UPDATE = 1, "Changed"
        DELETE = 2, "Deleted"
        ACCESS = 3, "Read"
        EXPORT = 4, "Exported"
        SIGN_IN = 5, "Log-in"

    # Django's way of leaving out what an abstract model has: never used here.
    serialized_data = changes_text = cid = remote_port = actor_email = None

    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name="kind of record"
    )
    object_pk = models.CharField(max_length=255, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    action = models.PositiveSmallIntegerField(choices=Action.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    # As they were called then: people leave.
    actor_name = models.CharField("who", max_length=160, blank=True)
    place = models.CharField("from", max_length=8, choices=audit.Place.choices)
    timestamp = models.DateTimeField("at", default=timezone.now)

    objects: ClassVar[AuditManager] = AuditManager()

    class Meta:
        verbose_name = "audit log entry"
        verbose_name_plural = "audit log"
        # Newest first, under each filter.
        indexes = [
            models.Index(fields=["-timestamp", "-id"], name="audit_newest"),
            models.Index(fields=["actor", "-timestamp", "-id"], name="audit_by_actor"),
            models.Index(fields=["content_type", "-timestamp", "-id"], name="audit_by_kind"),
            models.Index(fields=["action", "-timestamp", "-id"], name="audit_by_action"),
            models.Index(fields=["place", "-timestamp", "-id"], name="audit_by_place"),
            models.Index(fields=["content_type", "object_id", "-timestamp", "-id"], name="audit_of_record"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.object_repr}".strip()
