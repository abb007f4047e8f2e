"""What happens to people: their role and what they can carry."""

from django.db import transaction

from agents.links import SignInLink, use
from agents.models import Agent, User
from agents.roles import give_role, take_role
from agents.throttle import forget_failures
from omnichannel.lib.audit import called, note_sign_in
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


# --- by link --------------------------------------------------------------------------------------


@transaction.atomic
def accept_invitation(*, link: SignInLink, username: str, password: str) -> User:
    """Make the person who was invited, with their role; raises Gone, and IntegrityError for a taken name."""
    values = {name: getattr(link, name) for name in ("first_name", "last_name", "email", "time_zone")}
    with called(f"{link.person} (invitation)"):
        use(link)
        user: User = User.objects.create_user(username, password=password, **values)
        set_role_and_capacity(user=user, role=link.role, capacity=link.capacity)
    note_sign_in(user, what="Invitation accepted", actor=user)
    return user


@transaction.atomic
def set_password_by_link(*, link: SignInLink, password: str) -> User:
    """Set a new password; what was open ends (see User.save), failed log-ins are forgotten; raises Gone."""
    use(link)
    assert link.user is not None
    user = User.objects.select_for_update().get(pk=link.user.pk)
    user.set_password(password)
    user.save(update_fields=["password"])
    forget_failures(username=user.get_username())
    note_sign_in(user, what="Password set with a link", actor=user)
    return user
