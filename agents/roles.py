"""The three roles, as groups. What each may do is written in omnichannel/roles.py."""

from django.contrib.auth.models import Group
from django.db import transaction

from agents.models import Agent, User

ADMINISTRATOR = "Omnichannel administrator"
SUPERVISOR = "Omnichannel supervisor"
AGENT = "Omnichannel agent"
ROLES = (ADMINISTRATOR, SUPERVISOR, AGENT)


def role_of(user: User) -> str:
    """The user's strongest role; a superuser is an administrator, somebody without a group has none ("")."""
    if user.is_superuser:
        return ADMINISTRATOR
    cached: str | None = getattr(user, "_role", None)
    if cached is None:
        names = {group.name for group in user.groups.all()}
        cached = next((role for role in ROLES if role in names), "")
        user._role = cached  # type: ignore[attr-defined]
    return cached


def sees_everything(user: User) -> bool:
    """Whether the user sees all conversations."""
    return role_of(user) in {ADMINISTRATOR, SUPERVISOR}


@transaction.atomic
def give_role(user: User, role: str) -> None:
    """Give a user one of ROLES instead of any other. All may work at the desk, so all get an Agent."""
    user.groups.remove(*Group.objects.filter(name__in=ROLES))
    user.groups.add(Group.objects.get(name=role))
    user.is_staff = user.is_superuser or role != AGENT
    user.save(update_fields=["is_staff"])
    user.__dict__.pop("_role", None)
    ensure_agent(user)


@transaction.atomic
def take_role(user: User) -> None:
    """Leave a user without any role: they may log in and see nothing."""
    user.groups.remove(*Group.objects.filter(name__in=ROLES))
    user.is_staff = user.is_superuser
    user.save(update_fields=["is_staff"])
    user.__dict__.pop("_role", None)


def ensure_agent(user: User) -> Agent:
    """The user's Agent row, made when it is missing."""
    return Agent.objects.get_or_create(user=user)[0]
