"""What is around every page of the desk: the navigation, the list with its orders and filters."""

from datetime import datetime
from typing import Any

from agents.models import Agent
from channels_app.sessions import has_windows
from conversations import feed, list_counts, navigation, worklists
from conversations.bar import bar
from conversations.rows import rows
from conversations.saved_views import views_of
from conversations.worklists import Seat, Worklist
from routing.models import Queue

MOST_CHOICES = 200


def frame(after: str, *, seat: Seat, worklist: Worklist, now: datetime) -> tuple[dict[str, Any], feed.Cursor]:
    """Navigation and list, and the cursor that stands for them; `after`: where the list's page starts."""
    counts = list_counts.counts(seat=seat, now=now)
    queues = list(list_counts.queues(seat, most=MOST_CHOICES))
    context, cursor = listed(after, seat=seat, worklist=worklist, now=now, counts=counts)
    agents = _agents(seat, worklist)
    context |= around(counts, seat=seat, worklist=worklist, queues=queues)
    context |= {
        "orders": navigation.orders(worklist, has_windows=has_windows()),
        "chips": navigation.chips(worklist, queues=queues, agents=agents),
        "selects": navigation.selects(worklist, seat=seat, queues=queues, agents=agents),
    }
    return context | bar(seat, used_capacity=counts[list_counts.USED]), cursor


def listed(
    after: str, *, seat: Seat, worklist: Worklist, now: datetime, counts: dict[str, int]
) -> tuple[dict[str, Any], feed.Cursor]:
    """A page of the list."""
    page = worklists.page(worklist, seat=seat, after=after, now=now)
    context = {
        "worklist": worklist,
        "rows": rows(page.rows, worklist=worklist, seat=seat, now=now),
        "after": after,
        "older": page.older,
        "listed": page.rows,
    }
    return context, feed.cursor_of_list(page, counts)


def around(
    counts: dict[str, int], *, seat: Seat, worklist: Worklist | None, queues: list[Queue] | None = None
) -> dict[str, Any]:
    """The navigation; `queues` when they were read already."""
    if queues is None:
        queues = list(list_counts.queues(seat, most=list_counts.MOST_QUEUES))
    groups = navigation.groups(
        counts,
        seat=seat,
        queues=queues[: list_counts.MOST_QUEUES],
        saved=views_of(seat),
        current=worklist,
    )
    return {
        "groups": groups,
        "list_title": navigation.title_of(groups, worklist) if worklist else "",
    }


def _agents(seat: Seat, worklist: Worklist) -> list[Agent]:
    """Whom a list can be narrowed to: colleagues, for whoever sees everything."""
    if not seat.sees_everything or worklist.stream.slug not in ("ongoing", "all"):
        return []
    found = Agent.objects.filter(user__is_active=True).select_related("user")
    return list(found.order_by("user__username")[:MOST_CHOICES])
