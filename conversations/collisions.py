"""Somebody has written since the page was looked at: the reply waits until that has been seen."""

from agents.models import User
from conversations.models import Conversation, Message
from conversations.transitions import NotAllowed

MOST_SHOWN = 5


class WrittenMeanwhile(NotAllowed):
    """There is something newer than what was seen. Nothing was sent; `messages` are the newest of it."""

    code = "written_meanwhile"

    def __init__(self, messages: list[Message]) -> None:
        super().__init__("Somebody has written meanwhile. Look at it first; nothing was sent.")
        self.messages = messages


def refuse_unseen(conversation: Conversation, *, user: User, seen: int) -> None:
    """Raises WrittenMeanwhile when the customer or a colleague has written after seq `seen`."""
    news = conversation.messages.filter(seq__gt=seen).exclude(direction=Message.Direction.SYSTEM)
    found = list(news.exclude(author=user).select_related("author").order_by("-seq")[:MOST_SHOWN])
    if found:
        raise WrittenMeanwhile(found[::-1])
