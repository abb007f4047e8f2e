"""Configuration of routing: reading it for a decision, and the only place that writes it."""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from agents.models import Agent
from omnichannel.lib import phones
from omnichannel.lib.rows import is_referred_to
from routing.models import Queue, RoutingCondition, RoutingRule, WorkStream
from routing.rules import PHONE_FIELDS, WITHOUT_VALUE, Condition, Decision, Facts, Rule, decide

DEFAULT_QUEUE = "Default queue"
LONGEST_SHORT_CODE = 6


class Protected(ValueError):
    """The change is not allowed; the message says why. Nothing was changed."""


class BadCondition(ValueError):
    """A rule's condition cannot be used; the message says what to type instead. Nothing was changed."""


def default_queue() -> Queue:
    """The queue for everything that no rule claims. Always there, cannot be deleted."""
    return Queue.objects.get(is_default=True)


def ensure_default_queue() -> Queue:
    """Make the Default queue when it is missing (after each migrate)."""
    return Queue.objects.get_or_create(is_default=True, defaults={"name": DEFAULT_QUEUE})[0]


def rules_of(work_stream: WorkStream) -> list[Rule]:
    """The stream's rules in order, as values."""
    rows = (
        RoutingRule.objects.filter(work_stream=work_stream)
        .prefetch_related("conditions")
        .order_by("position", "id")
    )
    return [
        Rule(
            id=row.pk,
            name=row.name,
            queue_id=row.queue_id,
            match_all=row.match == RoutingRule.Match.ALL,
            conditions=tuple(
                Condition(c.field, c.operator, c.value)
                for c in sorted(row.conditions.all(), key=lambda c: c.pk)
            ),
        )
        for row in rows
    ]


def decide_queue(work_stream: WorkStream, facts: Facts) -> tuple[Queue, Decision]:
    """The queue for these facts, and the decision with each rule's verdict."""
    decision = decide(rules_of(work_stream), facts)
    queue = Queue.objects.get(pk=decision.queue_id) if decision.queue_id else default_queue()
    return queue, decision


def queues_of(agent: Agent) -> QuerySet[Queue]:
    """The queues whose work an agent sees. Everybody is a member of the Default queue."""
    mine = Queue.objects.filter(members=agent) | Queue.objects.filter(is_default=True)
    return mine.distinct()


def queue_ids_of(agent: Agent) -> list[int]:
    """The ids of queues_of, read at once."""
    return list(queues_of(agent).values_list("id", flat=True))


# --- queues ---------------------------------------------------------------------------------------


def members_of(queue: Queue) -> list[Agent]:
    """Who belongs to a queue, by name of login. Everybody who may log in belongs to the Default queue."""
    members = Agent.objects.filter(user__is_active=True) if queue.is_default else queue.members.all()
    return sorted(members.select_related("user"), key=lambda agent: agent.user.get_username())


def set_members(queue: Queue, agents: Iterable[Agent]) -> None:
    """Replace a queue's members; raises Protected for the Default queue."""
    if queue.is_default:
        raise Protected("Everybody is a member of the Default queue; that cannot be changed.")
    queue.members.set(agents)


def obstacle_to_deleting(queue: Queue) -> str:
    """Why a queue cannot be deleted, empty when it can be."""
    if queue.is_default:
        return "The Default queue cannot be deleted."
    if queue.rules.filter(work_stream__deleted_at=None).exists():
        return f"Routing rules still lead to {queue}; change them first."
    # Rooms above keep conversations, which this room knows nothing of.
    is_used = is_referred_to(queue, leaving_out={"rules"})
    return f"{queue} has conversations and cannot be deleted." if is_used else ""


@transaction.atomic
def delete_queue(queue: Queue) -> None:
    """Delete a queue without history or rules; raises Protected for the Default queue and for used ones."""
    if obstacle := obstacle_to_deleting(queue):
        raise Protected(obstacle)
    queue.rules.all().delete()  # those of retired work streams
    queue.delete()


# --- rules ----------------------------------------------------------------------------------------


def next_position(work_stream: WorkStream) -> int:
    """The place after the last rule of a stream."""
    return (work_stream.rules.aggregate(last=Max("position"))["last"] or 0) + 1


def clean_condition(condition: Condition) -> Condition:
    """The condition as it is kept; raises BadCondition with what to type instead.

    Whole telephone numbers are kept with their country code: only so do they equal a customer's number.
    """
    value = condition.value.strip()
    if condition.operator in WITHOUT_VALUE:
        return Condition(condition.field, condition.operator, "")
    if not value:
        raise BadCondition("Enter the value to compare with.")
    if condition.field in PHONE_FIELDS:
        if not phones.DIGITS.search(value):
            raise BadCondition("Enter a telephone number or a part of one, for example +1425.")
        if condition.operator in {"equals", "not_equals"}:
            value = _whole_number(value)
    return Condition(condition.field, condition.operator, value)


def _whole_number(text: str) -> str:
    if len(text) <= LONGEST_SHORT_CODE and text.isascii() and text.isdigit():
        return text
    try:
        return phones.to_e164(text, region=settings.DEFAULT_PHONE_REGION)
    except phones.NotANumber as error:
        raise BadCondition(str(error)) from error


@transaction.atomic
def save_rule(rule: RoutingRule, conditions: Sequence[Condition] | None = None) -> RoutingRule:
    """Store a rule and, unless None, its conditions in place of those it had. Raises BadCondition.

    A rule without a position (0) comes last; rules of one stream are numbered one after the other.
    """
    cleaned = None if conditions is None else [clean_condition(condition) for condition in conditions]
    if not rule.position:
        streams = WorkStream.objects.filter(pk=rule.work_stream_id)
        if connection.features.has_select_for_update:
            streams = streams.select_for_update(no_key=True)
        rule.position = next_position(streams.get())
    rule.save()
    if cleaned is not None:
        rule.conditions.all().delete()
        for condition in cleaned:
            RoutingCondition.objects.create(
                rule=rule, field=condition.field, operator=condition.operator, value=condition.value
            )
    return rule


# --- work streams ---------------------------------------------------------------------------------


@transaction.atomic
def retire_work_stream(work_stream: WorkStream) -> None:
    """Take a work stream out of use. Its history stays; texts to its number are kept as unrouted.

    It gives its name free: it is called "<name> (retired 2026-11-21)" from then on.
    """
    now = timezone.now()
    name = f"{work_stream.name[:70]} (retired {now:%Y-%m-%d})"
    others = WorkStream.objects.filter(name__startswith=name).count()
    name += f" {others + 1}" if others else ""
    WorkStream.objects.filter(pk=work_stream.pk, deleted_at=None).update(deleted_at=now, name=name)
