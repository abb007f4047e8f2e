"""Configuration of routing: reading it for a decision, and the only place that writes it."""

import re
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents.models import Agent
from omnichannel.lib.audit import note_change
from omnichannel.lib.rows import is_referred_to
from routing import conditions_input
from routing.conditions import Facts, Group, from_json
from routing.models import Queue, RoutingRule, WorkStream
from routing.rules import Decision, Rule, decide

DEFAULT_QUEUE = "Default queue"
# What retire_work_stream adds to a name.
RETIRED_NAME = re.compile(r" \(retired \d{4}-\d{2}-\d{2}\)( \d+)?$", re.ASCII)


class Protected(ValueError):
    """The change is not allowed; the message says why. Nothing was changed."""


class Stale(ValueError):
    """What was to be changed is no longer as it was seen; the message says what to do. Nothing changed."""


def default_queue() -> Queue:
    """The queue for everything that no rule claims. Always there, cannot be deleted."""
    return Queue.objects.get(is_default=True)


def ensure_default_queue() -> Queue:
    """Make the Default queue when it is missing (after each migrate)."""
    return Queue.objects.get_or_create(is_default=True, defaults={"name": DEFAULT_QUEUE})[0]


def rules_of(work_stream: WorkStream) -> list[Rule]:
    """The stream's rules in order, as values."""
    rows = RoutingRule.objects.filter(work_stream=work_stream).order_by("position", "id")
    return [as_value(row) for row in rows]


def as_value(row: RoutingRule) -> Rule:
    """A stored rule as the pure modules know it."""
    return Rule(row.pk or 0, row.name, row.queue_id, from_json(row.condition))


def decide_among(rules: Sequence[Rule], facts: Facts) -> tuple[Queue, Decision]:
    """The queue for these facts, and the decision with each rule's verdict."""
    decision = decide(rules, facts)
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


def read_conditions(data: object) -> Group:
    """The group that `data` describes, see conditions_input.read; raises BadConditions."""
    return conditions_input.read(data, region=settings.DEFAULT_PHONE_REGION)


@transaction.atomic
def save_rule(
    rule: RoutingRule, condition: Group | None = None, *, position: int | None = None
) -> RoutingRule:
    """Store a rule and, unless None, its condition in place of the one it had. Raises BadConditions.

    Without `position` a rule stays where it is, and a new one comes last; too great a position is the last.
    The rules of a stream are numbered from 1 without gaps.
    """
    if condition is not None:
        rule.condition = read_conditions(condition.as_json()).as_json()
    before = RoutingRule.objects.filter(pk=rule.pk).first()
    streams = {rule.work_stream_id, before.work_stream_id if before else rule.work_stream_id}
    in_order = {stream_id: _locked_rules(stream_id) for stream_id in sorted(streams)}
    here = in_order[rule.work_stream_id]
    place = next((n for n, one in enumerate(here) if one.pk == rule.pk), len(here))
    others = [one for one in here if one.pk != rule.pk]
    place = place if position is None else min(position - 1, len(others))
    rule.position = place + 1
    rule.save()
    for stream_id, rules in in_order.items():
        rest = [one for one in rules if one.pk != rule.pk]
        _number([*rest[:place], rule, *rest[place:]] if stream_id == rule.work_stream_id else rest)
    return rule


@transaction.atomic
def delete_rule(rule: RoutingRule) -> None:
    """Delete a rule; those below it move up."""
    rules = _locked_rules(rule.work_stream_id)
    rule_id = rule.pk
    rule.delete()
    _number([one for one in rules if one.pk != rule_id])


@transaction.atomic
def reorder_rules(
    *, work_stream: WorkStream, ids: Sequence[int], seen: Sequence[int] | None = None
) -> list[int]:
    """Put a stream's rules in this order; returns the ids in order.

    With `seen`, the order that the person looked at. Raises Stale when the list names other rules than there
    are, or when somebody has changed that order meanwhile. Nothing is changed then.
    """
    rules = {rule.pk: rule for rule in _locked_rules(work_stream.pk)}
    _refuse_stale(list(rules), ids, seen)
    _number([rules[pk] for pk in ids])
    return list(ids)


