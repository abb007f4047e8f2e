"""The page of figures as plain data: numbers in words, plots, tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from conversations import figures
from conversations.figures import DAY, FIGURES, TODAY, Scope, Value
from conversations.presenters import ago
from omnichannel.lib import periods

SPANS = {TODAY: "Today", DAY: "Last 24 hours"}
STATES = ("open", "active", "waiting", "wrap-up")
TIMES = ("wait", "response", "handle")
LONG = ("open-long", "active-long")
PLOTTED = ("started", "closed")
# A plot in units of its own picture.
PLOT_HEIGHT, BAR, GAP = 60, 8, 2


def scope_of(span: str, now: datetime, *, queue_id: int | None = None, agent_id: int | None = None) -> Scope:
    """The time of a span (see SPANS) in the reader's zone; today for whatever else is written."""
    since, _ = periods.bounds(when=span if span in SPANS else TODAY, now=now)
    assert since is not None
    return Scope(since, now, queue_id, agent_id)


@dataclass(frozen=True)
class Card:
    """A figure as it is shown."""

    slug: str
    title: str
    number: str
    of: str
    definition: str


@dataclass(frozen=True)
class Bar:
    """One hour of a plot; places and sizes in units of the picture."""

    x: int
    y: float
    height: float
    words: str


@dataclass(frozen=True)
class Plot:
    """A figure over the hours, with the same in words for those who do not see it."""

    card: Card
    width: int
    height: int
    bars: list[Bar]
    first: datetime
    last: datetime
    most: int


@dataclass(frozen=True)
class Overview:
    """All of the page but the tables."""

    states: list[Card]
    times: list[Card]
    long: list[Card]
    plots: list[Plot]


def overview(scope: Scope) -> Overview:
    """The figures of a scope. Six statements."""
    found = figures.values([*STATES, *LONG, *PLOTTED, *TIMES], scope)
    cards = {slug: _card(slug, value) for slug, value in found.items()}
    plots = [_plot(cards[slug], figures.by_hour(slug, scope), scope) for slug in PLOTTED]
    return Overview(
        states=[cards[slug] for slug in STATES],
        times=[cards[slug] for slug in TIMES],
        long=[cards[slug] for slug in LONG],
        plots=plots,
    )


def _card(slug: str, value: Value) -> Card:
    figure = FIGURES[slug]
    if figure.lasts is None:
        return Card(slug, figure.title, counted(value), "", figure.definition)
    newest = "the newest " if value.is_more else ""
    return Card(slug, figure.title, lasting(value.average), f"of {newest}{value.count}", figure.definition)


def counted(value: Value) -> str:
    """The count; with a plus when nobody has counted further."""
    return f"{value.count - 1}+" if value.is_more else str(value.count)


def lasting(passed: timedelta | None) -> str:
    """A duration in its two largest units; a dash for none."""
    if passed is None:
        return "–"
    seconds = int(passed.total_seconds())
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 60:
        return f"{seconds} s"
    if minutes < 60:
        return f"{minutes} min {seconds % 60} s"
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def _plot(card: Card, hours: Sequence[int], scope: Scope) -> Plot:
    most = max([*hours, 1])
    bars = []
    for n, count in enumerate(hours):
        begins = timezone.localtime(scope.since + timedelta(hours=n))
        height = round(count / most * PLOT_HEIGHT, 1)
        bars.append(Bar(n * (BAR + GAP), PLOT_HEIGHT - height, height, f"{begins:%H:%M}: {count}"))
    # As wide as a day, so that the hours stand where they always stand.
    width = max(len(hours), 24) * (BAR + GAP) - GAP
    return Plot(
        card, width, PLOT_HEIGHT, bars, scope.since, scope.since + timedelta(hours=24), max(hours, default=0)
    )


@dataclass(frozen=True)
class Listed:
    """A conversation behind a figure; `lasted` where the figure is a duration."""

    id: int
    title: str
    queue: str
    agent: str
    state: str
    since: datetime
    ago: str
    lasted: str


def listed(slug: str, scope: Scope, rows: Sequence[object]) -> list[Listed]:
    """The rows of figures.behind."""
    figure = FIGURES[slug]
    return [_listed(figure, scope, row) for row in rows]


def _listed(figure: figures.Figure, scope: Scope, row: object) -> Listed:
    one: Any = row
    since = getattr(one, figure.newest_first.lstrip("-"))
    agent = one.agent or one.closed_by
    return Listed(
        id=one.pk,
        title=one.title,
        queue=one.queue.name,
        agent=str(agent or ""),
        state=one.get_state_display(),
        since=since,
        ago=ago(scope.now - since),
        lasted=lasting(figure.lasts(one)) if figure.lasts else "",
    )


def query(span: str, **more: int | None) -> str:
    """The rest of an address within the page: the span and what narrows it."""
    return urlencode({"span": span} | {name: value for name, value in more.items() if value})
