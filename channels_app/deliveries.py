"""The one way a delivery changes: a conditional UPDATE, its event, and a ring."""

from datetime import datetime

from django.db.models import QuerySet

from channels_app.models_deliveries import Delivery, DeliveryEvent
from channels_app.providers.base import Error
from omnichannel.lib.queue import ring

S = Delivery.State
CHANGED = "delivery.changed"
DUE = "delivery.due"


def move(
    delivery_id: int, *, from_states: list[str], state: str, word: str, now: datetime, **values: object
) -> bool:
    """Move a delivery, note the event, and ring; False when it had moved on. In the caller's transaction.

    `values` are further columns to set; the explanation and the provider's code go into the event as well.
    """
    moved = Delivery.objects.filter(pk=delivery_id, state__in=from_states).update(
        state=state, state_changed_at=now, is_news=True, **values
    )
    if moved:
        detail = str(values.get("explanation", ""))
        note(delivery_id, word, now, code=str(values.get("provider_code", "")), detail=detail)
        ring(CHANGED)
    return bool(moved)


def note(delivery_id: int, word: str, now: datetime, *, code: str = "", detail: str = "") -> None:
    """Keep that something happened, whether or not it changed the state."""
    DeliveryEvent.objects.create(
        delivery_id=delivery_id, word=word[:24], provider_code=code[:16], detail=detail[:500], at=now
    )


def adopt(delivery: Delivery, external_id: str, now: datetime) -> None:
    """Give a delivery the provider's id that is surely its own, whatever was thought before.

    A twin in doubt (same text, same customer) that a search had given this id goes back to doubt.
    """
    holders = Delivery.objects.filter(account_id=delivery.account_id, external_id=external_id)
    for twin_id in holders.exclude(pk=delivery.pk).values_list("pk", flat=True):
        move(
            twin_id,
            from_states=S.values,
            state=S.UNKNOWN,
            word="mistaken",
            now=now,
            external_id="",
            searches=0,
            searched_at=None,
            next_attempt_at=now,
            error=Error.AMBIGUOUS,
            explanation="Nobody knows whether it was accepted.",
        )
    Delivery.objects.filter(pk=delivery.pk, external_id="").update(external_id=external_id)


def cancel_pending(pending: QuerySet[Delivery], *, reason: str, sentence: str, now: datetime) -> int:
    """Cancel whatever has not left yet; returns how many. What is leaving is past recall."""
    ids = list(pending.filter(state=S.PENDING).values_list("id", flat=True))
    return sum(cancel(pk, reason=reason, sentence=sentence, now=now) for pk in ids)


def cancel(delivery_id: int, *, reason: str, sentence: str, now: datetime) -> bool:
    """Cancel one delivery unless it is leaving already; True when it was cancelled."""
    return move(
        delivery_id,
        from_states=[S.PENDING],
        state=S.CANCELED,
        word="canceled",
        now=now,
        error=reason,
        explanation=sentence,
    )


def reschedule(delivery_id: int, *, not_before: datetime | None, now: datetime) -> bool:
    """Let a delivery leave at another time, or at once (None), unless it is leaving already; True when it
    will. can_send is asked again when it leaves.
    """
    changed = Delivery.objects.filter(pk=delivery_id, state=S.PENDING).update(
        not_before=not_before, next_attempt_at=not_before or now
    )
    if changed:
        note(delivery_id, "rescheduled" if not_before else "hastened", now)
        ring(DUE)
    return bool(changed)
