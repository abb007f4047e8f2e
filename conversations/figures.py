"""The figures of today: what each counts, by one query that also is the list behind it.

A figure is a set of conversations, and a number made of them: how many, or an average duration. No query
looks at more than LOOKED_AT conversations; beyond that a count says so, and an average is that of the
newest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DurationField, F, OuterRef, Q, QuerySet, Subquery, Sum

from agents.models import Agent
from conversations.models import Conversation, Message, Session, State
from conversations.transitions import USES_CAPACITY
from conversations.worklists import Count
from routing.models import Queue

LOOKED_AT = 5000
TOO_LONG = timedelta(minutes=5)
TODAY, DAY = "today", "24h"


@dataclass(frozen=True)
class Scope:
    """What is looked at: the time from `since` to `now`, and one queue or one agent alone."""

    since: datetime
    now: datetime
    queue_id: int | None = None
    agent_id: int | None = None


Rows = QuerySet[Conversation, Any]


def _of(scope: Scope, *, agent: str = "agent") -> Rows:
    rows = Conversation.objects.all()
    if scope.queue_id is not None:
        rows = rows.filter(queue_id=scope.queue_id)
    return rows if scope.agent_id is None else rows.filter(**{f"{agent}_id": scope.agent_id})


def _in_state(state: State) -> Callable[[Scope], Rows]:
    return lambda scope: _of(scope).filter(state=state)


def _started(scope: Scope) -> Rows:
    return _of(scope).filter(created_at__gte=scope.since, created_at__lte=scope.now)


def _closed(scope: Scope) -> Rows:
    rows = _of(scope, agent="closed_by").filter(state=State.CLOSED)
    return rows.filter(closed_at__gte=scope.since, closed_at__lte=scope.now)


def _taken(scope: Scope) -> Rows:
    turns = Session.objects.filter(conversation=OuterRef("pk")).order_by("id")
    taken = Subquery(turns.values("agent_accepted_at")[:1])
    return _started(scope).annotate(reached_at=taken).filter(reached_at__isnull=False)


def _answered(scope: Scope) -> Rows:
    rows = _started(scope).annotate(reached_at=_of_first_text("created_at"))
    return rows.filter(reached_at__isnull=False)


def _of_first_text(field: str) -> Subquery:
    """Of our first text in a conversation."""
    sent = Message.objects.filter(conversation=OuterRef("pk"), direction=Message.Direction.OUTBOUND)
    return Subquery(sent.order_by("seq").values(field)[:1])


def _handled(scope: Scope) -> Rows:
    turn = F("sessions__closed_at") - F("sessions__created_at")
    rows = _closed(scope).annotate(handled=Sum(turn, output_field=DurationField()))
    return rows.filter(handled__isnull=False)


def _since_start(row: Any) -> timedelta:
    passed: timedelta = row.reached_at - row.created_at
    return passed


def _handled_for(row: Any) -> timedelta:
    passed: timedelta = row.handled
    return passed


@dataclass(frozen=True)
class Figure:
    """A number with its meaning. Without `lasts` it counts; with it, it is the average of what that gives."""

    slug: str
    title: str
    definition: str
    rows: Callable[[Scope], Rows]
    newest_first: str
    lasts: Callable[[Any], timedelta] | None = None


FIGURES = {
    figure.slug: figure
    for figure in (
        Figure(
            "open", "Open", "Conversations in a queue now, that nobody has.",
            _in_state(State.OPEN), "-state_changed_at",
        ),
        Figure(
            "active", "Active", "Conversations that an agent works on now.",
            _in_state(State.ACTIVE), "-state_changed_at",
        ),
        Figure(
            "waiting", "Waiting", "Conversations parked now, until the customer writes.",
            _in_state(State.WAITING), "-state_changed_at",
        ),
        Figure(
            "wrap-up", "Wrap-up", "Conversations ended and not yet closed.",
            _in_state(State.WRAP_UP), "-state_changed_at",
        ),
        Figure(
            "started", "Started", "Conversations that began in this time.",
            _started, "-created_at",
        ),
        Figure(
            "closed", "Closed",
            "Conversations that became Closed in this time, by an agent or by themselves.",
            _closed, "-closed_at",
        ),
        Figure(
            "open-long", "Open for over 5 minutes", "Conversations Open now, and for more than 5 minutes.",
            lambda scope: _in_state(State.OPEN)(scope).filter(state_changed_at__lt=scope.now - TOO_LONG),
            "-state_changed_at",
        ),
        Figure(
            "active-long", "Active for over 5 minutes",
            "Conversations Active now, and for more than 5 minutes.",
            lambda scope: _in_state(State.ACTIVE)(scope).filter(state_changed_at__lt=scope.now - TOO_LONG),
            "-state_changed_at",
        ),
        Figure(
            "load", "In hand", "Conversations Active or in Wrap-up now: those that take capacity.",
            lambda scope: _of(scope).filter(state__in=USES_CAPACITY), "-state_changed_at",
        ),
        Figure(
            "wait", "Average wait",
            "From the start of a conversation until an agent first had it; of those that began in this time "
            "and that an agent has had.",
            _taken, "-created_at", _since_start,
        ),
        Figure(
            "response", "Average first response",
            "From the start of a conversation to our first text; of those that began in this time and were "
            "answered.",
            _answered, "-created_at", _since_start,
        ),
        Figure(
            "handle", "Average handle time",
            "How long agents had a conversation, all their turns together; of those that became Closed in "
            "this time.",
            _handled, "-closed_at", _handled_for,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    """A figure's number: a count, or an average (None: of nothing). `is_more`: there are more."""

    count: int
    average: timedelta | None = None
    is_more: bool = False


