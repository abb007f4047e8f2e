"""People who write: companies, contacts, and the addresses that texts come from."""

from datetime import datetime

from django.db import models

from contacts.fields import PhoneField
from omnichannel.lib import phones


class Account(models.Model):
    """A company that contacts belong to."""

    name = models.CharField(max_length=160)
    phone = PhoneField(help_text="Main telephone number.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A known person. A mobile phone may be shared, so it is indexed and not unique."""

    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80)
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
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

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

    kind = models.CharField(max_length=16, choices=Kind.choices)
    value = models.CharField(max_length=160)
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="addresses"
    )
    profile_name = models.CharField(max_length=160, blank=True, help_text="The name the sender goes by.")
    blocked_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then texts are kept, but reach nobody, and none are sent."
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
        return phones.readable(self.value) if self.kind == self.Kind.PHONE else self.value

    @property
    def visitor_name(self) -> str:
        """What an unidentified customer is called."""
        return self.profile_name or f"Visitor {self.pk}"

    def is_blocked(self, now: datetime) -> bool:
        """Whether texts from and to this address are held back at `now`."""
        return self.blocked_until is not None and self.blocked_until > now
