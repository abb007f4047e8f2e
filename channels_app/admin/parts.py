"""What the pages of the channels have in common."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.html import format_html

from channels_app import accounts
from channels_app.models import SmsSettings
from omnichannel.lib.backoffice import NOTHING, chip, copyable

LEVELS = {"success": messages.SUCCESS, "warning": messages.WARNING, "error": messages.ERROR}
VALIDATION_CHIPS = {"success": "ok", "warning": "warn", "error": "bad"}
WHERE_TO_PASTE = (
    "Copy this value. In your Twilio account, open Phone Numbers > Active Numbers, select the SMS phone "
    "number, and paste it under Messaging, at “A message comes in”."
)
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


def connection_to_twilio(sms_settings: SmsSettings) -> str:
    """The inbound URL, ready to be copied, and where to paste it."""
    url = copyable(accounts.inbound_address(sms_settings.inbound_url), what="the Twilio inbound URL")
    return format_html('{}<span class="note">{}</span>', url, WHERE_TO_PASTE)


class ConflictsAreTold(admin.ModelAdmin):
    """What only the database could know: two people saved the same at once, and one has lost.

    The loser's page is looked at again: now it sees what the other saved, and says so at the field. If it
    still sees nothing wrong, the conflict is told as a message.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The page; after a conflict, the page again."""
        for _ in range(2):
            try:
                return super().changeform_view(request, *args, **kwargs)
            except accounts.Conflict as conflict:
                lost = conflict
        self.message_user(request, str(lost), messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