def values(slugs: Iterable[str], scope: Scope) -> dict[str, Value]:
    """The numbers of these figures. One statement for all counts, one for each average."""
    figures = [FIGURES[slug] for slug in slugs]
    counted = [figure for figure in figures if figure.lasts is None]
    columns = {f"count_{n}": _count(figure.rows(scope)) for n, figure in enumerate(counted)}
    row = Queue.objects.filter(is_default=True).annotate(**columns).values(*columns).get() if columns else {}
    found = {figure.slug: _counted(row[f"count_{n}"]) for n, figure in enumerate(counted)}
    return found | {figure.slug: _averaged(figure, scope) for figure in figures if figure.lasts}


def _count(rows: Rows) -> Count:
    return Count(rows.order_by().values("pk")[:LOOKED_AT])


def _counted(number: int) -> Value:
    return Value(number, is_more=number >= LOOKED_AT)


def _averaged(figure: Figure, scope: Scope) -> Value:
    assert figure.lasts is not None
    rows = figure.rows(scope).only("created_at").order_by(figure.newest_first, "-id")[:LOOKED_AT]
    lasted = [max(figure.lasts(row), timedelta(0)) for row in rows]
    average = sum(lasted, timedelta(0)) / len(lasted) if lasted else None
    return Value(len(lasted), average, is_more=len(lasted) >= LOOKED_AT)


