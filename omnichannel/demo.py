"""The demo's installation: people, a work stream with a number at the simulator, rules, and some contacts.

An empty one has the administrator only: who follows the documents' steps in it sets up the rest.
"""

from typing import Any

from django.conf import settings
from django.db import transaction

from agents.models import User
from agents.roles import ADMINISTRATOR, AGENT, SUPERVISOR, give_role
from channels_app.accounts import inbound_address, save_sms_number, save_sms_settings
from channels_app.models import ProviderAccount, SmsNumber, SmsSettings
from contacts.models import Account, Contact
from routing.conditions import Condition, Group, Item, all_of, any_of
from routing.models import Queue, RoutingRule, WorkStream
from routing.services import save_rule

# Clearly fake: they open nothing but the simulator, and demo users can log in to a demo only.
ACCOUNT_SID = "ACdddddddddddddddddddddddddddddddd"
AUTH_TOKEN = "demo0000demo0000demo0000demo0000"  # noqa: S105
NUMBER = "14252306549"
STREAM = "Support by SMS"
# What "Pick from my account" finds besides: a spare number, one that points elsewhere, one that cannot text,
# one in a Messaging Service.
OTHER_NUMBERS: list[dict[str, Any]] = [
    {"phone_number": "+14252306560", "friendly_name": "Spare line"},
    {
        "phone_number": "+14252306561",
        "friendly_name": "Old help desk",
        "sms_url": "https://helpdesk.example.com/sms",
    },
    {"phone_number": "+14252306562", "friendly_name": "Reception", "sms": False, "mms": False},
    {"phone_number": "+14252306563", "friendly_name": "Newsletter", "service": "Newsletter"},
]
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
        _channel(simulator)
        _customers()
    ProviderAccount.objects.filter(external_id=ACCOUNT_SID).update(base_url=simulator)


def _people(people: list[tuple[str, str, str, str]]) -> None:
    for username, first, last, role in people:
        user = User.objects.create_user(
            username, password=password_of(username), first_name=first, last_name=last, is_demo=True
        )
        give_role(user, role)


def _routing() -> None:
    stream = WorkStream.objects.create(name=STREAM)
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


def _channel(simulator: str) -> None:
    stream = WorkStream.objects.get(name=STREAM)
    save_sms_settings(
        sms_settings=SmsSettings(work_stream=stream),
        provider="twilio",
        external_id=ACCOUNT_SID,
        base_url=simulator,
        secret=AUTH_TOKEN,
        secondary_secret=None,
    )
    save_sms_number(
        sms_number=SmsNumber(description="The number customers text"),
        work_stream=stream,
        value=NUMBER,
        messages_per_second=1.0,
    )


def _customers() -> None:
    interiors = Account.objects.create(name="Keller Interiors", phone="+14255550130")
    Contact.objects.create(
        first_name="Maria", last_name="Keller", mobile_phone="+14255550131", account=interiors
    )
    Contact.objects.create(first_name="James", last_name="Okafor", mobile_phone="+14255550132")
    for first in ("Lina", "Olof"):
        Contact.objects.create(first_name=first, last_name="Sandberg", mobile_phone="+14255550133")


def description(*, web: str, simulator: str) -> dict[str, Any]:
    """What `var/demo.json` says: addresses, log-ins and numbers; `twilio` is the account at the simulator."""
    there = set(User.objects.filter(is_demo=True).values_list("username", flat=True))
    people = {
        username: {"username": username, "password": password_of(username)}
        for username, *_ in PEOPLE
        if username in there
    }
    account = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}
    number = {"channel": "sms", "provider": "twilio", "number": NUMBER, "work_stream": STREAM}
    url = _inbound_url()
    return {
        "web": web,
        "simulator": simulator,
        "users": {
            "administrator": people["admin"],
            "supervisor": people.get("sam"),
            "agents": [people[name] for name in ("alice", "bob") if name in people],
        },
        "numbers": [{**number, "inbound_url": url, **account}] if url else [],
        "twilio": {**account, "number": NUMBER},
    }


def simulator_config() -> dict[str, Any]:
    """What the simulator must know to play Twilio for this installation."""
    url = _inbound_url()
    number = {
        "phone_number": f"+{NUMBER}",
        "sms": True,
        "mms": True,
        "sms_url": url,
        "sms_method": "POST",
        "sms_fallback_url": url,
        "friendly_name": STREAM,
    }
    account = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "status": "active",
        "type": "Full",
        "friendly_name": "Demo",
        "numbers": [number, *OTHER_NUMBERS],
        "services": [{"name": "Newsletter", "use_inbound_webhook_on_number": False}],
    }
    return {"accounts": [account], "callbacks": {"delay_ms": 600}}


def _inbound_url() -> str:
    """The first one of the account; empty before SMS settings are filled in."""
    known = SmsSettings.objects.select_related("inbound_url").filter(account__external_id=ACCOUNT_SID)
    found = known.order_by("id").first()
    return inbound_address(found.inbound_url) if found else ""


def is_allowed() -> bool:
    """Only in demo mode may the demo's users and secrets exist."""
    return bool(settings.DEMO)
