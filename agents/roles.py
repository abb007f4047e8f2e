"""The three roles, as groups. Who may do what is written here once, and kept in step after each migrate."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from agents.models import Agent, User

ADMINISTRATOR = "Omnichannel administrator"
SUPERVISOR = "Omnichannel supervisor"
AGENT = "Omnichannel agent"
ROLES = (ADMINISTRATOR, SUPERVISOR, AGENT)

VIEW, EVERYTHING = ("view",), ("view", "add", "change", "delete")
CONFIGURATION = {
    "agents.user",
    "agents.agent",
    "routing.workstream",
    "routing.queue",
    "routing.routingrule",
    "routing.routingcondition",
    "channels_app.smssettings",
    "channels_app.smsnumber",
}
CUSTOMERS = {"contacts.account", "contacts.contact", "contacts.address"}
RECORDS = {
    "channels_app.provideraccount",
    "channels_app.webhookreceipt",
    "channels_app.refusal",
    "channels_app.inboundtext",
    "channels_app.delivery",
    "channels_app.deliveryevent",
    "channels_app.providercall",
    "channels_app.optout",
    "conversations.conversation",
    "conversations.message",
    "conversations.session",
    "conversations.routingdecision",
}
# Per role: model -> what may be done in administration and over the API. Conversations are worked on at the
# desk, where conversations.access decides.
MATRIX: dict[str, dict[str, tuple[str, ...]]] = {
    ADMINISTRATOR: {
        **dict.fromkeys(CONFIGURATION | CUSTOMERS, EVERYTHING),
        **dict.fromkeys(RECORDS, VIEW),
        "channels_app.provideraccount": ("view", "change"),
        "channels_app.webhookreceipt": ("view", "change"),
        "auth.group": VIEW,
    },
    SUPERVISOR: {
        **dict.fromkeys(CONFIGURATION - {"channels_app.smssettings", "channels_app.smsnumber"}, VIEW),
        "agents.agent": ("view", "change"),
        "routing.queue": ("view", "change"),
        **dict.fromkeys(CUSTOMERS, ("view", "add", "change")),
        "channels_app.delivery": VIEW,
        "channels_app.deliveryevent": VIEW,
        "conversations.conversation": VIEW,
        "conversations.message": VIEW,
        "conversations.session": VIEW,
        "conversations.routingdecision": VIEW,
    },
    AGENT: {
        "agents.agent": VIEW,
        "routing.workstream": VIEW,
        "routing.queue": VIEW,
        **dict.fromkeys(CUSTOMERS, ("view", "add", "change")),
    },
}


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
def sync_roles() -> None:
    """Make the groups and give them exactly the permissions of MATRIX."""
    for role in ROLES:
        group, _made = Group.objects.get_or_create(name=role)
        wanted = {
            f"{app}.{action}_{model}"
            for path, actions in MATRIX[role].items()
            for app, model in [path.split(".")]
            for action in actions
        }
        known = Permission.objects.select_related("content_type")
        group.permissions.set(p for p in known if f"{p.content_type.app_label}.{p.codename}" in wanted)


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
