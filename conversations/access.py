"""Who may see a conversation, and who may act on it. One funnel; what may not be seen does not exist."""

from django.db.models import Q, QuerySet

from agents.models import Agent, User
from agents.roles import role_of, sees_everything
from channels_app.models_media import Media
from conversations.models import Conversation, State
from routing.services import queue_ids_of, queues_of


class NotFound(Exception):
    """There is no such conversation, or the user may not see it: the same answer for both."""


def agent_of(user: User) -> Agent | None:
    """The user's seat at the desk, None for somebody without a role."""
    if not role_of(user):
        return None
    return getattr(user, "agent", None)  # read once per user object; none has no such attribute


def _mine(agent: Agent) -> Q:
    """What an agent works on or has worked on, and what is in their queues."""
    return Q(queue__in=queues_of(agent).values("pk")) | Q(agent=agent) | Q(closed_by=agent)


def visible(user: User) -> QuerySet[Conversation]:
    """All conversations that the user may read: administrators and supervisors all, agents their queues'
    and their own, and the earlier ones of a customer they are talking to. Nobody else any.
    """
    everything = Conversation.objects.all()
    if sees_everything(user):
        return everything
    agent = agent_of(user)
    if agent is None:
        return everything.none()
    talking = Conversation.objects.filter(agent=agent).exclude(state=State.CLOSED)
    earlier = Q(address_id__in=talking.values("address_id")) | Q(
        contact_id__in=talking.exclude(contact=None).values("contact_id")
    )
    return everything.filter(_mine(agent) | earlier)


def find(user: User, conversation_id: int) -> Conversation:
    """The conversation, if the user may read it; raises NotFound."""
    found = (
        visible(user)
        .filter(pk=conversation_id)
        .select_related(
            "address",
            "contact__account",
            "queue",
            "work_stream",
            "agent__user",
            "number__account",
            "closed_by__user",
        )
        .first()
    )
    if found is None:
        raise NotFound(conversation_id)
    return found


def check(user: User, conversation_id: int) -> None:
    """Raises NotFound when the user may not read the conversation."""
    if not visible(user).filter(pk=conversation_id).exists():
        raise NotFound(conversation_id)


def files(user: User) -> QuerySet[Media]:
    """The files of all conversations that the user may read.

    Whoever sees everything also sees files of texts that are in no conversation.
    """
    if sees_everything(user):
        return Media.objects.all()
    mine = visible(user).values("pk")
    return Media.objects.filter(
        Q(inbound_text__message__conversation__in=mine) | Q(delivery__message__conversation__in=mine)
    )


def find_file(user: User, media_id: int) -> Media:
    """A file of a conversation that the user may read; raises NotFound."""
    found = files(user).filter(pk=media_id).first()
    if found is None:
        raise NotFound(media_id)
    return found


def may_act(user: User, conversation: Conversation, agent: Agent | None) -> bool:
    """Whether the user may do more than read: not on what is visible only as somebody's earlier one."""
    if agent is None:
        return False
    if sees_everything(user):
        return True
    return conversation.agent_id == agent.pk or conversation.queue_id in queue_ids_of(agent)
