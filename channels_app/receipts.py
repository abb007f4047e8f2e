"""Keeping what providers post: the raw request first, everything else later."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from channels_app.accounts import credentials, provider_of
from channels_app.inbound_urls import note_use
from channels_app.models import Number
from channels_app.models_health import Replay
from channels_app.models_receipts import Refusal, WebhookReceipt
from channels_app.providers.base import Inbound, NotUnderstood, Other, Report, WireRequest
from omnichannel.lib import backoff, redact
from omnichannel.lib.queue import ring

State = WebhookReceipt.State

BELL = "webhook.received"
# In place of the method: no webhook came, the provider's own list told of the text (see missed.py).
FETCHED = "FETCH"
KEPT_REFUSALS = 50
MOST_ATTEMPTS = 5
REPLAYED_AT_ONCE = 200
# A runner that takes longer is taken for dead; its transaction cannot commit any more (see finish).
LEASE = timedelta(seconds=30)


class LostClaim(Exception):
    """Another runner has taken this receipt over; the caller's transaction must be rolled back."""


@dataclass(frozen=True)
class Raw:
    """A verified request as it came."""

    method: str
    path: str
    content_type: str
    headers: Mapping[str, str]
    body: bytes
    sequence_key: str

    @property
    def digest(self) -> str:
        """SHA-256 over method, path with query, and body: a redelivery has the same."""
        head = f"{self.method} {self.path}\n".encode()
        return hashlib.sha256(head + self.body).hexdigest()


INSERT = """
INSERT INTO channels_app_webhookreceipt (account_id, digest, method, path, content_type, headers, body,
    sequence_key, state, reason, attempts, next_attempt_at, received_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'received', '', 0, %s, %s)
ON CONFLICT (account_id, digest) DO NOTHING RETURNING id
"""


def store(*, account_id: int, raw: Raw) -> bool:
    """Keep a request and ring, in one transaction; False when it was here before.

    A repeat changes nothing, except that it reopens a failed receipt. One statement in plain SQL, because
    this is the one place where a customer's text is lost if it takes too long.
    """
    now = timezone.now()
    at = connection.ops.adapt_datetimefield_value(now)
    kept = (raw.content_type[:200], json.dumps(redact.mapping(raw.headers)), raw.body, raw.sequence_key)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [account_id, raw.digest, raw.method, raw.path, *kept, at, at])
            is_new = cursor.fetchone() is not None
        if is_new or reopen(WebhookReceipt.objects.filter(account_id=account_id, digest=raw.digest), now=now):
            ring(BELL)
    return is_new


def wire_request(receipt: WebhookReceipt) -> WireRequest:
    """The stored request again, as a provider's file reads it."""
    return WireRequest(
        method=receipt.method,
        urls=(),
        query=receipt.path.partition("?")[2],
        content_type=receipt.content_type,
        headers=receipt.headers,
        body=bytes(receipt.body),
    )


def understood(receipt: WebhookReceipt) -> Inbound | Report | Other | None:
    """What a stored request is; None when it cannot be read."""
    try:
        provider = provider_of(receipt.account)
        return provider.classify(wire_request(receipt), credentials(receipt.account))
    except NotUnderstood:
        return None


def reopen(receipts: models.QuerySet[WebhookReceipt], *, now: datetime) -> int:
    """Make failed receipts due again (a repeat, or Replay); returns how many there were."""
    return receipts.filter(state=State.FAILED).update(
        state=State.RECEIVED, reason="", attempts=0, next_attempt_at=now, processed_at=None
    )


def replay(receipts: models.QuerySet[WebhookReceipt], *, by: Any, now: datetime) -> int:
    """Reopen failed receipts because a person asks for it, keep who and why, and ring; returns how many.

    At most REPLAYED_AT_ONCE, the oldest first: a customer's texts are taken in their order.
    """
    failed = receipts.filter(state=State.FAILED).order_by("id").values_list("pk", "reason")
    chosen = dict(failed[:REPLAYED_AT_ONCE])
    with transaction.atomic():
        reopened = [pk for pk in chosen if reopen(WebhookReceipt.objects.filter(pk=pk), now=now)]
        Replay.objects.bulk_create(
            [Replay(receipt_id=pk, by=by, at=now, reason=chosen[pk]) for pk in reopened]
        )
        if reopened:
            ring(BELL)
    return len(reopened)


def refuse(
    *,
    account_id: int,
    reason: str,
    computed_url: str,
    headers: Mapping[str, str],
    signed_for: str = "",
    verdict: str = "",
) -> None:
    """Note a refused request; only the last fifty of an account are kept."""
    Refusal.objects.create(
        account_id=account_id,
        reason=reason[:200],
        computed_url=computed_url,
        signed_for=signed_for,
        verdict=verdict[:400],
        headers_present=sorted(headers),
    )
    kept = Refusal.objects.filter(account_id=account_id).order_by("-id").values("id")[:KEPT_REFUSALS]
    Refusal.objects.filter(account_id=account_id).exclude(id__in=[row["id"] for row in kept]).delete()


def claim_next(*, now: datetime) -> WebhookReceipt | None:
    """Take the oldest receipt that is due; None when there is none, or another runner was faster each time.

    Claimed by a conditional UPDATE with a lease: when this runner dies, it is due again after LEASE.
    """
    earlier = WebhookReceipt.objects.filter(
        account=OuterRef("account"),
        sequence_key=OuterRef("sequence_key"),
        id__lt=OuterRef("id"),
        state="received",
    )
    due = WebhookReceipt.objects.filter(state=State.RECEIVED, next_attempt_at__lte=now)
    in_order = due.filter(Q(sequence_key="") | ~Exists(earlier)).order_by("id")
    for pk, attempts in in_order.values_list("pk", "attempts")[:5]:
        mine = WebhookReceipt.objects.filter(
            pk=pk, state=State.RECEIVED, attempts=attempts, next_attempt_at__lte=now
        )
        if mine.update(attempts=attempts + 1, next_attempt_at=now + LEASE):
            receipt = WebhookReceipt.objects.select_related("account").get(pk=pk)
            note_use(receipt)
            return receipt
    return None


def finish(
    receipt: WebhookReceipt,
    *,
    state: str,
    reason: str = "",
    number: Number | None = None,
    channel: str = "",
    now: datetime,
) -> None:
    """Close a claimed receipt, in the caller's transaction. Raises LostClaim when it is no longer ours.

    `number` and `channel` are what it turned out to be about; the journal is filtered by them.
    """
    known: dict[str, Any] = {"number": number} if number else {}
    if number or channel:
        known["channel"] = (number.channel if number else channel)[:16]
    _change(receipt, state=state, reason=reason[:500], processed_at=now, **known)


def postpone(receipt: WebhookReceipt, *, reason: str, now: datetime) -> None:
    """Try again later, or give up after MOST_ATTEMPTS; the raw request is kept either way."""
    if receipt.attempts >= MOST_ATTEMPTS:
        finish(receipt, state=State.FAILED, reason=reason, now=now)
    else:
        _change(receipt, reason=reason[:500], next_attempt_at=now + backoff.delay(receipt.attempts))


def _change(receipt: WebhookReceipt, **values: object) -> None:
    ours = WebhookReceipt.objects.filter(pk=receipt.pk, state=State.RECEIVED, attempts=receipt.attempts)
    if not ours.update(**values):
        raise LostClaim(f"receipt {receipt.pk}")
