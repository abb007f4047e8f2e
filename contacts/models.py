"""People who write: companies, contacts, the addresses that texts come from, and what is done with them."""

from datetime import UTC, datetime
from uuid import uuid4

from django.db import models
from django.db.models import Q

from contacts.fields import PhoneField
from omnichannel.lib import phones
from omnichannel.lib.folding import FoldedField
from omnichannel.lib.visible import NameField

# The end of a block that has none. Far enough, and still a moment in every time zone.
FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


class Account(models.Model):
    """A company that contacts belong to."""

    name = NameField(max_length=160)
    phone = PhoneField(db_index=True, help_text="Main telephone number.")
    name_key = FoldedField(of="name")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A known person. A mobile phone may be shared, so it is indexed and not unique."""

    first_name = NameField(max_length=80, blank=True)
    last_name = NameField(max_length=80)
    mobile_phone = PhoneField(
        db_index=True,
        help_text="Customers are identified by this number. Any usual written form; kept as +14255550100.",
    )
    email = models.EmailField(blank=True)
    account = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contacts",
        verbose_name="company",
    )
    external_id = models.CharField(
        "external ID",
        max_length=80,
        blank=True,
        help_text="What another system calls this person. An import recognises contacts by it.",
    )
    first_key = FoldedField(of="first_name")
    last_key = FoldedField(of="last_name")
    email_key = FoldedField(of="email")
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="contact_external_id_once",
                violation_error_message="Another contact has this external ID.",
            )
        ]
        permissions = [("export_contact", "Can take contacts out as a file")]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """First and last name, as far as known."""
        return f"{self.first_name} {self.last_name}".strip()


class Address(models.Model):
    """Where texts come from and go to. Exists without a contact: an unknown sender is no less a customer."""

    class Kind(models.TextChoices):
        """What the value is; texts to a telephone number go by SMS or WhatsApp alike."""

        PHONE = "phone"  # E.164 with +
        WHATSAPP_ID = "whatsapp_id"  # business-scoped user id, no number behind it
        SHORT_CODE = "short_code"  # 3 to 6 digits
        ALPHANUMERIC = "alphanumeric"  # a name; cannot be answered
        ERASED = "erased"  # what is left of an erased customer: a number of the row, no address

    kind = models.CharField(max_length=16, choices=Kind.choices)
    value = models.CharField(max_length=160, db_index=True)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="addresses"
    )
    profile_name = models.CharField(max_length=160, blank=True, help_text="The name the sender goes by.")
    profile_key = FoldedField(of="profile_name")
    blocked_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then texts are kept, but reach nobody, and none are sent."
    )
    block_reason = models.CharField(max_length=200, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True, editable=False)
    blocked_by = models.CharField(max_length=150, blank=True, editable=False)
    blocked_texts = models.PositiveIntegerField(
        "texts kept while blocked", default=0, editable=False, help_text="Since it was blocked."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="address_once")]

    def __str__(self) -> str:
        return self.readable

    @property
    def readable(self) -> str:
        """The value as people read it."""
        if self.kind == self.Kind.WHATSAPP_ID:
            return f"WhatsApp user …{self.value[-6:]}"
        return phones.readable(self.value) if self.kind == self.Kind.PHONE else self.value

    @property
    def visitor_name(self) -> str:
        """What an unidentified customer is called."""
        return self.profile_name or f"Visitor {self.pk}"

    def is_blocked(self, now: datetime) -> bool:
        """Whether texts from and to this address are held back at `now`."""
        return self.blocked_until is not None and self.blocked_until > now


class Note(models.Model):
    """What people write down about a contact."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(max_length=5000)
    author = models.CharField(max_length=150, editable=False, help_text="The username of who wrote it.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Note of {self.author}"


class ImportJob(models.Model):
    """A file of contacts on its way in. `position` lines are done; the rest is due while it is running."""

    class State(models.TextChoices):
        """draft -> running -> done; a running one can be canceled, and a broken one is failed."""

        DRAFT = "draft"  # uploaded; columns not confirmed yet
        RUNNING = "running"  # due, or at work
        DONE = "done"
        CANCELED = "canceled"  # what was imported until then stays
        FAILED = "failed"

    class Known(models.TextChoices):
        """What to do with people who are there already."""

        UPDATE = "update", "Update them"
        SKIP = "skip", "Leave them as they are"

    file_name = models.CharField(max_length=200)
    file = models.BinaryField(null=True, help_text="As uploaded; gone when the import has ended.")
    encoding = models.CharField(max_length=16)
    delimiter = models.CharField(max_length=1, default=",")
    columns = models.JSONField(default=list, help_text="The file's own heads.")
    mapping = models.JSONField(default=dict, help_text="Field: number of the column, from 0.")
    region = models.CharField(max_length=2, help_text="Whose national form numbers without + are read in.")
    known = models.CharField(max_length=8, choices=Known.choices, default=Known.UPDATE)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    total = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField("created", default=0)
    updated_count = models.PositiveIntegerField("updated", default=0)
    unchanged_count = models.PositiveIntegerField("unchanged", default=0)
    skipped_count = models.PositiveIntegerField("left as they are", default=0)
    refused_count = models.PositiveIntegerField("refused", default=0)
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, editable=False)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True, help_text="When its personal data were deleted.")

    class Meta:
        verbose_name = "import"
        indexes = [models.Index(fields=["id"], name="import_running", condition=Q(state="running"))]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """What became of one line of a file. The cells are kept only of what has to be mended."""

    class Result(models.TextChoices):
        """What was done."""

        CREATED = "created"
        UPDATED = "updated"
        UNCHANGED = "unchanged"
        SKIPPED = "skipped", "left as it is"
        REFUSED = "refused"

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(help_text="In the file; the heads are line 1.")
    result = models.CharField(max_length=9, choices=Result.choices)
    reason = models.CharField(max_length=300, blank=True)
    number = models.CharField(max_length=80, blank=True, help_text="The number as it was understood.")
    contact = models.ForeignKey(
        Contact, null=True, on_delete=models.SET_NULL, related_name="import_rows", db_index=True
    )
    cells = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "line"], name="import_row_once")]
        indexes = [models.Index(fields=["job", "result", "line"], name="import_row_by_result")]

    def __str__(self) -> str:
        return f"Line {self.line}: {self.result}"

    @property
    def said(self) -> str:
        """What the line said, as far as it is kept: its cells that are not empty."""
        return " · ".join(cell for cell in self.cells if cell.strip())


