"""People: who logs in, and who answers customers."""

import zoneinfo

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models


def check_time_zone(name: str) -> None:
    """Raise ValidationError when `name` is no IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError("Choose a time zone such as Europe/Zurich.")


class User(AbstractUser):
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
            ("see_customer_numbers", "May see customers' numbers in records and exports"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()


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
