"""What is known about the health of accounts and numbers: what was looked at, and what is or was wrong."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class AccountWatch(models.Model):
    """What the periodic looks at an account found last. One row per account, made when it is first due."""

    account = models.OneToOneField(
        "channels_app.ProviderAccount", on_delete=models.CASCADE, related_name="watch"
    )
    # Fetch missed messages: due by this moment; moved on before asking, so that one worker asks.
    next_fetch_at = models.DateTimeField()
    fetched_at = models.DateTimeField(
        null=True, help_text="When the provider's list was last read to its end."
    )
    fetch_result = models.CharField(max_length=300, blank=True, default="")
    next_drift_check_at = models.DateTimeField()
    drift_checked_at = models.DateTimeField(null=True)
    drift = models.JSONField(
        default=list, help_text="Numbers whose webhook is not ours: number, present, expected."
    )

    # Content templates: due by this moment, or at once when empty.
    next_template_sync_at = models.DateTimeField(null=True)
    templates_synced_at = models.DateTimeField(null=True)
    templates_result = models.CharField(max_length=300, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return f"Watch of {self.account}"


class Incident(models.Model):
    """What is or was wrong with an account or a number. One is open per kind and subject."""

    class Kind(models.TextChoices):
        """What can be wrong. The rules are in health.py."""

        VALIDATION = "validation", "Validation fails"
        NUMBER_LOST = "number_lost", "Number not in the account"
        NUMBER_OFFLINE = "number_offline", "Number cannot be used"
        WEBHOOK_DRIFT = "webhook_drift", "Inbound URL differs at the provider"
        REFUSALS = "refusals", "Webhooks are refused"
        ERROR_RATE = "error_rate", "Many texts are not delivered"
        INBOUND_BACKLOG = "inbound_backlog", "Received webhooks wait"
        OUTBOUND_BACKLOG = "outbound_backlog", "Texts wait to be sent"
        MISSED = "missed", "Texts had not arrived"
        SILENT = "silent", "Reports come in, but no texts"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    account = models.ForeignKey(
        "channels_app.ProviderAccount", on_delete=models.CASCADE, related_name="incidents"
    )
    # Empty when the trouble is the account's.
    number = models.ForeignKey(
        "channels_app.Number", null=True, blank=True, on_delete=models.CASCADE, related_name="incidents"
    )
    details = models.CharField(max_length=500, help_text="What was seen last, in words.")
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "account"],
                condition=Q(ended_at=None, number=None),
                name="incident_of_account_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "number"],
                condition=Q(ended_at=None, number__isnull=False),
                name="incident_of_number_once",
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], name="incident_open", condition=Q(ended_at=None)),
            models.Index(fields=["kind", "-id"], name="incident_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.number or self.account}"


class Replay(models.Model):
    """Somebody had a failed receipt taken again."""

    receipt = models.ForeignKey(
        "channels_app.WebhookReceipt", on_delete=models.CASCADE, related_name="replays"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True, help_text="Why it had failed.")

    def __str__(self) -> str:
        return f"Receipt {self.receipt_id} replayed at {self.at:%Y-%m-%d %H:%M:%S} UTC"
