"""Who may log in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend


class UserBackend(ModelBackend):
    """Active users; the demo's users (with published passwords) only in demo mode."""

    def user_can_authenticate(self, user: Any) -> bool:
        """False for a demo user anywhere but in a demo."""
        if getattr(user, "is_demo", False) and not settings.DEMO:
            return False
        return super().user_can_authenticate(user)
