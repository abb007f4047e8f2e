"""What the composer is made of: what had been begun, how texts are measured, when a text may leave later."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from channels_app.accounts import rules_of
from conversations import drafts
from conversations.attaching import attaching_of
from conversations.forms import ReplyForm, WriteForm
from conversations.models_desk import Draft
from conversations.situation import Situation
from conversations.worklists import Seat
from omnichannel.lib import segments
from routing.models import Channel

Kind = Draft.Kind
MORNING_HOUR = 9


@dataclass(frozen=True)
class Begun:
    """What somebody has begun here, and the versions of it that the page tells the server."""

    reply: str
    note: str
    reply_version: str
    note_version: str

    @property
    def is_note(self) -> bool:
        """Whether there is an internal message to go on with, and no reply."""
        return bool(self.note and not self.reply)


def context(seat: Seat, situation: Situation) -> dict[str, Any]:
    """What the templates of the composer need. Asks nothing until they are rendered: the feed seldom does."""
    conversation = situation.conversation
    begun: Any = SimpleLazyObject(lambda: _begun(seat, situation))
    return {
        "text_limit": rules_of(conversation.number).text_limit,
        "meter": meter_tables() if conversation.number.channel == Channel.SMS else "",
        "attaching": SimpleLazyObject(lambda: attaching_of(conversation.number)),
        "begun": begun,
        "reply_form": SimpleLazyObject(lambda: ReplyForm(initial={"text": begun.reply})),
        "note_form": SimpleLazyObject(lambda: WriteForm(initial={"text": begun.note})),
        "tomorrow": _tomorrow_morning(situation),
        "time_zone": timezone.get_current_timezone_name(),
    }


def _begun(seat: Seat, situation: Situation) -> Begun:
    found = drafts.drafts_of(seat.user, situation.conversation)
    reply, note = found.get(Kind.REPLY), found.get(Kind.NOTE)
    return Begun(
        reply=reply.text if reply else "",
        note=note.text if note else "",
        reply_version=drafts.version_of(reply),
        note_version=drafts.version_of(note),
    )


@cache
def meter_tables() -> str:
    """What the browser measures texts by."""
    return json.dumps(segments.tables(), ensure_ascii=False)


def _tomorrow_morning(situation: Situation) -> str:
    """What “later” means most often, on the person's clock, as a date field has it."""
    day = timezone.localtime(situation.now).date() + timedelta(days=1)
    return f"{day.isoformat()}T{MORNING_HOUR:02}:00"
