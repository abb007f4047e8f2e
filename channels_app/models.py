"""The wire: accounts at providers and numbers. What came in and what goes out stands in files of its own."""

import secrets

from django.db import models

from channels_app.providers import REGISTRY, provider_choices
from channels_app.providers.base import Words
from omnichannel.lib.crypto import SecretField
from routing.models import Channel, WorkStream


def new_token() -> str:
    """An unguessable token for an inbound URL (256 bits)."""
    return secrets.token_urlsafe(32)


class ProviderAccount(models.Model):
    """An account at a provider, once: its secret is typed and rotated in one place, whoever uses it."""

    provider = models.CharField(max_length=16, choices=provider_choices)
    external_id = models.CharField("account", max_length=64, help_text="Account SID or Customer ID.")
    base_url = models.URLField(max_length=200)
    secret = SecretField("secret", help_text="Auth Token or API key.")
    secondary_secret = SecretField("secondary secret", blank=True, default="")
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

    @property
    def words(self) -> Words:
        """What its provider calls its things."""
        return REGISTRY[self.provider].words


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
        return f"Inbound URL {self.pk} of {self.account}"


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
        return f"SMS Settings of {self.work_stream}"


class Number(models.Model):
    """An address of ours. Its texts are claimed by one role: an SMS number or a WhatsApp number."""

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
    attachments_from_customers = models.BooleanField(
        default=True, help_text="Files that customers send are fetched and shown."
    )
    attachments_from_agents = models.BooleanField(default=True, help_text="Agents can send files.")
    # The token bucket, kept here so that all sending processes share it.
    bucket_tokens = models.FloatField(default=0.0, editable=False)
    bucket_filled_at = models.DateTimeField(null=True, editable=False)
    # Where its texts went when we last looked at the provider, without passwords (set_up.Seen).
    webhook_seen = models.JSONField(null=True, blank=True, editable=False)
    webhook_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Where they went before we changed it, to be put back: JSON; a secret, because such a URL may hold one.
    webhook_before = SecretField(blank=True, default="", editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Of a deleted number: what it was, so that one click makes it again (undeleting.py).
    former_role = models.JSONField(null=True, blank=True, editable=False)

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

    @property
    def work_stream(self) -> WorkStream | None:
        """The work stream that takes its texts; None when nobody claims them, or its stream is retired."""
        role = getattr(self, "sms_number", None) or getattr(self, "whatsapp_number", None)
        return None if role is None or role.work_stream.deleted_at else role.work_stream


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


# Parts of this module for Django, each in a file of its own; everybody else imports from there.
from channels_app import (  # noqa: E402
    models_deliveries,  # noqa: F401
    models_health,  # noqa: F401
    models_media,  # noqa: F401
    models_receipts,  # noqa: F401
    models_trial,  # noqa: F401
    models_whatsapp,  # noqa: F401
)
