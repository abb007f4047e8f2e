"""What each role may do, written here once for all rooms, and kept in step after each migrate."""

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from agents.roles import ADMINISTRATOR, AGENT, ROLES, SUPERVISOR

VIEW, EVERYTHING = ("view",), ("view", "add", "change", "delete")
CONFIGURATION = {
    "agents.user",
    "agents.agent",
    "routing.workstream",
    "routing.queue",
    "routing.routingrule",
    "channels_app.smssettings",
    "channels_app.smsnumber",
    "channels_app.whatsappaccount",
    "channels_app.whatsappnumber",
}
CUSTOMERS = {"contacts.account", "contacts.contact", "contacts.address", "contacts.note"}
RECORDS = {
    "channels_app.provideraccount",
    "channels_app.contenttemplate",
    "channels_app.webhookreceipt",
    "channels_app.refusal",
    "channels_app.inboundtext",
    "channels_app.delivery",
    "channels_app.deliveryevent",
    "channels_app.media",
    "channels_app.providercall",
    "channels_app.optout",
    "channels_app.incident",
    "channels_app.replay",
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
        "routing.channelsetting": ("view", "change"),
        "channels_app.contenttemplate": ("view", "change"),
        "channels_app.provideraccount": ("view", "change"),
        "channels_app.webhookreceipt": ("view", "change"),
        "channels_app.inboundtext": ("view", "change"),
        "channels_app.media": ("view", "change"),
        "contacts.contact": (*EVERYTHING, "export"),
        "contacts.importjob": EVERYTHING,
        "contacts.merge": ("view", "add", "change"),
        "contacts.erasure": ("view", "add"),
        "auth.group": VIEW,
        "omnichannel.auditentry": VIEW,
        "agents.signinpolicy": ("view", "change"),
        "conversations.desksettings": ("view", "change"),
        "conversations.quickreply": EVERYTHING,
    },
    SUPERVISOR: {
        **dict.fromkeys(CONFIGURATION | RECORDS, VIEW),
        "routing.channelsetting": VIEW,
        "conversations.desksettings": VIEW,
        "agents.agent": ("view", "change"),
        "routing.queue": ("view", "change"),
        **dict.fromkeys(CUSTOMERS, ("view", "add", "change")),
        "contacts.contact": ("view", "add", "change", "export"),
        "contacts.importjob": ("view", "add", "change"),
        "contacts.merge": ("view", "add", "change"),
        "conversations.quickreply": EVERYTHING,
    },
    AGENT: {
        "agents.agent": VIEW,
        "routing.workstream": VIEW,
        "routing.queue": VIEW,
        "channels_app.contenttemplate": VIEW,
        "conversations.quickreply": VIEW,
        **dict.fromkeys(CUSTOMERS, ("view", "add", "change")),
    },
}
# Rights that belong to no record of their own. The first can also be given to a single person, on their page.
RIGHTS: dict[str, tuple[str, ...]] = {
    ADMINISTRATOR: ("agents.see_customer_numbers",),
    SUPERVISOR: (),
    AGENT: (),
}


def permissions_of(role: str) -> set[str]:
    """Everything a role may, as Django's permissions ("app.codename")."""
    of_records = {
        f"{app}.{action}_{model}"
        for path, actions in MATRIX[role].items()
        for app, model in [path.split(".")]
        for action in actions
    }
    return of_records | set(RIGHTS[role])


@transaction.atomic
def sync_roles() -> None:
    """Make the groups and give them exactly the permissions of MATRIX and RIGHTS."""
    for role in ROLES:
        group, _made = Group.objects.get_or_create(name=role)
        wanted = permissions_of(role)
        known = Permission.objects.select_related("content_type")
        group.permissions.set(p for p in known if f"{p.content_type.app_label}.{p.codename}" in wanted)


def sync_after_last_app(app_config: AppConfig, **_: object) -> None:
    """Once per migrate: when the permissions of the last app are there, all are."""
    if app_config is list(apps.get_app_configs())[-1]:
        sync_roles()
