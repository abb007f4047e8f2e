"""The wire: accounts at providers, numbers, what came in, what goes out."""

import secrets

from django.db import models
from django.db.models.functions import Now

from contacts.models import Address
from omnichannel.lib.crypto import SecretField
from routing.models import Channel, WorkStream


class Provider(models.TextChoices):
    """Who carries texts."""

    TWILIO = "twilio", "Twilio"


def new_token() -> str:
    """An unguessable token for an inbound URL (256 bits)."""
    return secrets.token_urlsafe(32)


class ProviderAccount(models.Model):
    """An account at a provider, once: its secret is typed and rotated in one place, whoever uses it."""

    provider = models.CharField(max_length=16, choices=Provider.choices)
    external_id = models.CharField("account SID", max_length=64)
    base_url = models.URLField(max_length=200)
    secret = SecretField("auth token")
    secondary_secret = SecretField("secondary auth token", blank=True, default="")
    last_validated_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_validation_status = models.CharField(max_length=300, blank=True, editable=False)
    # One of providers.base.Validity, for programs; the status says it in words.
    last_validation_outcome = models.CharField(max_length=16, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "external_id", "base_url"], name="account_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.external_id}"


class InboundUrl(models.Model):
    """The secret path that leads to one account. It takes texts and reports for all its numbers."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="inbound_urls")
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True, blank=True, help_text="When a new URL took its place.")
    # Noted once an hour at most, when a webhook that came to it is taken.
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"inbound URL {self.pk} of {self.account}"


class SmsSettings(models.Model):
    """The SMS Settings of a work stream: which account its texts go through."""

    work_stream = models.OneToOneField(WorkStream, on_delete=models.CASCADE, related_name="sms_settings")
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="sms_settings")
    inbound_url = models.OneToOneField(InboundUrl, on_delete=models.PROTECT, related_name="sms_settings")
    last_validation_on = models.DateTimeField(null=True, blank=True, editable=False)
    last_validation_status = models.CharField(max_length=300, blank=True, editable=False)
    last_validation_outcome = models.CharField(max_length=16, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "SMS settings"

    def __str__(self) -> str:
        return f"SMS settings of {self.work_stream}"


class Number(models.Model):
    """An address of ours. Its texts are claimed by one role (an SMS number, for now)."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="numbers")
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.SMS)
    value = models.CharField(max_length=20, help_text="Digits only, country code first.")
    messages_per_second = models.FloatField(
        null=True,
        blank=True,
        default=1.0,
        help_text="How fast texts leave this number; replies to customers go first. Ten seconds' worth may "
        "leave at once. Empty: as fast as the provider takes them.",
    )
    # The token bucket, kept here so that all sending processes share it.
    bucket_tokens = models.FloatField(default=0.0, editable=False)
    bucket_filled_at = models.DateTimeField(null=True, editable=False)
    # Where its texts went when we last looked at the provider, without passwords (set_up.Seen).
    webhook_seen = models.JSONField(null=True, blank=True, editable=False)
    webhook_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Where they went before we changed it, to be put back: JSON; a secret, because such a URL may hold one.
    webhook_before = SecretField(blank=True, default="", editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "value"], name="number_once"),
            models.CheckConstraint(
                condition=models.Q(messages_per_second=None) | models.Q(messages_per_second__gt=0),
                name="number_rate_above_zero",
            ),
        ]

    def __str__(self) -> str:
        return self.value


class SmsNumber(models.Model):
    """The support number of a work stream. One work stream has one."""

    class Type(models.TextChoices):
        """Kinds of numbers that the provider supports for SMS."""

        LONG_CODE = "long_code", "Long code"

    number = models.OneToOneField(Number, on_delete=models.PROTECT, related_name="sms_number")
    work_stream = models.OneToOneField(
        WorkStream,
        on_delete=models.CASCADE,
        related_name="sms_number",
        error_messages={"unique": "You can configure only one phone number per work stream."},
    )
    type = models.CharField(max_length=16, choices=Type.choices, default=Type.LONG_CODE)
    description = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = "SMS number"

    def __str__(self) -> str:
        return self.number.value


