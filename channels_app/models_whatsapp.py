"""WhatsApp through Twilio: accounts, their numbers, and the templates that WhatsApp has approved."""

from django.db import models

from routing.models import WorkStream


class WhatsAppAccount(models.Model):
    """A WhatsApp channel of the documents: a name, the provider account behind it, and its inbound URL."""

    name = models.CharField(max_length=100)
    account = models.ForeignKey("ProviderAccount", on_delete=models.PROTECT, related_name="whatsapp_accounts")
    inbound_url = models.OneToOneField(
        "InboundUrl", on_delete=models.PROTECT, related_name="whatsapp_account"
    )
    last_validation_on = models.DateTimeField(null=True, blank=True, editable=False)
    last_validation_status = models.CharField(max_length=300, blank=True, editable=False)
    last_validation_outcome = models.CharField(max_length=16, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "WhatsApp account"
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(deleted_at=None),
                name="whatsapp_account_name_once",
                violation_error_message="Another WhatsApp account has this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class WhatsAppNumber(models.Model):
    """A WhatsApp number of an account, and the work stream that takes its texts. An account has several."""

    name = models.CharField(max_length=100)
    whatsapp_account = models.ForeignKey(
        WhatsAppAccount, on_delete=models.PROTECT, related_name="numbers", verbose_name="WhatsApp account"
    )
    number = models.OneToOneField("Number", on_delete=models.PROTECT, related_name="whatsapp_number")
    work_stream = models.ForeignKey(WorkStream, on_delete=models.PROTECT, related_name="whatsapp_numbers")
    # The provider's id of the sender behind it, known once it was looked up.
    sender_id = models.CharField(max_length=64, blank=True, default="", editable=False)
    # What Validate said of this number last.
    last_validation_on = models.DateTimeField(null=True, blank=True, editable=False)
    last_validation_status = models.CharField(max_length=300, blank=True, default="", editable=False)
    last_validation_outcome = models.CharField(max_length=16, blank=True, default="", editable=False)

    class Meta:
        verbose_name = "WhatsApp number"

    def __str__(self) -> str:
        return self.name


class ContentTemplate(models.Model):
    """A text that WhatsApp has approved, in one language: what can be sent when the 24 hours are over.

    A copy of what the provider has, renewed by `templates.sync`; one that is no longer there keeps its row.
    """

    class Approval(models.TextChoices):
        """The provider's word for where it stands."""

        UNSUBMITTED = "unsubmitted", "Not submitted"
        RECEIVED = "received", "Received"
        PENDING = "pending", "Pending"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        PAUSED = "paused", "Paused"
        DISABLED = "disabled", "Disabled"

    account = models.ForeignKey("ProviderAccount", on_delete=models.CASCADE, related_name="templates")
    external_id = models.CharField(max_length=64, help_text="Content SID, beginning with HX.")
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=16)
    kind = models.CharField(max_length=40, blank=True, help_text="The provider's content type.")
    body = models.TextField(blank=True, help_text="With {{1}} or {{name}} where a variable stands.")
    variables = models.JSONField(default=dict, help_text="Name to example, in their order.")
    approval = models.CharField(max_length=16, choices=Approval.choices, default=Approval.UNSUBMITTED)
    unsupported = models.CharField(max_length=200, blank=True, help_text="Why it cannot be sent from here.")
    rejection_reason = models.CharField(max_length=500, blank=True)
    category = models.CharField(max_length=40, blank=True)
    synced_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True, help_text="When it was first missing there.")

    class Meta:
        verbose_name = "content template"
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="template_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
