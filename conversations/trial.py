"""Try a text: who would be found, which rule would win, which queue would get it. Writes nothing.

The way is that of a text that arrives: contacts.services.identify, then conversations.facts.route.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from contacts.models import Address
from contacts.services import Identity, identify
from conversations.facts import Route, route
from conversations.models import Conversation, State
from omnichannel.lib import phones
from omnichannel.lib.phones import NotANumber, WireAddress
from routing.channels import obstacle_to_starting
from routing.conditions import PHONE_FIELDS
from routing.explain import Finding, explain
from routing.models import WorkStream

Shown = Callable[[str, str], str]
SHORT_CODE_DIGITS = range(3, phones.LONGEST_SHORT_CODE + 1)


@dataclass(frozen=True)
class RuleTrial:
    """One rule: true, false or skipped, and why. A rule that was skipped was not looked at."""

    id: int
    name: str
    result: str
    why: str
    finding: Finding | None


@dataclass(frozen=True)
class Trial:
    """What would happen. `remarks` are sentences about what would keep the rules from being asked at all."""

    identity: Identity
    title: str
    route: Route
    rules: list[RuleTrial]
    remarks: list[str]


def shown_whole(field: str, value: str) -> str:
    """Values for those who may see customers' numbers."""
    return phones.readable(value) if field in PHONE_FIELDS else value


def shown_masked(field: str, value: str) -> str:
    """Values for those who may not."""
    return phones.masked(value) if field in PHONE_FIELDS and value else value


def try_text(*, work_stream: WorkStream, customer: str, text: str, shown: Shown, now: datetime) -> Trial:
    """What a first text of this customer would lead to. Raises NotANumber when `customer` is no address."""
    identity = identify(_address(customer))
    found = route(identity=identity, work_stream=work_stream, first_message=text)
    conditions = {rule.id: rule.condition for rule in found.rules}
    rules = []
    for verdict in found.decision.verdicts:
        is_skipped = verdict.result == "skipped"
        finding = None if is_skipped else explain(conditions[verdict.rule_id], found.facts, shown=shown)
        why = _why(verdict.result, found.winner)
        rules.append(RuleTrial(verdict.rule_id, verdict.name, verdict.result, why, finding))
    title = identity.title if identity.contact or identity.address.pk else "a new Visitor"
    return Trial(identity, title, found, rules, _remarks(identity, work_stream, now))


def _address(customer: str) -> Address:
    """The address of a customer as people write it; one that is not known yet is made, and not stored."""
    wire = _wire(customer)
    rows = Address.objects.select_related("contact__account").filter(kind=wire.kind, value=wire.value)
    return rows.first() or Address(kind=wire.kind, value=wire.value)


def _wire(customer: str) -> WireAddress:
    try:
        return WireAddress("phone", phones.to_e164(customer, region=settings.DEFAULT_PHONE_REGION), "sms")
    except NotANumber:
        wire = phones.wire_address(customer)
        if wire is None or not (_is_short_code(wire) or _is_known(wire)):
            raise
        return wire


def _is_short_code(wire: WireAddress) -> bool:
    """Whether any customer could write from it, also one that never did."""
    return wire.kind == "short_code" and len(wire.value) in SHORT_CODE_DIGITS


def _is_known(wire: WireAddress) -> bool:
    """Whether such a sender has written before: by name, by an id, or from a number of a strange length."""
    return Address.objects.filter(kind=wire.kind, value=wire.value).exists()


def _why(result: str, winner: str) -> str:
    if result == "skipped":
        return f"Not looked at: “{winner}” above it is true."
    return "This rule wins." if result == "true" else ""


def _remarks(identity: Identity, work_stream: WorkStream, now: datetime) -> list[str]:
    """What would keep such a text from being routed."""
    address = identity.address
    obstacle = obstacle_to_starting(work_stream)
    standing = [f"{obstacle} Below is what would happen otherwise."] if obstacle else []
    if address.pk is None:
        return standing
    if address.is_blocked(now):
        return ["This customer is blocked: their texts are kept, and reach nobody."]
    going_on = Conversation.objects.filter(address=address, work_stream=work_stream)
    current = going_on.exclude(state=State.CLOSED).select_related("queue").first()
    if current is None:
        return standing
    return [
        f"A conversation with this customer is {State(current.state).label} (queue {current.queue.name}): "
        "the text would join it, and no rule would be asked. Below is what would happen without it."
    ]
