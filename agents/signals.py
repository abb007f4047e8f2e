"""What Django tells about log-ins, written into the session."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from agents.sessions import describe


@receiver(user_logged_in, dispatch_uid="agents.describe")
def describe_session(sender: Any, request: Any, user: Any, **_: Any) -> None:
    """From where, and with which browser; a token's log-in has no session to describe."""
    if request is not None and request.session.get("_auth_user_id") == str(user.pk):
        describe(request)
