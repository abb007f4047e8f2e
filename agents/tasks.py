"""What is swept away by the clock."""

from django.utils import timezone

from agents import throttle
from agents.models import ApiToken, LogIn


def sweep() -> int:
    """Delete log-ins, tokens and failures that are over. Returns 0: nothing waits for it."""
    now = timezone.now()
    LogIn.objects.filter(expire_date__lt=now).delete()
    ApiToken.objects.filter(expiry__lt=now).delete()
    throttle.sweep()
    return 0
