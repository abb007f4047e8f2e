"""What is swept away by the clock."""

from datetime import timedelta

from django.utils import timezone

from agents import throttle
from agents.links import SignInLink
from agents.models import ApiToken, LogIn

KEPT_AFTERWARDS = timedelta(days=30)  # so that an invitation can be made again


def sweep() -> int:
    """Delete log-ins, tokens and failures that are over. Returns 0: nothing waits for it."""
    now = timezone.now()
    LogIn.objects.filter(expire_date__lt=now).delete()
    ApiToken.objects.filter(expiry__lt=now).delete()
    SignInLink.objects.filter(expires_at__lt=now - KEPT_AFTERWARDS).delete()
    throttle.sweep()
    return 0
