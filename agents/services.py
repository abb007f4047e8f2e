"""What happens to people: their role and what they can carry."""

from django.db import transaction

from agents.models import Agent, User
from agents.roles import give_role, take_role
from omnichannel.lib.rows import is_referred_to


@transaction.atomic
def set_role_and_capacity(*, user: User, role: str, capacity: int | None) -> None:
    """Give a user one of the roles ("" takes it) and, with a role, the capacity of their seat at the desk."""
    if role:
        give_role(user, role)
    else:
        take_role(user)
    if capacity is not None:
        set_capacity(user=user, capacity=capacity)


def set_capacity(*, user: User, capacity: int) -> None:
    """Say what a person can carry at once; nothing for somebody without a seat."""
    seat = Agent.objects.filter(user=user).first()
    if seat is not None:
        seat.capacity = capacity
        seat.save(update_fields=["capacity"])


def is_known_to_history(user: User) -> bool:
    """Whether conversations, messages or the like name this person, so that they can only be deactivated."""
    agent = Agent.objects.filter(user=user).first()
    return is_referred_to(user) or (agent is not None and is_referred_to(agent))
