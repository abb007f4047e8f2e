"""The three roles, as groups. What each may do is written in omnichannel/roles.py."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from agents.models import SEE_NUMBERS, Agent, User

ADMINISTRATOR = "Omnichannel administrator"
SUPERVISOR = "Omnichannel supervisor"
AGENT = "Omnichannel agent"
ROLES = (ADMINISTRATOR, SUPERVISOR, AGENT)
ROLE_CHOICES = [(role, role) for role in ROLES]
# Customers' numbers in administration's records, lists and exports, and in the API's records. At the desk,
# whoever may open a conversation sees whom they write to.


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


def sees_numbers(user: Any) -> bool:
    """Whether the user sees customers' numbers whole in records and exports; else they are masked.

    Administrators do; others when an administrator says so on their page.
    """
    return bool(getattr(user, "sees_numbers", False))


def is_let_see_numbers(user: User) -> bool:
    """Whether the right was given to this very person, beside what their role says."""
    return user.user_permissions.filter(codename=SEE_NUMBERS).exists()


@transaction.atomic
def let_see_numbers(user: User, *, may: bool) -> None:
    """Give a user the right to see customers' numbers, or take it. Administrators have it by their role."""
    right = Permission.objects.get(content_type__app_label="agents", codename=SEE_NUMBERS)
    if may:
        user.user_permissions.add(right)
    else:
        user.user_permissions.remove(right)


@transaction.atomic
def give_role(user: User, role: str) -> None:
    """Give a user one of ROLES instead of any other. All may work at the desk, so all get an Agent.

    Whoever had another role before logs in anew.
    """
    _end_access_for_another(user, role)
    user.groups.remove(*user.groups.filter(name__in=ROLES).exclude(name=role))
    user.groups.add(Group.objects.get(name=role))
    user.is_staff = user.is_superuser or role != AGENT
    user.save(update_fields=["is_staff"])
    user.__dict__.pop("_role", None)
    ensure_agent(user)


@transaction.atomic
def take_role(user: User) -> None:
    """Leave a user without any role: they may log in and see nothing. What was open ends."""
    _end_access_for_another(user, "")
    user.groups.remove(*user.groups.filter(name__in=ROLES))
    user.is_staff = user.is_superuser
    user.save(update_fields=["is_staff"])
    user.__dict__.pop("_role", None)


def _end_access_for_another(user: User, role: str) -> None:
    had = set(user.groups.filter(name__in=ROLES).values_list("name", flat=True))
    if had - {role}:
        user.end_access()


def ensure_agent(user: User) -> Agent:
    """The user's Agent row, made when it is missing."""
    return Agent.objects.get_or_create(user=user)[0]
