"""What happens around every request of somebody who is logged in."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from agents.models import User
from agents.second_factor import is_required_of
from agents.sessions import is_too_old, note_sign_of_life
from agents.sign_in import PROVED

SET_UP = "account-two-factor"
WITHOUT_USERS = "/hooks/"


class UserTimeZoneMiddleware:
    """Activates the logged-in user's time zone for the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(WITHOUT_USERS) or not request.user.is_authenticated:
            return self.get_response(request)
        with timezone.override(zoneinfo.ZoneInfo(request.user.time_zone)):
            return self.get_response(request)


class LogInMiddleware:
    """Keeps log-ins: notes that they are in use, ends what is too old. Without a statement of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(WITHOUT_USERS) and request.user.is_authenticated:
            if is_too_old(request.session, settings.LONGEST_LOG_IN):
                request.session.flush()
                request.user = AnonymousUser()
            elif is_held_back(request):
                return _to_the_set_up(request)
            else:
                note_sign_of_life(request.session)
        return self.get_response(request)


def is_held_back(request: HttpRequest) -> bool:
    """Whether this person must set up a second factor before anything else.

    Whoever logged in with a code is not asked again; of the others their role is read only where an
    installation requires anything at all.
    """
    if request.session.get(PROVED) or request.path in (reverse(SET_UP), reverse("logout"), reverse("login")):
        return False
    assert isinstance(request.user, User)
    return is_required_of(request.user)


def _to_the_set_up(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        body = {"code": "second_factor_required", "detail": "Your role needs two-factor log-in: set it up."}
        return JsonResponse(body, status=403)
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": reverse(SET_UP)})
    return redirect(SET_UP)
