"""The files of messages: which there are, and fetching again what failed."""

from datetime import datetime

from agents.models import User
from channels_app import media
from channels_app.models_media import Media
from conversations.access import agent_of, may_act
from conversations.models import Conversation, Message
from conversations.transitions import NotAllowed


def files_of(message: Message) -> list[media.ShownFile]:
    """The files of a message, in their order."""
    holder = message.inbound_text or message.delivery
    return media.shown_all(holder.media.all()) if holder is not None and holder.media_count else []


def fetch_again(*, user: User, file: Media, now: datetime) -> None:
    """Make a customer's file due again for somebody who may act on its conversation; raises NotAllowed."""
    conversation = Conversation.objects.filter(messages__inbound_text=file.inbound_text_id).first()
    if file.inbound_text_id is None or conversation is None:
        raise NotAllowed("Only a customer's file of a conversation can be fetched again here.")
    if not may_act(user, conversation, agent_of(user)):
        raise NotAllowed("You may read this conversation, and no more.")
    if not media.fetch_again(Media.objects.filter(pk=file.pk), now=now):
        raise NotAllowed("This file is on its way or is here: there is nothing to fetch again.")
