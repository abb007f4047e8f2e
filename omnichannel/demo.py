"""The demo's installation: people, work streams with numbers at the simulator, rules, and contacts.

An empty one has the administrator only: who follows the documents' steps in it sets up the rest.
"""

from typing import Any

from django.conf import settings
from django.db import transaction

from agents.models import User
from agents.roles import ADMINISTRATOR, AGENT, SUPERVISOR, give_role
from contacts.models import Account, Contact
from omnichannel import demo_channels, demo_quick_replies
from routing.conditions import Condition, Group, Item, all_of, any_of
from routing.models import Queue, RoutingRule, WorkStream
from routing.services import save_rule

PEOPLE = [
    ("admin", "Ada", "Administrator", ADMINISTRATOR),
    ("sam", "Sam", "Supervisor", SUPERVISOR),
    ("alice", "Alice", "Agent", AGENT),
    ("bob", "Bob", "Agent", AGENT),
]


def password_of(username: str) -> str:
    """The published password of a demo user."""
    return f"demo-{username}-1"


@transaction.atomic
def load(*, simulator: str, is_empty: bool = False) -> None:
    """Make the demo's installation, once; later runs only follow the simulator's address."""
    if not User.objects.filter(is_demo=True).exists():
        _people(PEOPLE[:1] if is_empty else PEOPLE)
        if is_empty:
            return
        _routing()
        demo_channels.make(simulator)
        _customers()
        demo_quick_replies.make()
    demo_channels.follow(simulator)


def _people(people: list[tuple[str, str, str, str]]) -> None:
    for username, first, last, role in people:
        user = User.objects.create_user(
            username, password=password_of(username), first_name=first, last_name=last, is_demo=True
        )
        give_role(user, role)


def _routing() -> None:
    stream = WorkStream.objects.create(name=demo_channels.STREAM)
    billing = Queue.objects.create(name="Billing", priority=10)
    returns = Queue.objects.create(name="Returns", priority=20)
    billing.members.set([u.agent for u in User.objects.filter(username__in=["alice", "bob"])])
    returns.members.set([u.agent for u in User.objects.filter(username="alice")])
    says = [Condition("first_message", "contains", word) for word in ("invoice", "bill", "return")]
    _rule(stream, "Asks about an invoice", billing, any_of(*says[:2]))
    _rule(stream, "Wants to send something back", returns, says[2])
    known = Condition("contact.mobile_phone", "begins_with", "+1425555013")
    _rule(stream, "Known customer from Redmond", billing, known)


def _rule(stream: WorkStream, name: str, queue: Queue, item: Item) -> None:
    condition = item if isinstance(item, Group) else all_of(item)
    save_rule(RoutingRule(work_stream=stream, name=name, queue=queue), condition)


def _customers() -> None:
    interiors = Account.objects.create(name="Keller Interiors", phone="+14255550130")
    Contact.objects.create(
        first_name="Maria", last_name="Keller", mobile_phone="+14255550131", account=interiors
    )
    Contact.objects.create(first_name="James", last_name="Okafor", mobile_phone="+14255550132")
    for first in ("Lina", "Olof"):
        Contact.objects.create(first_name=first, last_name="Sandberg", mobile_phone="+14255550133")


def description(*, web: str, simulator: str) -> dict[str, Any]:
    """What `var/demo.json` says: addresses, log-ins, numbers, and the accounts at the simulator."""
    there = set(User.objects.filter(is_demo=True).values_list("username", flat=True))
    people = {
        username: {"username": username, "password": password_of(username)}
        for username, *_ in PEOPLE
        if username in there
    }
    return {
        "web": web,
        "simulator": simulator,
        "users": {
            "administrator": people["admin"],
            "supervisor": people.get("sam"),
            "agents": [people[name] for name in ("alice", "bob") if name in people],
        },
        "numbers": demo_channels.numbers(),
        **demo_channels.accounts(),
    }


def is_allowed() -> bool:
    """Only in demo mode may the demo's users and secrets exist."""
    return bool(settings.DEMO)