class Merge(models.Model):
    """Contacts that became one, with everything needed to undo it."""

    winner = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="+")
    kept = models.JSONField(
        default=dict, help_text="The winner before, its fields after, and who was merged."
    )
    moved = models.JSONField(default=list, help_text="Which rows pointed to whom.")
    merged_by = models.CharField(max_length=150)
    merged_at = models.DateTimeField()
    undone_by = models.CharField(max_length=150, blank=True)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Merge {self.pk}"

    @property
    def names(self) -> str:
        """Who was merged, for lists."""
        return ", ".join(
            f"{row['first_name']} {row['last_name']}".strip() for row in self.kept.get("losers", [])
        )


class Erasure(models.Model):
    """A person who is to be forgotten, and the certificate of it: without personal data once done."""

    class State(models.TextChoices):
        """running -> done."""

        RUNNING = "running"  # due, or at work
        DONE = "done"

    STUCK_AFTER = 3  # attempts at one bundle

    reference = models.UUIDField(default=uuid4, unique=True, editable=False)
    subject = models.JSONField(
        default=dict, help_text="Who, while it runs; afterwards only the rows' numbers."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    step = models.CharField(max_length=80, blank=True)
    cursor = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="Rows per kind.")
    attempts = models.PositiveIntegerField(
        default=0, db_default=0, help_text="How often the bundle at hand was begun."
    )
    leased_until = models.DateTimeField(null=True, editable=False)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="erasure_running", condition=Q(state="running"))]

    def __str__(self) -> str:
        return f"Certificate {self.reference}"

    @property
    def is_stuck(self) -> bool:
        """Whether it fails again and again. It is tried all the same, until somebody mends the cause."""
        return self.state == self.State.RUNNING and self.attempts >= self.STUCK_AFTER