def check_order(*, work_stream: WorkStream, ids: Sequence[int], seen: Sequence[int]) -> None:
    """Raise Stale if reorder_rules would now; only that decides, under the lock."""
    _refuse_stale(ids_in_order(work_stream), ids, seen)


def ids_in_order(work_stream: WorkStream) -> list[int]:
    """The stream's rules from top to bottom."""
    rows = RoutingRule.objects.filter(work_stream=work_stream).order_by("position", "id")
    return list(rows.values_list("id", flat=True))


def _refuse_stale(stored: list[int], ids: Sequence[int], seen: Sequence[int] | None) -> None:
    if sorted(ids) != sorted(stored):
        raise Stale(
            "The rules of this work stream are others meanwhile. Look at the list, and order it again."
        )
    if seen is not None and list(seen) != stored:
        raise Stale("Somebody has ordered these rules meanwhile. Look at the list, and order it again.")


@transaction.atomic
def move_rule(*, rule: RoutingRule, by: int) -> int:
    """Move a rule up (-1) or down (1), as far as there is room; returns its position. Raises Stale."""
    rules = _locked_rules(rule.work_stream_id)
    here = next((n for n, one in enumerate(rules) if one.pk == rule.pk), None)
    if here is None:
        raise Stale("This rule has been deleted meanwhile.")
    there = min(max(here + by, 0), len(rules) - 1)
    rules.insert(there, rules.pop(here))
    _number(rules)
    return there + 1


def _locked_rules(stream_id: int) -> list[RoutingRule]:
    """A stream's rules in order, under the stream's lock: whoever orders them waits for whoever does."""
    streams = WorkStream.objects.filter(pk=stream_id)
    if connection.features.has_select_for_update:
        streams = streams.select_for_update(no_key=True)
    streams.get()
    return list(RoutingRule.objects.filter(work_stream_id=stream_id).order_by("position", "id"))


def _number(rules: Sequence[RoutingRule]) -> None:
    """Give them the positions 1, 2, 3 …; those that have theirs are left alone."""
    for position, rule in enumerate(rules, start=1):
        if rule.position != position:
            rule.position = position
            rule.save(update_fields=["position"])


# --- work streams ---------------------------------------------------------------------------------


def set_status(work_stream: WorkStream, status: WorkStream.Status) -> bool:
    """Let a work stream start conversations, or none; whether that was a change."""
    if work_stream.status == status:
        return False
    work_stream.status = status
    work_stream.save(update_fields=["status"])
    return True


@transaction.atomic
def retire_work_stream(work_stream: WorkStream) -> None:
    """Take a work stream out of use. Its history stays; texts to its number are kept as unrouted.

    It gives its name free: it is called "<name> (retired 2026-11-21)" from then on.
    """
    now = timezone.now()
    name = f"{work_stream.name[:70]} (retired {now:%Y-%m-%d})"
    others = WorkStream.objects.filter(name__startswith=name).count()
    name += f" {others + 1}" if others else ""
    if WorkStream.objects.filter(pk=work_stream.pk, deleted_at=None).update(deleted_at=now, name=name):
        note_change(work_stream, {"deleted_at": (None, now), "name": (work_stream.name, name)})


@transaction.atomic
def reinstate_work_stream(work_stream: WorkStream) -> None:
    """Take a retired work stream into use again under its name. Raises Protected when that is taken."""
    held = WorkStream.objects.select_for_update().get(pk=work_stream.pk)
    if held.deleted_at is None:
        return
    name = RETIRED_NAME.sub("", held.name)
    if WorkStream.objects.filter(name=name).exclude(pk=held.pk).exists():
        raise Protected(f"Another work stream is called {name} now: rename that one first.")
    before = {"deleted_at": (held.deleted_at, None), "name": (held.name, name)}
    WorkStream.objects.filter(pk=held.pk).update(deleted_at=None, name=name)
    note_change(work_stream, before)
    work_stream.refresh_from_db()
