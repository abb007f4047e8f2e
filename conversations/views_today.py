"""Figures of today, for supervisors, and the conversations behind each."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from agents.models import Agent
from conversations import figures
from conversations import today as page
from conversations.bar import bar
from conversations.figures import FIGURES, LOOKED_AT, TODAY
from conversations.views import at_desk
from conversations.worklists import PAGE, Seat
from omnichannel.lib.ids import whole_number
from routing.models import Queue


def _span(request: HttpRequest) -> str:
    span = request.GET.get("span", TODAY)
    return span if span in page.SPANS else TODAY


def _supervisors_only(seat: Seat) -> None:
    if not seat.sees_everything:
        raise Http404


@require_GET
@at_desk
def today(request: HttpRequest, seat: Seat) -> HttpResponse:
    """All figures, each with its meaning and a link to its list."""
    _supervisors_only(seat)
    span, now = _span(request), timezone.now()
    scope = page.scope_of(span, now)
    context = bar(seat) | {
        "span": span,
        "spans": page.SPANS,
        "since": scope.since,
        "now": now,
        "overview": page.overview(scope),
        "queues": [
            (line, page.counted(line.waiting), line.oldest and page.lasting(now - line.oldest))
            for line in figures.queues(scope)
        ],
        "agents": [
            (
                line,
                page.counted(line.in_hand),
                page.counted(line.closed),
                page.lasting(line.handle),
                page.lasting(line.response),
            )
            for line in figures.agents(scope)
        ],
    }
    return render(request, "desk/today.html", context)


@require_GET
@at_desk
def behind(request: HttpRequest, seat: Seat, *, figure: str) -> HttpResponse:
    """The conversations that a figure is made of; of one queue or one agent with `queue` or `agent`."""
    _supervisors_only(seat)
    if figure not in FIGURES:
        raise Http404
    chosen, span = FIGURES[figure], _span(request)
    queue = _narrowed(Queue, request.GET.get("queue"))
    agent = _narrowed(Agent, request.GET.get("agent"))
    narrow = {"queue": queue and queue.pk, "agent": agent and agent.pk}
    scope = page.scope_of(span, timezone.now(), queue_id=narrow["queue"], agent_id=narrow["agent"])
    skip = min(whole_number(request.GET.get("skip", "")) or 0, LOOKED_AT)
    found = figures.behind(chosen, scope, skip=skip, size=PAGE)
    context = bar(seat) | {
        "figure": chosen,
        "span": span,
        "words": page.SPANS[span],
        "of": queue or agent,
        "rows": page.listed(figure, scope, found.rows),
        "skip": skip,
        "older": "" if found.is_last else f"{page.query(span, **narrow)}&skip={found.older}",
    }
    return render(request, "desk/figure.html", context)


def _narrowed(model: Any, text: str | None) -> Any:
    """The one that the address names; None when it names none. Raises Http404."""
    if not text:
        return None
    found = model.objects.filter(pk=whole_number(text) or 0).first()
    if found is None:
        raise Http404
    return found
