"""What a rule would have done with last week's conversations. Writes nothing.

The facts of each decision are stored with it; the rules of today are tried on them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from agents.models import User
from agents.roles import sees_everything
from conversations.access import visible
from conversations.models import Conversation, RoutingDecision
from routing.conditions import Facts, is_true
from routing.models import WorkStream
from routing.rules import Rule
from routing.services import rules_of

LOOKS_BACK = timedelta(days=7)
MOST_DECISIONS = 5_000
LISTED_AT_MOST = 50
SHOWN_TEXT = 120


@dataclass(frozen=True)
class Past:
    """A conversation that the rule would have matched. `taken_by` is the earlier rule that would have won."""

    conversation_id: int
    title: str
    text: str
    decided_at: datetime
    went_to: str
    reason: str
    taken_by: str


@dataclass(frozen=True)
class Hindsight:
    """How many were looked at, how many the rule is true of by itself, how many it would win at its place.

    `is_bounded`: there were more, and only the newest MOST_DECISIONS were looked at.
    """

    looked_at: int
    is_bounded: bool
    matched: int
    won: int
    listed: list[Past]


def would_have(
    *, user: User, work_stream: WorkStream, rule: Rule, position: int | None, now: datetime
) -> Hindsight:
    """What the rule would have done at this position (None: the last), among what the person may see."""
    others = [one for one in rules_of(work_stream) if one.id != rule.id]
    above = others if position is None else others[: position - 1]
    found = list(_decisions(user, work_stream, now).values_list("id", "facts")[: MOST_DECISIONS + 1])
    looked_at = found[:MOST_DECISIONS]
    matched = {
        pk: _taken_by(above, facts) for pk, facts in looked_at if facts and is_true(rule.condition, facts)
    }
    return Hindsight(
        looked_at=len(looked_at),
        is_bounded=len(found) > MOST_DECISIONS,
        matched=len(matched),
        won=sum(1 for name in matched.values() if not name),
        listed=_listed(matched),
    )


def _decisions(user: User, work_stream: WorkStream, now: datetime) -> QuerySet[RoutingDecision]:
    """Those of the last days, newest first."""
    found = RoutingDecision.objects.filter(work_stream=work_stream, decided_at__gte=now - LOOKS_BACK)
    if not sees_everything(user):
        found = found.filter(conversation__in=visible(user))
    return found.order_by("-decided_at", "-id")


def _taken_by(above: list[Rule], facts: Facts) -> str:
    return next((one.name for one in above if is_true(one.condition, facts)), "")


def _listed(matched: dict[int, str]) -> list[Past]:
    """The newest of them, with where they went in truth."""
    rows = RoutingDecision.objects.filter(pk__in=list(matched)[:LISTED_AT_MOST])
    rows = rows.select_related("queue", "conversation").order_by("-decided_at", "-id")
    return [_past(row, row.conversation, matched[row.pk]) for row in rows]


def _past(row: RoutingDecision, conversation: Conversation, taken_by: str) -> Past:
    return Past(
        conversation_id=conversation.pk,
        title=conversation.title,
        text=str(row.facts.get("first_message", ""))[:SHOWN_TEXT],
        decided_at=row.decided_at,
        went_to=row.queue.name,
        reason=row.reason,
        taken_by=taken_by,
    )
