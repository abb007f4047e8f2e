"""What the health rules are asked with: bounded looks through indexes, never a count of a whole table."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from channels_app.health import WINDOW, AccountFacts, Drift, NumberFacts
from channels_app.models import Number, ProviderAccount
from channels_app.models_deliveries import Delivery
from channels_app.models_health import AccountWatch
from channels_app.models_receipts import InboundText, Refusal, WebhookReceipt
from channels_app.refusals import NOT_LOOKED_INTO

S = Delivery.State
LOOKED_AT = 2_000
LAST_TEXTS_IN = 20
DUE_FOR = timedelta(seconds=30)
FAILED = frozenset({S.FAILED, S.UNDELIVERED})
DELIVERED = frozenset({S.DELIVERED, S.READ})
FINISHED = FAILED | DELIVERED | {S.SENT}


def account_facts(account: ProviderAccount, *, now: datetime) -> AccountFacts:
    """An account as it stands. Five statements."""
    refusals = Refusal.objects.filter(account=account).order_by("-id").values_list("at", "verdict", "reason")
    refused = list(refusals[:50])
    waiting = WebhookReceipt.objects.filter(account=account, state=WebhookReceipt.State.RECEIVED)
    drift = AccountWatch.objects.filter(account=account).values_list("drift", flat=True).first()
    return AccountFacts(
        validation=account.last_validation_status,
        drift=tuple(Drift(**each) for each in drift or ()),
        refused_at=tuple(at for at, _, _ in refused),
        refused_for=_refused_for([(verdict, reason) for _, verdict, reason in refused]),
        oldest_receipt_at=waiting.order_by("id").values_list("received_at", flat=True).first(),
        missed=missed_texts(account, now=now),
    )


def _refused_for(refused: Sequence[tuple[str, str]]) -> str:
    """The newest verdict found, else the newest reason. `refused`: (verdict, reason), newest first."""
    verdicts = (verdict for verdict, _ in refused if verdict and verdict != NOT_LOOKED_INTO)
    return next(verdicts, refused[0][1] if refused else "")


def missed_texts(account: ProviderAccount, *, now: datetime) -> int:
    """Texts of the last day that had to be fetched; counted up to LOOKED_AT."""
    fetched = InboundText.objects.filter(
        is_fetched=True, receipt__account=account, received_at__gt=now - WINDOW
    )
    return fetched.order_by("-id")[:LOOKED_AT].count()


def number_facts(number: Number, *, now: datetime) -> NumberFacts:
    """A number as it stands. Four statements."""
    newest = (
        Delivery.objects.filter(number=number).order_by("-id").values_list("state", "created_at", "left_at")
    )
    rows = list(newest[:LOOKED_AT])
    states = Counter(state for state, created_at, _ in rows if created_at > now - WINDOW)
    texts_in = InboundText.objects.filter(number=number).order_by("-id").values_list("received_at", flat=True)
    pending = Delivery.objects.filter(number=number, state=S.PENDING)
    replies = pending.filter(priority=Delivery.Priority.REPLY)
    overdue = replies.filter(Q(next_attempt_at__lte=now - DUE_FOR) | Q(attempts__gt=0))
    waits = list(overdue.order_by("id").values_list("next_attempt_at", "attempts")[:LOOKED_AT])
    due = [at for at, _ in waits if at <= now]
    return NumberFacts(
        texts_in_at=tuple(texts_in[:LAST_TEXTS_IN]),
        last_out_at=next((left_at for _, _, left_at in rows if left_at), None),
        finished=sum(states[state] for state in FINISHED),
        failed=sum(states[state] for state in FAILED),
        delivered=sum(states[state] for state in DELIVERED),
        waiting=pending.order_by("priority", "id")[:LOOKED_AT].count(),
        waits_since=min(due, default=None),
        most_tries=max((tries for _, tries in waits), default=0),
    )