class WebhookReceipt(models.Model):
    """A request of a provider, kept as it came. The truth about everything inbound."""

    class State(models.TextChoices):
        """received -> done, ignored or failed; a failed one can be replayed."""

        RECEIVED = "received"  # due, or waiting for its next try
        DONE = "done"
        IGNORED = "ignored"  # understood, and nothing to do; the reason says why
        FAILED = "failed"  # not understood; the reason says why, the raw request is kept

    account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, related_name="receipts", db_index=False
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of method, path with query, and body.")
    method = models.CharField(max_length=8)
    path = models.TextField(help_text="With the query string, as it came.")
    content_type = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=dict, help_text="Without signatures and credentials.")
    body = models.BinaryField()
    # Texts of one sender to one number are taken in the order in which they came.
    sequence_key = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    reason = models.CharField(max_length=500, blank=True, default="")
    # Known once the body is understood; written with the state, for the journal's filters.
    number = models.ForeignKey(Number, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    channel = models.CharField(max_length=16, choices=Channel.choices, blank=True, db_default="")
    external_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Of an erased customer's text: the provider's id, so that it is not fetched again.",
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="receipt_once")]
        indexes = [
            # What is due: read every second by each cluster, so it must not see the finished rows.
            models.Index(
                fields=["id"],
                name="receipt_due",
                condition=models.Q(state="received"),
            ),
            # "Is an earlier one of this sender still open?"
            models.Index(
                fields=["account", "sequence_key", "id"],
                name="receipt_in_sequence",
                condition=models.Q(state="received"),
            ),
            # The journal: one index for each filter, newest first.
            models.Index(fields=["state", "-id"], name="receipt_by_state"),
            models.Index(fields=["number", "-id"], name="receipt_by_number"),
            models.Index(fields=["channel", "-id"], name="receipt_by_channel"),
            models.Index(fields=["account", "-id"], name="receipt_by_account"),
            models.Index(fields=["received_at"], name="receipt_by_time"),
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk} ({self.state})"


class Refusal(models.Model):
    """A webhook that was refused (403). No body is kept; the last fifty per account are."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="refusals")
    at = models.DateTimeField(auto_now_add=True)
    reason = models.CharField(max_length=200)
    computed_url = models.TextField(help_text="The URL whose signature we expected.")
    # Only for administrators: the sender gets a bare 403.
    signed_for = models.TextField(blank=True, default="", help_text="The URL it was probably signed for.")
    verdict = models.CharField(max_length=400, blank=True, default="", help_text="What is probably wrong.")
    headers_present = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"refusal {self.pk}"


class InboundText(models.Model):
    """A customer's text, taken out of its receipt. Exactly one per text at the provider."""

    class Disposition(models.TextChoices):
        """What became of it."""

        CONVERSATION = "conversation"  # a message of a conversation
        UNROUTED = "unrouted"  # no work stream starts a conversation with it; the receipt says why
        BLOCKED = "blocked"  # its sender is blocked
        KEPT = "kept"  # an opt-out word to a number without a work stream

    provider = models.CharField(max_length=16, choices=Provider.choices)
    external_id = models.CharField(max_length=64)
    receipt = models.OneToOneField(
        WebhookReceipt, null=True, on_delete=models.SET_NULL, related_name="inbound_text"
    )
    number = models.ForeignKey(Number, null=True, on_delete=models.PROTECT, related_name="inbound_texts")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="inbound_texts")
    to_value = models.CharField(max_length=160)
    text = models.TextField(blank=True)
    media_count = models.PositiveSmallIntegerField(default=0)
    segments = models.PositiveSmallIntegerField(null=True)
    profile = models.JSONField(
        default=dict, help_text="What the provider tells of the sender: city, country …"
    )
    keyword = models.CharField(max_length=8, blank=True, help_text="stop, start or help, when it is one.")
    disposition = models.CharField(max_length=16, choices=Disposition.choices)
    received_at = models.DateTimeField()
    # It never arrived by webhook: found in the provider's own list (Fetch missed messages).
    is_fetched = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True, help_text="When the provider took it, of a fetched one.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "external_id"], name="inbound_text_once")]
        indexes = [
            models.Index(fields=["address", "-id"], name="inbound_text_by_address"),
            models.Index(fields=["number", "-id"], name="inbound_text_by_number"),
            models.Index(fields=["disposition", "-id"], name="inbound_text_by_disposition"),
            models.Index(fields=["-id"], name="inbound_text_fetched", condition=models.Q(is_fetched=True)),
        ]

    def __str__(self) -> str:
        return f"text {self.external_id}"


class OptOut(models.Model):
    """A customer's STOP to one of our numbers: nothing at all is sent on that pair until START."""

    number = models.ForeignKey(Number, on_delete=models.CASCADE, related_name="opt_outs")
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="opt_outs")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=200, help_text="The word that was texted, or the provider's code.")
    digest = models.CharField(
        max_length=64,
        blank=True,
        default="",
        editable=False,
        help_text="Of an erased customer: a keyed digest of the number, so that STOP is still honoured.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "address"], condition=models.Q(ended_at=None), name="opt_out_once"
            )
        ]
        # Those in force, and those that have ended, newest first.
        indexes = [
            models.Index(fields=["-id"], name="opt_out_in_force", condition=models.Q(ended_at=None)),
            models.Index(fields=["-id"], name="opt_out_ended", condition=~models.Q(ended_at=None)),
            models.Index(fields=["digest"], name="opt_out_erased", condition=~models.Q(digest="")),
        ]

    def __str__(self) -> str:
        return f"opt-out {self.pk} of {self.number}"


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
        return f"delivery {self.pk} ({self.state})"


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
        return f"call {self.pk} ({self.status or self.error})"


# Part of this module for Django; in a file of its own, and without importing this one.
from channels_app.models_health import AccountWatch as AccountWatch  # noqa: E402
from channels_app.models_health import Incident as Incident  # noqa: E402
from channels_app.models_health import Replay as Replay  # noqa: E402
