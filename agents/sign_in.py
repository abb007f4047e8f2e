"""The steps of a log-in: the password, then the code. In between nobody is logged in."""

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib import auth
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from agents.models import User
from agents.second_factor import accepts
from agents.sessions import digest_of

BACKEND = "agents.backends.UserBackend"
HALF, HALF_FOR_S = "half_log_in", 300
PROVED = "second_factor"


def begin(request: HttpRequest, *, user: User, leads_to: str) -> None:
    """Remember whose password was right, for five minutes. It opens nothing but the page for the code."""
    request.session.flush()
    until = int(timezone.now().timestamp()) + HALF_FOR_S
    half = {"user": user.pk, "hash": user.get_session_auth_hash(), "until": until, "leads_to": leads_to}
    request.session[HALF] = half


def begun(request: HttpRequest) -> User | None:
    """Who is waiting to type a code; None for nobody (any more)."""
    half = request.session.get(HALF)
    if not half or half["until"] < timezone.now().timestamp():
        return None
    user = User.objects.filter(pk=half["user"], is_active=True).first()
    if user is None or not constant_time_compare(half["hash"], user.get_session_auth_hash()):
        return None
    return user


def proves(request: HttpRequest, *, user: User, code: str) -> bool:
    """Whether a code is right; a wrong one counts as a failed log-in. False too when too many failed."""
    username = user.get_username()
    if not AxesProxyHandler.is_allowed(request, {"username": username}):
        return False
    if accepts(user=user, code=code):
        return True
    user_login_failed.send(sender=__name__, credentials={"username": username, "otp": ""}, request=request)
    return False


def knows_password(request: HttpRequest, *, user: User, password: str) -> bool:
    """Whether this is the person's password; a wrong one counts as a failed log-in."""
    return auth.authenticate(request=request, username=user.get_username(), password=password) == user


def finish(request: HttpRequest, *, user: User) -> str:
    """Log in with both factors; returns where the person wanted to go."""
    leads_to: str = request.session.pop(HALF)["leads_to"]
    auth.login(request, user, backend=BACKEND)
    request.session[PROVED] = True
    return leads_to


def end_others(request: Any, *, user: User) -> int:
    """End all log-ins of a person but this one, and their API tokens; returns how many ended."""
    return user.end_access(but=current(request))


def current(request: Any) -> str:
    """The id of the log-in that this request belongs to."""
    return digest_of(request.session.session_key or "")
