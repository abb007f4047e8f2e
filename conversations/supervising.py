"""What supervisors do with conversations of others: assign Open ones, take over from an agent.

Like `services`, each change is one transaction under the conversation's row lock, with a line in the thread
that tells everybody who did it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from agents.models import Agent, User
from agents.roles import ADMINISTRATOR, ROLES, SUPERVISOR, sees_everything
from conversations.changes import Lost, change_state, close_open_session, give_to, locked, save, say
from conversations.models import Conversation, Session
from conversations.transitions import USES_CAPACITY, Cause, NotAllowed
from routing.models import Queue

# As many agents as a list to choose from can show.
MOST_CANDIDATES = 500
# Roles that see all queues.
WIDE = (ADMINISTRATOR, SUPERVISOR)


class NotSupervisor(NotAllowed):
    """Only supervisors and administrators may do this. Nothing was changed."""

    code = "not_supervisor"


class OverCapacity(NotAllowed):
    """The agent would have more than their capacity; it can be done knowingly. Nothing was changed."""

    code = "over_capacity"


@dataclass(frozen=True)
class Candidate:
    """An agent whom a conversation can be assigned to; `used` and `needs` are units of capacity."""

    agent: Agent
    used: int
    needs: int

    @property
    def fits(self) -> bool:
        """Whether it stays within their capacity."""
        return self.used + self.needs <= self.agent.capacity

    @property
    def words(self) -> str:
        """How full they are."""
        return f"{self.used} of {self.agent.capacity} used"


def candidates(conversation: Conversation) -> list[Candidate]:
    """Who can be given it: people of its queue, and those who see all queues; by name. One statement.

    Everybody with a role belongs to the Default queue.
    """
    agents = Agent.objects.filter(_has_role(ROLES), user__is_active=True)
    if not conversation.queue.is_default:
        members = Queue.members.through.objects.filter(queue_id=conversation.queue_id)
        agents = agents.filter(_has_role(WIDE) | Q(pk__in=members.values("agent_id")))
    working = Q(conversations__state__in=USES_CAPACITY)
    found = (
        agents.select_related("user")
        .annotate(used=Coalesce(Sum("conversations__units", filter=working), 0))
        .order_by("user__first_name", "user__last_name", "pk")[:MOST_CANDIDATES]
    )
    return [Candidate(agent, agent.used, conversation.work_stream.capacity) for agent in found]


def _has_role(names: Iterable[str]) -> Q:
    people = User.objects.filter(Q(groups__name__in=names) | Q(is_superuser=True))
    return Q(user__in=people.values("pk"))


def assign(
    *, conversation_id: int, supervisor: Agent, to: Agent, now: datetime, beyond: bool = False
) -> Conversation:
    """Give an Open conversation to an agent. Raises OverCapacity unless `beyond`, NotAllowed, Lost."""
    _check(supervisor)
    with locked(conversation_id) as conversation:
        if conversation.state in USES_CAPACITY:
            raise Lost(f"{conversation.agent} has this conversation already.")
        _lock(to)
        chosen = next((one for one in candidates(conversation) if one.agent == to), None)
        if chosen is None:
            raise NotAllowed(f"{to} does not belong to the queue {conversation.queue.name}.")
        if not chosen.fits and not beyond:
            raise OverCapacity(
                f"{to} has {chosen.words}, and this conversation takes {chosen.needs}. Assign it anyway?"
            )
        change_state(conversation, Cause.ASSIGN, now)
        give_to(conversation, to, now)
        say(conversation, f"{supervisor} assigned the conversation to {to}.", now)
        save(conversation, now)
    return conversation


def _lock(agent: Agent) -> None:
    """Whoever else assigns to this agent waits, so that both do not take the same free capacity."""
    if connection.features.has_select_for_update:
        Agent.objects.select_for_update(no_key=True).filter(pk=agent.pk).first()


def assign_to_queue(*, conversation_id: int, supervisor: Agent, queue: Queue, now: datetime) -> Conversation:
    """Move an Open conversation to another queue, where it stands as long as it has waited."""
    _check(supervisor)
    with locked(conversation_id) as conversation:
        change_state(conversation, Cause.MOVE, now)
        if conversation.queue_id == queue.pk:
            raise NotAllowed(f"It is in {queue.name} already.")
        conversation.queue = queue
        conversation.transfer_count += 1
        say(conversation, f"{supervisor} assigned the conversation to the queue {queue.name}.", now)
        save(conversation, now)
    return conversation


def take_over(
    *, conversation_id: int, supervisor: Agent, now: datetime, seen: int | None = None
) -> Conversation:
    """Take a conversation from its agent: Active or Waiting becomes one's own Active, Wrap-up stays Wrap-up.

    With `seen`, the id of the agent from whom it was meant to be taken, raises Lost when it is another's now.
    """
    _check(supervisor)
    with locked(conversation_id) as conversation:
        before = conversation.agent
        if before is None:
            raise NotAllowed("Nobody has this conversation.")
        if before == supervisor:
            raise NotAllowed("You have this conversation already.")
        if seen is not None and before.pk != seen:
            raise Lost(f"{before} has this conversation meanwhile: look again.")
        close_open_session(conversation, Session.ClosureReason.SUPERVISOR_TOOK_OVER, now)
        change_state(conversation, Cause.TAKE_OVER, now)
        give_to(conversation, supervisor, now)
        say(conversation, f"{supervisor} took the conversation over from {before}.", now)
        save(conversation, now)
    return conversation


def _check(supervisor: Agent) -> None:
    if not sees_everything(supervisor.user):
        raise NotSupervisor("Only supervisors do this.")
