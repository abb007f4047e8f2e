"""What goes out: each text on its way, what happened to it, and our requests to providers."""

from django.db import models
from django.db.models.functions import Now

from channels_app.models import Number, ProviderAccount
from contacts.models import Address


class Delivery(models.Model):
    """One text on its way to a provider, accepted there at most once.

    pending -> leaving -> what the provider says; back to pending only after a request that surely never
    arrived. unknown: it may have been accepted, so it is never sent again by itself. Our own writes are
    conditional updates from pending or leaving; a report moves it when its word ranks higher (see status.py).
    """

    class State(models.TextChoices):
        """In order of rank."""

        PENDING = "pending"  # waits for its turn
        LEAVING = "leaving"  # claimed by a sender: past recall
        UNKNOWN = "unknown"  # may or may not have been accepted
        ACCEPTED = "accepted"
        SCHEDULED = "scheduled"
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        CANCELED = "canceled"
        FAILED = "failed"
        UNDELIVERED = "undelivered"
        DELIVERED = "delivered"
        READ = "read"

    class Priority(models.IntegerChoices):
        """Lower goes first."""

        REPLY = 0
        BULK = 10

    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="deliveries")
    # The account that carries it: the number's at the moment of leaving. The number may move on to another.
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="deliveries")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="deliveries")
    text = models.TextField()
    # An approved text that the provider fills in; `text` is then what the customer reads.
    template = models.ForeignKey(
        "ContentTemplate", null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    template_variables = models.JSONField(default=dict, db_default={}, blank=True)
    media_count = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Files that go with it."
    )
    # Parts of one reply leave in their order: not before this one has left, or failed.
    follows = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.REPLY)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    not_before = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, help_text="When a sender claimed it.")
    external_id = models.CharField(max_length=64, blank=True, default="")
    error = models.CharField(max_length=20, blank=True, default="", help_text="Our word for what went wrong.")
    provider_code = models.CharField(max_length=16, blank=True, default="")
    explanation = models.CharField(max_length=500, blank=True, default="", help_text="For the agent.")
    searches = models.PositiveSmallIntegerField(
        default=0, help_text="How often an unknown one was looked for."
    )
    searched_at = models.DateTimeField(null=True)
    retry_of = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="retried_by"
    )
    # Set whenever the row changes, cleared when the conversation shows it.
    is_news = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    state_changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id"],
                condition=~models.Q(external_id=""),
                name="delivery_external_id_once",
            )
        ]
        indexes = [
            # What may leave: per number, replies first, oldest first.
            models.Index(
                fields=["number", "priority", "id"],
                name="delivery_pending",
                condition=models.Q(state="pending"),
            ),
            # What of a customer's waits for a time of its own.
            models.Index(
                fields=["address", "not_before"],
                name="delivery_planned",
                condition=models.Q(state="pending", not_before__isnull=False),
            ),
            # What hangs in doubt.
            models.Index(
                fields=["left_at"],
                name="delivery_doubtful",
                condition=models.Q(state__in=["leaving", "unknown"]),
            ),
            models.Index(fields=["id"], name="delivery_news", condition=models.Q(is_news=True)),
            models.Index(fields=["external_id"], name="delivery_external_id"),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["address", "-id"], name="delivery_by_address"),
            models.Index(fields=["number", "-id"], name="delivery_by_number"),
            models.Index(fields=["created_at"], name="delivery_by_time"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk} ({self.state})"

    @property
    def reference(self) -> str:
        """Our own id for providers that echo one. With the moment it was made: another installation on the
        same account has the same ids, and the provider posts both's reports to one of them.
        """
        return f"{self.pk}-{round(self.created_at.timestamp() * 1_000_000):x}"


class DeliveryEvent(models.Model):
    """One thing that happened to a delivery: what we did, and each report, in the order it reached us."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="events")
    word = models.CharField(max_length=24)
    provider_code = models.CharField(max_length=16, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.word} at {self.at:%Y-%m-%d %H:%M:%S} UTC"


class ProviderCall(models.Model):
    """A request of ours to a provider, without secrets: what people read when something does not work."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="calls")
    delivery = models.ForeignKey(
        Delivery, null=True, blank=True, on_delete=models.CASCADE, related_name="calls"
    )
    method = models.CharField(max_length=8)
    url = models.TextField()
    status = models.PositiveSmallIntegerField(null=True)
    duration_ms = models.PositiveIntegerField()
    answer = models.TextField(blank=True)
    error = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-id"], name="provider_call_by_account"),
            models.Index(fields=["at"], name="provider_call_by_time"),
            # Each class of answers is found without reading the others, however rare it is.
            models.Index(fields=["-id"], name="provider_call_good", condition=models.Q(status__lt=400)),
            models.Index(
                fields=["-id"], name="provider_call_no_answer", condition=models.Q(status__isnull=True)
            ),
            models.Index(
                fields=["-id"],
                name="provider_call_refused",
                condition=models.Q(status__gte=400, status__lt=500),
            ),
            models.Index(fields=["-id"], name="provider_call_broken", condition=models.Q(status__gte=500)),
        ]

    def __str__(self) -> str:
        return f"Call {self.pk} ({self.status or self.error})"
