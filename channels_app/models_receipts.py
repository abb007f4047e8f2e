"""What came in: webhooks as they came, those refused, customers' texts, and their STOP."""

from datetime import datetime

from django.db import models

from channels_app.models import Number, ProviderAccount
from channels_app.providers import provider_choices
from contacts.models import Address
from routing.models import Channel


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
        return f"Receipt {self.pk} ({self.state})"


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
        return f"Refusal {self.pk}"


class InboundText(models.Model):
    """A customer's text, taken out of its receipt. Exactly one per text at the provider."""

    class Disposition(models.TextChoices):
        """What became of it."""

        CONVERSATION = "conversation"  # a message of a conversation
        UNROUTED = "unrouted"  # no work stream starts a conversation with it; the receipt says why
        BLOCKED = "blocked"  # its sender is blocked
        KEPT = "kept"  # an opt-out word to a number without a work stream

    provider = models.CharField(max_length=16, choices=provider_choices)
    external_id = models.CharField(max_length=64)
    receipt = models.OneToOneField(
        WebhookReceipt, null=True, on_delete=models.SET_NULL, related_name="inbound_text"
    )
    number = models.ForeignKey(Number, null=True, on_delete=models.PROTECT, related_name="inbound_texts")
    address = models.ForeignKey(Address, on_delete=models.PROTECT, related_name="inbound_texts")
    to_value = models.CharField(max_length=160)
    text = models.TextField(blank=True)
    media_count = models.PositiveSmallIntegerField(default=0)
    extras = models.JSONField(
        default=dict, db_default={}, help_text="What it is besides words: a place, a contact card, a choice …"
    )
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
            # "Which texts to this number wait to be routed again?"
            models.Index(
                fields=["number", "-id"],
                name="inbound_text_unrouted",
                condition=models.Q(disposition="unrouted"),
            ),
        ]

    def __str__(self) -> str:
        return f"Text {self.external_id}"

    @property
    def said_at(self) -> datetime:
        """When the customer said it, as far as known: a fetched one was received later."""
        return min(self.sent_at or self.received_at, self.received_at)


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
        return f"Opt-out {self.pk} of {self.number}"