def by_hour(slug: str, scope: Scope) -> list[int]:
    """How many fall into each hour from `scope.since` to the present one, by the time they are sorted by."""
    figure = FIGURES[slug]
    field = figure.newest_first.lstrip("-")
    hours = [0] * (int((scope.now - scope.since).total_seconds() // 3600) + 1)
    for moment in figure.rows(scope).order_by(figure.newest_first).values_list(field, flat=True)[:LOOKED_AT]:
        hours[int((moment - scope.since).total_seconds() // 3600)] += 1
    return hours


@dataclass(frozen=True)
class QueueLine:
    """A queue: how many wait in it, and since when the first."""

    id: int
    name: str
    waiting: Value
    oldest: datetime | None


def queues(scope: Scope) -> list[QueueLine]:
    """All queues in their order of priority. One statement."""
    waiting = Conversation.objects.filter(queue=OuterRef("pk"), state=State.OPEN)
    rows = Queue.objects.annotate(
        waiting=_count(waiting),
        oldest=Subquery(waiting.order_by("state_changed_at").values("state_changed_at")[:1]),
    )
    found = rows.order_by("priority", "name").values_list("id", "name", "waiting", "oldest")
    return [QueueLine(pk, name, _counted(number), oldest) for pk, name, number, oldest in found]


@dataclass(frozen=True)
class AgentLine:
    """An agent: capacity used, conversations in hand, what they closed in this time, and first answered."""

    id: int
    name: str
    used: int
    capacity: int
    in_hand: Value
    closed: Value
    handle: timedelta | None
    response: timedelta | None


def agents(scope: Scope) -> list[AgentLine]:
    """Everybody who may log in and has a conversation now, or closed one in this time. Three statements."""
    mine = Conversation.objects.filter(agent=OuterRef("pk"), state__in=USES_CAPACITY)
    closed = Conversation.objects.filter(
        closed_by=OuterRef("pk"), state=State.CLOSED, closed_at__gte=scope.since, closed_at__lte=scope.now
    )
    units = mine.order_by().values("agent").annotate(all=Sum("units")).values("all")
    rows = (
        Agent.objects.filter(user__is_active=True)
        .select_related("user")
        .annotate(
            used=Subquery(units),
            in_hand=_count(mine),
            closed=_count(closed),
        )
        .filter(Q(in_hand__gt=0) | Q(closed__gt=0))
        .order_by("user__first_name", "user__last_name", "pk")[:LOOKED_AT]
    )
    handle, response = _handle_by_agent(scope), _response_by_user(scope)
    return [
        AgentLine(
            row.pk, str(row), row.used or 0, row.capacity, _counted(row.in_hand), _counted(row.closed),
            handle.get(row.pk), response.get(row.user_id),
        )
        for row in rows
    ]  # fmt: skip


def _handle_by_agent(scope: Scope) -> dict[int, timedelta]:
    """The average handle time of what each agent closed."""
    rows: Any = _handled(scope).filter(closed_by__isnull=False).order_by("-closed_at")
    lasted: dict[int, list[timedelta]] = {}
    for row in rows.only("closed_by")[:LOOKED_AT]:
        lasted.setdefault(row.closed_by_id, []).append(row.handled)
    return _averages(lasted)


def _response_by_user(scope: Scope) -> dict[int, timedelta]:
    """The average first response of those conversations that each person was the first to answer."""
    rows: Any = _answered(scope).annotate(answered_by=_of_first_text("author_id"))
    rows = rows.filter(answered_by__isnull=False).order_by("-created_at")
    lasted: dict[int, list[timedelta]] = {}
    for row in rows.only("created_at")[:LOOKED_AT]:
        lasted.setdefault(row.answered_by, []).append(_since_start(row))
    return _averages(lasted)


def _averages(lasted: dict[int, list[timedelta]]) -> dict[int, timedelta]:
    return {pk: sum(all_, timedelta(0)) / len(all_) for pk, all_ in lasted.items()}


@dataclass(frozen=True)
class Listed:
    """A page of the conversations behind a figure; `older` is the place after which the next one starts."""

    rows: Sequence[Conversation]
    older: int
    is_last: bool


def behind(figure: Figure, scope: Scope, *, skip: int, size: int) -> Listed:
    """The conversations that the figure's number is made of, newest first. One statement.

    Nothing beyond LOOKED_AT is shown, as nothing beyond it is counted.
    """
    end = min(skip + size, LOOKED_AT)
    rows = figure.rows(scope).select_related("queue", "agent__user", "number", "closed_by__user")
    found = list(rows.order_by(figure.newest_first, "-id")[skip : end + 1])
    return Listed(found[: end - skip], end, len(found) <= end - skip or end >= LOOKED_AT)
