"""People: who logs in, and who answers customers."""

import uuid
import zoneinfo
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.db import models, transaction
from knox.models import AbstractAuthToken


def check_time_zone(name: str) -> None:
    """Raise ValidationError when `name` is no IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError("Choose a time zone such as Europe/Zurich.")


SEE_NUMBERS = "see_customer_numbers"


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """Somebody who may log in. What they may do comes from their role (a group, see agents.roles)."""

    time_zone = models.CharField(
        max_length=64,
        default="UTC",
        validators=[check_time_zone],
        help_text="Times are shown in this zone, for example Europe/Zurich.",
    )
    locale = models.CharField(max_length=16, default="en", help_text="Preferred language, for example en.")
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta(AbstractUser.Meta):
        permissions = [
            (SEE_NUMBERS, "May see customers' numbers in records and exports"),
        ]

    @property
    def sees_numbers(self) -> bool:
        """See agents.roles.sees_numbers. Here for rooms that know a user only as whoever asks."""
        return self.has_perm(f"agents.{SEE_NUMBERS}")

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()

    @transaction.atomic
    def save(self, *args: Any, **options: Any) -> None:
        """With a new password, and for who may not log in any more, everything that was open ends.

        It stands here and not in a service, so that no way of setting a password can forget it. The browser
        in which people change their own password goes on: its session gets a new key afterwards.
        """
        has_new_password = self._password is not None  # type: ignore[attr-defined]
        is_new = self._state.adding
        super().save(*args, **options)
        if not is_new and (has_new_password or not self.is_active):
            self.end_access()

    def end_access(self, *, but: str = "") -> int:
        """End this person's log-ins (except the one whose id is `but`) and API tokens; returns how many.

        A key for an authenticator app that was shown and never confirmed ends as well.
        """
        self.authenticator_set.filter(confirmed=False).delete()
        ended, _ = self.log_ins.exclude(pk=but).delete()
        revoked, _ = self.auth_token_set.all().delete()
        return ended + revoked


class Agent(models.Model):
    """A person at the desk: how much work they can take."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="agent")
    capacity = models.PositiveIntegerField(
        default=100,
        help_text="Units of work this person can carry at once; each work stream says how many one "
        "conversation takes.",
    )

    def __str__(self) -> str:
        return str(self.user)


class LogIn(AbstractBaseSession):
    """One browser in which somebody is logged in: Django's session, kept under the hash of its key.

    Without a user: somebody who has not logged in (yet). Written by agents.sessions alone; deleting the row
    ends the log-in at once, in every process.
    """

    session_key = models.CharField(max_length=64, primary_key=True, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="log_ins")
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "log-in"


class ApiToken(AbstractAuthToken):
    """A key to the API, kept as a hash. Its uuid names it; nothing of the token itself is ever shown."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80, blank=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name or "API token"


# These stand in modules of their own; Django looks for them here.
from agents.authenticators import Authenticator, RecoveryCode, SignInPolicy  # noqa: E402, F401
from agents.links import SignInLink  # noqa: E402, F401
