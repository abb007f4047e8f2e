"""The way around the desk's lists, as plain data: the navigation, a list's orders, its filters."""

from collections.abc import Iterable
from dataclasses import dataclass

from agents.models import Agent
from conversations import list_counts
from conversations.filters import Order, parts_of
from conversations.list_counts import MOST_COUNTED
from conversations.models import State
from conversations.models_desk import SavedView
from conversations.worklists import Seat, Worklist
from routing.models import Channel, Queue

ORDERS = {
    Order.OWN: "Last activity",
    Order.ACTIVITY: "Last activity",
    Order.WAITING: "Longest wait",
    Order.WINDOW: "Window closing",
    Order.CREATED: "Newest",
    Order.TRANSFERS: "Most transfers",
}
# Where the stream's own order is another one.
OWN_ORDERS = {"open": "By priority", "closed": "Closed last"}
WAITS = (5, 15, 30, 60, 240, 1440)


@dataclass(frozen=True)
class Tab:
    """One entry of the navigation."""

    slug: str
    title: str
    count: str
    is_current: bool


@dataclass(frozen=True)
class Group:
    """Entries of one kind."""

    key: str
    title: str
    tabs: list[Tab]


def groups(
    counts: dict[str, int],
    *,
    seat: Seat,
    queues: Iterable[Queue],
    saved: Iterable[SavedView],
    current: Worklist | None,
) -> list[Group]:
    """The navigation with bounded counts; groups without entries are left out."""
    views = list(saved)
    slug = current.slug if current else ""

    def tab(of: str, title: str) -> Tab:
        return Tab(of, title, _bounded(counts.get(of)), of == slug)

    own = [tab(address_of(view), view.name) for view in views if view.owner_id]
    team = [tab(address_of(view), view.name) for view in views if not view.owner_id]
    found = [
        Group("streams", "Work items", [tab(w.slug, w.title) for w in list_counts.streams(seat)]),
        Group("views", "Views", [tab(w.slug, title) for title, w in list_counts.presets(seat).items()]),
        Group("queues", "Queues", [tab(list_counts.of_queue(q.pk).slug, q.name) for q in queues]),
        Group("own", "My views", own),
        Group("team", "Team views", team),
    ]
    return _with_stream([group for group in found if group.tabs], current)


def _with_stream(found: list[Group], current: Worklist | None) -> list[Group]:
    """A list that has no entry of its own belongs to its stream's."""
    if current is None or any(tab.is_current for group in found for tab in group.tabs):
        return found
    tabs = [Tab(t.slug, t.title, t.count, t.slug == current.stream.slug) for t in found[0].tabs]
    return [Group(found[0].key, found[0].title, tabs), *found[1:]]


def address_of(view: SavedView) -> str:
    """The list that was saved, as in addresses."""
    return f"{view.stream};{view.query}" if view.query else view.stream


def _bounded(count: int | None) -> str:
    if count is None:
        return ""
    return str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def title_of(found: list[Group], current: Worklist) -> str:
    """What the list is called: by its entry in the navigation, else by its stream."""
    tabs = (tab for group in found for tab in group.tabs if tab.slug == current.slug)
    return next((tab.title for tab in tabs), current.title)


# --- orders and filters ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """Something that can be chosen."""

    value: str
    words: str
    is_current: bool


def orders(current: Worklist, *, has_windows: bool) -> list[Choice]:
    """The orders of a list, each with the address of the list in it."""
    own = OWN_ORDERS.get(current.stream.slug, ORDERS[Order.OWN])
    return [
        Choice(
            current.narrowed(order=order).slug,
            own if order is Order.OWN else ORDERS[order],
            order is current.filters.order,
        )
        for order in current.stream.orders
        if has_windows or order is not Order.WINDOW
    ]


@dataclass(frozen=True)
class Chip:
    """A filter that is set; `without` is the list without it."""

    words: str
    without: str


def chips(current: Worklist, *, queues: Iterable[Queue], agents: Iterable[Agent]) -> list[Chip]:
    """The filters that are set, in words."""
    named = {
        "channel": dict(Channel.choices),
        "state": dict(State.choices),
        "queue": {str(queue.pk): queue.name for queue in queues},
        "agent": {str(agent.pk): str(agent) for agent in agents},
    }
    said = {
        "queue": "Queue: {}",
        "agent": "Agent: {}",
        "waits": "Waits {} min or longer",
        "unread": "Unread",
        "failed": "Failed message",
        "closing": "Closing soon",
    }
    bare = {"queue": None, "agent": None, "waits": None, "channel": "", "state": ""}
    return [
        Chip(
            said.get(name, "{}").format(named.get(name, {}).get(value, value)),
            current.narrowed(**{name: bare.get(name, False)}).slug,
        )
        for name, value in parts_of(current.filters).items()
        if name != "order"
    ]


@dataclass(frozen=True)
class Select:
    """A field of the filter's form."""

    name: str
    label: str
    choices: list[Choice]


def selects(
    current: Worklist, *, seat: Seat, queues: Iterable[Queue], agents: Iterable[Agent]
) -> list[Select]:
    """The fields that have several values; agents are for whoever sees everything."""
    chosen = parts_of(current.filters)

    def select(name: str, label: str, choices: Iterable[tuple[object, str]]) -> Select:
        value = chosen.get(name, "")
        found = [Choice("", "Any", not value)]
        return Select(name, label, found + [Choice(str(v), words, str(v) == value) for v, words in choices])

    fields = [
        select("channel", "Channel", Channel.choices),
        select("queue", "Queue", [(queue.pk, queue.name) for queue in queues]),
        select("waits", "Customer waits", [(minutes, _at_least(minutes)) for minutes in WAITS]),
    ]
    if current.stream.slug in ("my", "ongoing", "all"):
        fields.insert(1, select("state", "State", _states(current)))
    if seat.sees_everything and current.stream.slug in ("ongoing", "all"):
        fields.insert(2, select("agent", "Agent", [(agent.pk, str(agent)) for agent in agents]))
    return fields


def _states(current: Worklist) -> list[tuple[str, str]]:
    left_out = {"my": {State.OPEN, State.CLOSED}, "ongoing": {State.CLOSED}}.get(current.stream.slug, set())
    return [(state.value, str(state.label)) for state in State if state not in left_out]


def _at_least(minutes: int) -> str:
    return f"{minutes} min or longer" if minutes < 60 else f"{minutes // 60} h or longer"
