"""Where a new conversation goes, and why: the facts, gathered, and routing's answer. Writes nothing."""

from dataclasses import dataclass

from contacts.services import Identity
from routing.conditions import Facts
from routing.models import Queue, WorkStream
from routing.rules import Decision, Rule
from routing.services import decide_among, rules_of


@dataclass(frozen=True)
class Route:
    """The answer with what it rests on. `winner` is the true rule's name, empty when none was true."""

    facts: Facts
    rules: list[Rule]
    queue: Queue
    decision: Decision
    winner: str
    reason: str


def route(*, identity: Identity, work_stream: WorkStream, first_message: str) -> Route:
    """Where a first text of this customer to this work stream leads."""
    facts = routing_facts(identity, first_message)
    rules = rules_of(work_stream)
    queue, decision = decide_among(rules, facts)
    winner = next((v.name for v in decision.verdicts if v.result == "true"), "")
    reason = f"Rule “{winner}” was true." if winner else "No rule was true: Default queue."
    if not decision.verdicts:
        reason = "The work stream has no rules: Default queue."
    return Route(facts, rules, queue, decision, winner, reason)


def routing_facts(identity: Identity, first_message: str) -> Facts:
    """What rules may ask about."""
    contact = identity.contact
    account = contact.account if contact else None
    return {
        "contact.mobile_phone": contact.mobile_phone if contact else "",
        "contact.first_name": contact.first_name if contact else "",
        "contact.last_name": contact.last_name if contact else "",
        "contact.full_name": contact.full_name if contact else "",
        "contact.email": contact.email if contact else "",
        "account.name": account.name if account else "",
        "account.phone": account.phone if account else "",
        "customer_number": identity.address.value,
        "first_message": first_message,
    }
