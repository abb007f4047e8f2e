"""Links with which people set their own password: an invitation, or a new password. Each works once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

VALID_FOR = timedelta(hours=72)


class SignInLink(models.Model):
    """A link that an administrator gave somebody, kept as a hash. Used, replaced or revoked: deleted."""

    class Purpose(models.TextChoices):
        INVITATION = "invitation", "Invitation"
        NEW_PASSWORD = "new_password", "New password"

    purpose = models.CharField(max_length=16, choices=Purpose)
    digest = models.CharField(max_length=64, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="password_link"
    )
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=150, blank=True)
    capacity = models.PositiveIntegerField(default=100)
    time_zone = models.CharField(max_length=64, default="UTC")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar[Any] = [
            models.CheckConstraint(
                condition=models.Q(purpose="invitation", user=None)
                | models.Q(purpose="new_password", user__isnull=False),
                name="agents_link_for_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.person}"

    @property
    def person(self) -> str:
        """Whom it is for, as people say."""
        if self.user is not None:
            return str(self.user)
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def is_over(self) -> bool:
        """Whether its time has passed."""
        return self.expires_at <= timezone.now()


class Gone(Exception):
    """The link was used, replaced or revoked, its time has passed, or there never was one."""


@dataclass(frozen=True)
class Made:
    """A link as it was just made: `address` holds the secret and is shown this once."""

    link: SignInLink
    address: str


def invite(*, made_by: Any, **person: Any) -> Made:
    """A link with which somebody new gets in; `person` are first_name, last_name, email, role, …"""
    return _made(SignInLink(purpose=SignInLink.Purpose.INVITATION, **person), made_by)


def invite_again(*, link: SignInLink, made_by: Any) -> Made:
    """Another link for the same person; the one before stops working."""
    return _made(link, made_by)


@transaction.atomic
def link_for_password(*, user: Any, made_by: Any) -> Made:
    """A link with which somebody sets a new password; any before stops working."""
    SignInLink.objects.filter(user=user).delete()
    return _made(SignInLink(purpose=SignInLink.Purpose.NEW_PASSWORD, user=user), made_by)


def _made(link: SignInLink, made_by: Any) -> Made:
    token, now = secrets.token_urlsafe(32), timezone.now()
    link.digest, link.made_by, link.made_at, link.expires_at = _digest(token), made_by, now, now + VALID_FOR
    link.save()
    return Made(link, settings.PUBLIC_BASE_URL + reverse("welcome", args=[token]))


def find(token: str) -> SignInLink:
    """The link that still works; raises Gone."""
    link = SignInLink.objects.select_related("user").filter(digest=_digest(token)).first()
    if link is None or link.is_over or (link.user is not None and not link.user.is_active):
        raise Gone
    return link


@transaction.atomic
def use(link: SignInLink) -> None:
    """Use a link up, in the transaction that does what it is for; raises Gone when somebody was first."""
    used, _ = SignInLink.objects.filter(
        pk=link.pk, digest=link.digest, expires_at__gt=timezone.now()
    ).delete()
    if not used:
        raise Gone


def open_invitations() -> models.QuerySet[SignInLink]:
    """Those not used yet, newest first; with those whose time has passed, to be made again."""
    rows = SignInLink.objects.filter(purpose=SignInLink.Purpose.INVITATION)
    return rows.select_related("made_by").order_by("-made_at", "-id")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
