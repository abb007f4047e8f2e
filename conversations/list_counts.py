"""How many are in each list of the navigation: never more than can be counted at a glance."""

from datetime import datetime
from typing import Any

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat

from agents.models import Agent
from conversations.models import GOES_ON, Conversation, State
from conversations.services import used_units
from conversations.worklists import STREAMS, Count, Seat, Worklist, items
from routing.models import Queue
from routing.services import queues_of

# Counting stops here, so that a backlog costs the navigation no more than a quiet day.
MOST_COUNTED = 100
# Beside the lists: how many units of capacity the person's conversations use.
USED = "used"
# Queues that have a place in the navigation.
MOST_QUEUES = 20


class _Listed(Subquery):
    """The column `said` of a query as one text, with commas between."""

    template = "(SELECT STRING_AGG(listed.said, ',') FROM (%(subquery)s) AS listed)"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """SQLite's word for it."""
        template = self.template.replace("STRING_AGG", "GROUP_CONCAT")
        return self.as_sql(compiler, connection, template=template, **extra)


def presets(seat: Seat) -> dict[str, Worklist]:
    """The views that everybody has: of one's own work, and of everybody's for whoever sees that."""
    mine = Worklist(STREAMS["my"])
    theirs = Worklist(STREAMS["ongoing"]) if seat.sees_everything else mine
    return {
        "Waiting": theirs.narrowed(state=State.WAITING.value),
        "Unread": mine.narrowed(unread=True),
        "Failed message": theirs.narrowed(failed=True),
        "Closing soon": Worklist(STREAMS["ongoing"]).narrowed(closing=True),
    }


def streams(seat: Seat) -> list[Worklist]:
    """The streams of this person's navigation."""
    shown = [slug for slug in STREAMS if seat.sees_everything or slug in ("my", "open", "closed")]
    return [Worklist(STREAMS[slug]) for slug in shown]


def of_queue(queue_id: int) -> Worklist:
    """What is going on in a queue."""
    return Worklist(STREAMS["ongoing"]).narrowed(queue=queue_id)


def queues(seat: Seat, *, most: int) -> QuerySet[Queue]:
    """The queues of this person, the most urgent first."""
    theirs = Queue.objects.all() if seat.sees_everything else queues_of(seat.agent)
    return theirs.order_by("priority", "name", "pk")[:most]


def _counted(seat: Seat) -> list[Worklist]:
    """What has a column of its own. All conversations are too many to be worth a number."""
    return [w for w in streams(seat) if w.stream.slug != "all"] + list(presets(seat).values())


def columns(*, seat: Seat, now: datetime) -> dict[str, Any]:
    """The size of each list (MOST_COUNTED at most) as columns for annotate(); `read` tells what they say."""
    found: dict[str, Any] = {
        f"count_{number}": Count(items(wanted, seat=seat, now=now).order_by().values("pk")[:MOST_COUNTED])
        for number, wanted in enumerate(_counted(seat))
    }
    here = Conversation.objects.filter(GOES_ON, queue=OuterRef("pk"))
    size = Cast(Count(here.values("pk")[:MOST_COUNTED]), TextField())
    said = Concat(Cast("pk", TextField()), Value(":"), size, output_field=TextField())
    shown = Queue.objects.filter(pk__in=queues(seat, most=MOST_QUEUES).values("pk"))
    found["count_used"] = Coalesce(Subquery(used_units(seat.agent)), 0, output_field=IntegerField())
    return found | {"count_queues": _Listed(shown.order_by("pk").annotate(said=said).values("said"))}


def read(row: dict[str, Any], *, seat: Seat) -> dict[str, int]:
    """The counts by the address of their list, from a row with `columns`."""
    found = {wanted.slug: row[f"count_{number}"] for number, wanted in enumerate(_counted(seat))}
    found[USED] = row["count_used"]
    for said in (row["count_queues"] or "").split(","):
        queue_id, _, size = said.partition(":")
        if size:
            found[of_queue(int(queue_id)).slug] = int(size)
    return found


def counts(*, seat: Seat, now: datetime) -> dict[str, int]:
    """The size of each list by its address, MOST_COUNTED at most. One statement."""
    found = columns(seat=seat, now=now)
    rows = Agent.objects.filter(pk=seat.agent.pk).annotate(**found)
    return read(rows.values(*found).get(), seat=seat)
