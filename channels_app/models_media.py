"""Files: what customers sent with their texts, and what agents send."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Media(models.Model):
    """One file of a text, in or out. A row is there at once; the file itself comes when it was fetched.

    fetching -> ready, refused (the reason says why; never kept) or failed (can be fetched again). A file that
    an agent sends is ready when its row is made.
    """

    class State(models.TextChoices):
        """Where it stands."""

        FETCHING = "fetching"
        READY = "ready"
        REFUSED = "refused"
        FAILED = "failed"

    inbound_text = models.ForeignKey(
        "InboundText", null=True, on_delete=models.CASCADE, related_name="media", db_index=False
    )
    delivery = models.ForeignKey(
        "Delivery", null=True, on_delete=models.CASCADE, related_name="media", db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.FETCHING)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it is refused or failed.")
    source_url = models.TextField(blank=True, help_text="Where the provider keeps it.")
    declared_type = models.CharField(max_length=100, blank=True, help_text="What the sender says it is.")
    content_type = models.CharField(max_length=100, blank=True, help_text="What it is, by its content.")
    name = models.CharField(max_length=200, blank=True)
    size = models.PositiveBigIntegerField(null=True, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    contacts = models.JSONField(
        default=list, db_default=[], help_text="Of a contact card: names, and lines of label and value."
    )
    # Names in the storage; a copy for another try of the same text shares them.
    file = models.CharField(max_length=200, blank=True)
    thumbnail = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    state_changed_at = models.DateTimeField(db_default=Now())
    # Set whenever the row changes, cleared when the conversation shows it.
    is_news = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "media"
        constraints = [
            models.CheckConstraint(
                condition=Q(inbound_text__isnull=False, delivery__isnull=True)
                | Q(inbound_text__isnull=True, delivery__isnull=False),
                name="media_of_one_text",
            ),
            models.UniqueConstraint(
                fields=["inbound_text", "position"],
                condition=Q(inbound_text__isnull=False),
                name="media_of_inbound_once",
            ),
            models.UniqueConstraint(
                fields=["delivery", "position"],
                condition=Q(delivery__isnull=False),
                name="media_of_delivery_once",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="media_due", condition=Q(state="fetching")),
            models.Index(fields=["id"], name="media_news", condition=Q(is_news=True)),
            models.Index(fields=["state", "-id"], name="media_by_state"),
            # Whether a file of the storage is somebody's.
            models.Index(fields=["file"], name="media_by_file", condition=~Q(file="")),
        ]

    def __str__(self) -> str:
        return f"file {self.pk} ({self.state})"
