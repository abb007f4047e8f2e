"""Tokens of the API: hashed at rest, and of no use to those who may not log in."""

from typing import Any

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from agents.backends import UserBackend


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
        return (auth_token.user, auth_token)
