"""Settings → Who may do what: omnichannel/roles.py in plain words, with the people of each role."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse

from agents.models import User
from agents.roles import ADMINISTRATOR, AGENT, ROLES, SUPERVISOR
from omnichannel.lib.backoffice import NOTHING, PAGES, page, render_page
from omnichannel.names import NAMES
from omnichannel.roles import MATRIX, RIGHTS, permissions_of

SHOWN_PEOPLE = 30
WORDS = {"view": "read"}
SHORT = {role: role.removeprefix("Omnichannel ").capitalize() for role in ROLES}
# What conversations.access decides, in words.
DESK = (
    (
        "See conversations",
        {
            AGENT: "Their own, those of their queues, and the earlier ones of a customer they talk to",
            SUPERVISOR: "All",
            ADMINISTRATOR: "All",
        },
    ),
    (
        "Pick, reply, note, end, transfer",
        {
            AGENT: "Their own and those of their queues; who replies must have picked it",
            SUPERVISOR: "All; who replies must have picked it",
            ADMINISTRATOR: "All; who replies must have picked it",
        },
    ),
    ("See the customer's number", dict.fromkeys(ROLES, "Of every conversation they may open")),
)


@dataclass(frozen=True)
class Row:
    """One line: what, over which API resource, and each role's word for it."""

    what: str
    resource: str
    cells: list[str]


@page("rights/", name="rights", title="Who may do what", permission="auth.view_group")
def rights(request: HttpRequest) -> HttpResponse:
    """Read-only: the roles are part of the product."""
    resources = resources_by_model()
    return render_page(
        request,
        "admin/rights.html",
        title="Who may do what",
        roles=[SHORT[role] for role in ROLES],
        people=[people_of(role) for role in ROLES],
        sections=[
            ("Records, in administration and over the API", sorted(records(resources), key=lambda r: r.what)),
            ("Pages of the administration", sorted(pages(), key=lambda r: r.what)),
            ("Rights of their own", list(own_rights())),
            (
                "The desk, and conversations over the API",
                [Row(w, "", [c[r] for r in ROLES]) for w, c in DESK],
            ),
        ],
    )


def people_of(role: str) -> dict[str, Any]:
    """The active people of a role; superusers may do everything and stand with the administrators."""
    people = User.objects.filter(is_active=True)
    found = people.filter(groups__name=role)
    if role == ADMINISTRATOR:
        found = (found | people.filter(is_superuser=True)).distinct()
    some = list(found.order_by("username")[: SHOWN_PEOPLE + 1])
    return {"role": SHORT[role], "people": some[:SHOWN_PEOPLE], "more": len(some) > SHOWN_PEOPLE}


def records(resources: dict[str, str]) -> Iterator[Row]:
    """Each kind of record that some role may do something with."""
    for label in sorted({label for rights in MATRIX.values() for label in rights}):
        meta = apps.get_model(label)._meta
        name = NAMES[meta.label][1] if meta.label in NAMES else str(meta.verbose_name_plural)
        cells = [", ".join(WORDS.get(a, a) for a in MATRIX[role].get(label, ())) or NOTHING for role in ROLES]
        yield Row(name[:1].upper() + name[1:], resources.get(label, ""), cells)


def pages() -> Iterator[Row]:
    """Each page of our own, asked with a stand-in of each role."""
    for one in PAGES.values():
        if not one.title or "<" in one.route:  # an act of another page, or a page of one record
            continue
        asked = [one.is_allowed(_stand_in(role)) for role in ROLES]
        yield Row(one.title, "", ["opens it" if may else NOTHING for may in asked])


def own_rights() -> Iterator[Row]:
    """Rights that belong to no record."""
    for right in sorted({right for rights in RIGHTS.values() for right in rights}):
        app, codename = right.split(".")
        names = dict(User._meta.permissions) if app == "agents" else {}
        what = str(names.get(codename, codename.replace("_", " ").capitalize()))
        yield Row(what, "", ["yes" if right in RIGHTS[r] else "if given to the person" for r in ROLES])


def resources_by_model() -> dict[str, str]:
    """The API's resource of each kind of record."""
    from omnichannel.api import (
        router,
    )  # the API imports all rooms' views, which must not be before the models

    found: dict[str, str] = {}
    for prefix, viewset, _ in router.registry:
        queryset = getattr(viewset, "queryset", None)
        if queryset is not None:
            found.setdefault(queryset.model._meta.label_lower, prefix)
    return found


def _stand_in(role: str) -> Any:
    """A request of somebody who has this role and nothing else."""
    mine = permissions_of(role)
    user = SimpleNamespace(
        is_superuser=False,
        is_authenticated=True,
        is_active=True,
        is_staff=role != AGENT,
        _role=role,
        has_perm=lambda permission: permission in mine,
        has_perms=lambda permissions: set(permissions) <= mine,
    )
    return SimpleNamespace(user=user)
