"""How often log-ins may fail: counted by django-axes' signals in its table, so that all processes and the
token endpoint count alike. The counting is ours: three limits instead of one, no copy of what was posted,
usernames as hashes (people type passwords there), and one row per name and origin.
"""

import math
from datetime import datetime, timedelta
from typing import Any

from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Min, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from omnichannel.lib.clients import address_of, network_of


def name_key(username: object) -> str:
    """Under what tries with a username are counted, whatever its case."""
    text = str(username or "").strip().casefold().encode("utf-8", "replace")
    return salted_hmac("agents.throttle", text, algorithm="sha256").hexdigest()


def locked_until(*, username: object, network: str | None) -> datetime | None:
    """When the next try is allowed; None when it is allowed now. Three indexed sums over few rows."""
    since = timezone.now() - settings.SIGN_IN_COOL_OFF
    name = name_key(username)
    limits: list[tuple[dict[str, Any], int]] = [
        ({"username": name, "ip_address": network}, settings.SIGN_IN_TRIES),
        ({"username": name}, settings.SIGN_IN_TRIES_PER_USER),
        ({"ip_address": network}, settings.SIGN_IN_TRIES_PER_ADDRESS),
    ]
    ends = [
        found["first"] + settings.SIGN_IN_COOL_OFF
        for values, limit in limits
        for found in [_sum(values, since)]
        if (found["failures"] or 0) >= limit
    ]
    return max(ends, default=None)


def _sum(values: dict[str, Any], since: datetime) -> dict[str, Any]:
    rows = AccessAttempt.objects.order_by().filter(attempt_time__gt=since, **_null_safe(values))
    found: dict[str, Any] = rows.aggregate(failures=Sum("failures_since_start"), first=Min("attempt_time"))
    return found


def _null_safe(values: dict[str, Any]) -> dict[str, Any]:
    return {
        (f"{name}__isnull" if v is None else name): (True if v is None else v) for name, v in values.items()
    }


def count_failure(*, username: object, network: str | None) -> None:
    """One more failure; after the cool-off counting starts anew."""
    now = timezone.now()
    same = AccessAttempt.objects.filter(**_null_safe({"username": name_key(username), "ip_address": network}))
    if same.filter(attempt_time__gt=now - settings.SIGN_IN_COOL_OFF).update(
        failures_since_start=F("failures_since_start") + 1, attempt_time=now
    ):
        return
    same.delete()
    row = AccessAttempt(username=name_key(username), ip_address=network, failures_since_start=1)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # somebody was first
        same.update(failures_since_start=F("failures_since_start") + 1, attempt_time=now)


def forget_failures(*, username: object, network: str | None = None) -> None:
    """Start counting anew: for one origin after a log-in, for all when an administrator says so."""
    rows = AccessAttempt.objects.filter(username=name_key(username))
    (rows if network is None else rows.filter(ip_address=network)).delete()


def sweep() -> int:
    """Delete what counts no longer; returns how many."""
    deleted: int = AccessAttempt.objects.filter(
        attempt_time__lt=timezone.now() - settings.SIGN_IN_COOL_OFF
    ).delete()[0]
    return deleted


class Handler(AbstractAxesHandler, AxesBaseHandler):
    """What django-axes asks and tells."""

    def is_locked(self, request: HttpRequest, credentials: Any = None) -> bool:
        """Asked before a password is hashed; a locked try costs no hashing."""
        until = locked_until(
            username=(credentials or {}).get("username"), network=network_of(address_of(request))
        )
        request.sign_in_locked_until = until  # type: ignore[attr-defined]
        request.axes_locked_out = until is not None  # type: ignore[attr-defined]
        return until is not None

    def get_failures(self, request: HttpRequest, credentials: Any = None) -> int:
        """Not used: is_locked decides by three limits."""
        return 0

    def user_login_failed(self, sender: Any, credentials: Any, request: Any = None, **_: Any) -> None:
        """Count it, unless it was refused unheard (else a lock would never end)."""
        if request is not None and not request.axes_locked_out:
            count_failure(username=credentials.get("username"), network=network_of(address_of(request)))

    def user_logged_in(self, sender: Any, request: Any, user: Any, **_: Any) -> None:
        """Whoever got in has proved who they are."""
        if request is not None:
            forget_failures(username=user.get_username(), network=network_of(address_of(request)))

    def user_logged_out(self, sender: Any, request: Any, user: Any, **_: Any) -> None:
        """Nothing to count."""

    def post_save_access_attempt(self, instance: AccessAttempt, **_: Any) -> None:
        """Nothing follows from a row."""

    def post_delete_access_attempt(self, instance: AccessAttempt, **_: Any) -> None:
        """Nothing follows from its end."""


def refusal(request: HttpRequest, *_: Any) -> HttpResponse:
    """What a locked try is answered: 429, when to try again; called by django-axes' middleware."""
    until: datetime = request.sign_in_locked_until  # type: ignore[attr-defined]
    wait = max(timedelta(seconds=1), until - timezone.now())
    minutes = math.ceil(wait.total_seconds() / 60)
    said = f"Too many log-ins failed. Try again in {minutes} minute{'s' if minutes > 1 else ''}."
    if request.path.startswith("/api/"):
        answer: HttpResponse = JsonResponse({"code": "throttled", "detail": said}, status=429)
    else:
        answer = render(request, "account/locked.html", {"said": said}, status=429)
    answer["Retry-After"] = str(math.ceil(wait.total_seconds()))
    return answer
