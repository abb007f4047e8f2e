"""Configuration of routing: reading it for a decision, and the only place that writes it."""

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from agents.models import Agent
from routing.models import Queue, RoutingRule, WorkStream
from routing.rules import Condition, Decision, Facts, Rule, decide

DEFAULT_QUEUE = "Default queue"


class Protected(ValueError):
    """The change is not allowed; the message says why. Nothing was changed."""


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


def queue_ids_of(agent: Agent) -> list[int]:
    """The queues whose work an agent sees. Everybody is a member of the Default queue."""
    mine = Queue.objects.filter(members=agent) | Queue.objects.filter(is_default=True)
    return list(mine.distinct().values_list("id", flat=True))


@transaction.atomic
def delete_queue(queue: Queue) -> None:
    """Delete a queue without history or rules; raises Protected for the Default queue and for used ones."""
    if queue.is_default:
        raise Protected("The Default queue cannot be deleted.")
    if queue.rules.exists():
        raise Protected(f"Routing rules still lead to {queue}; change them first.")
    try:
        queue.delete()
    except ProtectedError as error:
        # Rooms above keep conversations, which this room knows nothing of.
        raise Protected(f"{queue} has conversations and cannot be deleted.") from error


@transaction.atomic
def retire_work_stream(work_stream: WorkStream) -> None:
    """Take a work stream out of use. Its history stays; texts to its number are kept as unrouted."""
    WorkStream.objects.filter(pk=work_stream.pk).update(deleted_at=timezone.now())
