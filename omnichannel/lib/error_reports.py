"""What an error page of a developer (DEBUG) and a report of an error may tell: where, and no secrets."""

import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.views.debug import SafeExceptionReporterFilter

HIDDEN = re.compile("API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|OTP|CODE|DATABASE_URL", re.IGNORECASE)


class NoSecrets(SafeExceptionReporterFilter):
    """On with DEBUG too. Local variables are left out: a secret or a customer's text can stand in any of them
    under any name. The lines of the traceback tell where; what was posted is shown without secrets.
    """

    hidden_settings = HIDDEN

    def is_active(self, request: HttpRequest | None) -> bool:
        """Always."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Values of tell-tale names masked."""
        posted = QueryDict() if request is None else request.POST
        return {name: self.cleanse_setting(name, value) for name, value in posted.items()}

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """None."""
        return {}.items()
