"""What is open in a person's name: log-ins in browsers, API tokens."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from agents import second_factor
from agents.models import ApiToken, LogIn, User
from omnichannel.lib.audit import note_sign_in

LISTED = 100


def log_ins_of(user: User) -> QuerySet[LogIn]:
    """The browsers in which somebody is logged in, last used first."""
    rows = LogIn.objects.filter(user=user, expire_date__gt=timezone.now())
    return rows.defer("session_data").order_by("-seen_at", "session_key")[:LISTED]


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The API tokens that still work, newest first."""
    now = timezone.now()
    rows: QuerySet[ApiToken] = ApiToken.objects.filter(Q(expiry=None) | Q(expiry__gt=now), user=user)
    return rows.order_by("-created", "uuid")[:LISTED]


def may_touch(actor: Any, person: User) -> bool:
    """Whether somebody who administers people may act on this one: superusers are left to superusers."""
    return not person.is_superuser or bool(actor.is_superuser)


@transaction.atomic
def reset_second_factor(*, user: User) -> bool:
    """Take away a second factor that was lost, and end what was open; returns whether there was one."""
    if not second_factor.remove(user=user):
        return False
    user.end_access()
    note_sign_in(user, what="Two-factor log-in reset by an administrator")
    return True
