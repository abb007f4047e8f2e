"""What diagnostics keep, and for how long. The truth (texts, deliveries, conversations) stays."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from channels_app.models_deliveries import ProviderCall
from channels_app.models_receipts import Refusal, WebhookReceipt
from omnichannel.lib.queue import still_alive

State = WebhookReceipt.State
REMOVED_AT_ONCE, MOST_ROUNDS = 500, 20


def remove_old(*, now: datetime) -> int:
    """Remove finished webhooks, refusals and calls that are older than their days; returns how many.

    Bounded: what is left goes with the next round. A webhook that waits or has failed stays until it is
    done. The text that was taken out of a webhook stays, and its id keeps a late twin away.
    """
    receipts_until = now - timedelta(days=settings.KEEP_RECEIPTS_DAYS)
    calls_until = now - timedelta(days=settings.KEEP_CALLS_DAYS)
    finished = WebhookReceipt.objects.filter(
        received_at__lt=receipts_until, state__in=[State.DONE, State.IGNORED]
    )
    return (
        _remove(finished.order_by("received_at"))
        + _remove(Refusal.objects.filter(at__lt=receipts_until).order_by("id"))
        + _remove(ProviderCall.objects.filter(at__lt=calls_until).order_by("at"))
    )


def _remove(old: QuerySet) -> int:
    total = 0
    for _ in range(MOST_ROUNDS):
        ids = list(old.values_list("pk", flat=True)[:REMOVED_AT_ONCE])
        if not ids:
            break
        # By id and once more by what makes them old: one that was reopened meanwhile stays.
        old.model._base_manager.filter(pk__in=ids).filter(pk__in=old.order_by().values("pk")).delete()
        total += len(ids)
        still_alive()
    return total
