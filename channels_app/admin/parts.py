"""What the pages of the channels have in common."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.html import format_html

from channels_app import accounts
from omnichannel.lib.backoffice import NOTHING, chip

LEVELS = {"success": messages.SUCCESS, "warning": messages.WARNING, "error": messages.ERROR}
VALIDATION_CHIPS = {"success": "ok", "warning": "warn", "error": "bad"}
STATE_CHIPS = {
    "failed": "bad",
    "undelivered": "bad",
    "unknown": "warn",
    "done": "ok",
    "delivered": "ok",
    "read": "ok",
}


def state_chip(state: str) -> str:
    """A state's word, with a colour where it means something."""
    return chip(state.replace("_", " ").capitalize(), STATE_CHIPS.get(state, ""))


def validation_chip(status: str) -> str:
    """A stored result, with its level as a word and a colour."""
    level, _, said = status.partition(": ")
    return (
        format_html("{} {}", chip(level.capitalize(), VALIDATION_CHIPS.get(level, "")), said)
        if said
        else NOTHING
    )


class ConflictsAreTold(admin.ModelAdmin):
    """What only the database could know (two people saved the same at once) is told as a message."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The page; after a conflict, the page again."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except accounts.Conflict as conflict:
            self.message_user(request, str(conflict), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
