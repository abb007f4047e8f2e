"""Tokens of the API: hashed at rest, and of no use to those who may not log in."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from agents.backends import UserBackend
from agents.models import ApiToken, User
from agents.second_factor import is_lacking

NOTED_EVERY = timedelta(minutes=5)


class ApiTokenAuthentication(TokenAuthentication):
    """`Authorization: Token …`, as knox checks it, for whoever may log in."""

    def authenticate_credentials(self, token: bytes) -> Any:
        """The user and the token; raises AuthenticationFailed for whatever is no token of ours."""
        try:
            return super().authenticate_credentials(token)
        except ValueError as error:  # bytes that are no text, or that a database cannot hold
            raise AuthenticationFailed("Invalid token.") from error

    def validate_user(self, auth_token: Any) -> Any:
        """Refuse inactive people, and the demo's outside a demo."""
        if not UserBackend().user_can_authenticate(auth_token.user):
            raise AuthenticationFailed("User inactive or deleted.")
        if is_lacking(auth_token.user):
            raise AuthenticationFailed("Your role needs two-factor log-in: set it up in a browser.")
        note_use(auth_token)
        return (auth_token.user, auth_token)


def note_use(token: ApiToken) -> None:
    """Note that a token is in use, at most every five minutes."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def user_of(request: HttpRequest) -> User | None:
    """Who asks for what pages and programs read at the same address: the log-in, else the API token.

    None: neither. Raises AuthenticationFailed for a token that is not taken.
    """
    if request.user.is_authenticated:
        return request.user
    found = ApiTokenAuthentication().authenticate(request)
    return found[0] if found else None
