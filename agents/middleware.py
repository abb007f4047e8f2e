"""What happens around every request of somebody who is logged in."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from agents.sessions import is_too_old, note_sign_of_life

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
            else:
                note_sign_of_life(request.session)
        return self.get_response(request)
