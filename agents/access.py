"""What is open in a person's name: log-ins in browsers, API tokens."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.models import ApiToken, LogIn, User

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
