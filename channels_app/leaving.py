"""Texts leave: claimed under their number's lock, sent outside any transaction, their outcome written."""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from channels_app import gate, media, media_links, status
from channels_app.accounts import credentials, provider_of
from channels_app.calls import recorder
from channels_app.deliveries import adopt, cancel, move
from channels_app.models import InboundUrl, Number
from channels_app.models_deliveries import Delivery
from channels_app.models_media import Media
from channels_app.opt_outs import opt_out
from channels_app.outbox import verdict_for
from channels_app.pacing import tokens_at
from channels_app.providers.base import (
    Error,
    OutboundMedia,
    OutboundTemplate,
    OutboundText,
    Outcome,
    SendResult,
)
from channels_app.validation import note_secondary_secret
from omnichannel.lib import backoff

S = Delivery.State
CANDIDATES = 20


def claim_next(*, now: datetime) -> Delivery | None:
    """Take the delivery whose turn it is and mark it as leaving; None when nothing may leave now.

    Replies go before bulk, older before younger, each number at its own rate. can_send is asked again: a no
    cancels, a later moves the row to that moment. Claimed rows are committed before the provider is called.
    """
    for number_id in _numbers_with_due(now):
        with transaction.atomic():
            claimed = _claim_from(number_id, now)
        if claimed is not None:
            return claimed
    return None


def _due(now: datetime) -> QuerySet[Delivery]:
    """What waits for its turn; a part of a reply not while the part before it waits or is leaving."""
    before = Delivery.objects.filter(pk=OuterRef("follows"), state__in=[S.PENDING, S.LEAVING])
    due = Delivery.objects.filter(state=S.PENDING, next_attempt_at__lte=now)
    return due.filter(Q(follows=None) | ~Exists(before))


def _numbers_with_due(now: datetime) -> list[int]:
    """Numbers that have something due, the one with the most urgent text first."""
    head = _due(now).filter(number=OuterRef("pk")).order_by("priority", "id")
    waiting = Number.objects.annotate(
        head_priority=Subquery(head.values("priority")[:1]), head_id=Subquery(head.values("pk")[:1])
    ).filter(head_id__isnull=False)
    return list(waiting.order_by("head_priority", "head_id").values_list("pk", flat=True))


def _claim_from(number_id: int, now: datetime) -> Delivery | None:
    """The next delivery of one number, under the number's row lock, if its bucket holds a token."""
    locked = Number.objects.select_related("account")
    if connection.features.has_select_for_update:
        locked = locked.select_for_update(of=("self",), no_key=True)
    number = locked.get(pk=number_id)
    if number.messages_per_second is not None and tokens_at(number, now) < 1:
        return None
    due = _due(now).filter(number=number).select_related("address", "template").order_by("priority", "id")
    # Whoever may not leave is cancelled or postponed, and so no longer due: this comes to an end.
    while candidates := list(due[:CANDIDATES]):
        for delivery in candidates:
            delivery.number = number
            if _may_leave(delivery, now) and _leave(delivery, now):
                return delivery
    return None


def _may_leave(delivery: Delivery, now: datetime) -> bool:
    verdict = verdict_for(
        number=delivery.number,
        address=delivery.address,
        text=delivery.text,
        now=now,
        not_before=delivery.not_before,
        not_after=delivery.not_after,
        template=delivery.template,
        files=media.files_of(delivery),
    )
    if verdict.answer is gate.Answer.LATER:
        Delivery.objects.filter(pk=delivery.pk, state=S.PENDING).update(next_attempt_at=verdict.at)
    elif verdict.answer is gate.Answer.NO:
        cancel(delivery.pk, reason=verdict.reason, sentence=verdict.sentence, now=now)
    return verdict.answer is gate.Answer.YES


def _leave(delivery: Delivery, now: datetime) -> bool:
    if not move(
        delivery.pk,
        from_states=[S.PENDING],
        state=S.LEAVING,
        word="leaving",
        now=now,
        account=delivery.number.account,
        left_at=now,
        attempts=F("attempts") + 1,
        error="",
        provider_code="",
        explanation="",
    ):
        return False
    number = delivery.number
    if number.messages_per_second is not None:
        left = tokens_at(number, now) - 1
        Number.objects.filter(pk=number.pk).update(bucket_tokens=left, bucket_filled_at=now)
    delivery.account = number.account
    delivery.state, delivery.left_at, delivery.attempts = S.LEAVING, now, delivery.attempts + 1
    return True


# --- at the provider ------------------------------------------------------------------------------


def outbound_text(delivery: Delivery) -> OutboundText:
    """The delivery as its provider gets it."""
    url = (
        InboundUrl.objects.filter(account_id=delivery.account_id, retired_at=None)
        .order_by("-id")
        .values_list("token", flat=True)
        .first()
    )
    status_url = f"{settings.PUBLIC_BASE_URL}/hooks/{url}/status/{delivery.pk}/" if url else ""
    return OutboundText(
        sender=delivery.number.value,
        recipient=delivery.address.value,
        text=delivery.text,
        status_url=status_url,
        reference=delivery.reference,
        channel=delivery.number.channel,
        template=_outbound_template(delivery),
        media=_outbound_media(delivery),
    )


def _outbound_media(delivery: Delivery) -> tuple[OutboundMedia, ...]:
    """Its files, each with an address that is signed at this moment."""
    if not delivery.media_count:
        return ()
    rows = delivery.media.filter(state=Media.State.READY).exclude(file="").order_by("position")
    return tuple(OutboundMedia(media_links.public_url(row), row.content_type, row.name) for row in rows)


def _outbound_template(delivery: Delivery) -> OutboundTemplate | None:
    if delivery.template is None:
        return None
    return OutboundTemplate(delivery.template.external_id, delivery.template_variables)


def transmit(delivery: Delivery) -> SendResult:
    """Call the provider for a claimed delivery. Outside any transaction: it may take half a minute."""
    account = delivery.account
    return provider_of(account).send(
        credentials(account), outbound_text(delivery), recorder(account, delivery=delivery)
    )


def settle(delivery: Delivery, result: SendResult, *, now: datetime) -> None:
    """Write what an attempt came to. A report that was faster is not undone."""
    with transaction.atomic():
        if result.used_secondary:
            note_secondary_secret(delivery.account)
        if result.error is Error.OPTED_OUT:
            opt_out(number=delivery.number, address=delivery.address, source=f"code {result.code}", now=now)
        facts = {
            "error": result.error or "",
            "provider_code": result.code[:16],
            "explanation": result.explanation[:500],
        }
        match result.outcome:
            case Outcome.ACCEPTED:
                _accepted(delivery, result, facts, now)
            case Outcome.NOT_SENT:
                again = now + backoff.delay(delivery.attempts)
                _move_leaving(delivery, S.PENDING, "not_sent", now, next_attempt_at=again, **facts)
            case Outcome.REFUSED:
                _move_leaving(delivery, S.FAILED, "refused", now, **facts)
            case Outcome.AMBIGUOUS:
                _move_leaving(delivery, S.UNKNOWN, "unknown", now, **facts)


def _accepted(delivery: Delivery, result: SendResult, facts: dict[str, str], now: datetime) -> None:
    """Keep the provider's id whatever a faster report has already said; the state moves by rank."""
    if result.external_id:
        adopt(delivery, result.external_id, now)
    move(
        delivery.pk,
        from_states=status.lower(result.status),
        state=result.status,
        word=result.status,
        now=now,
        **facts,
    )


def _move_leaving(delivery: Delivery, state: str, word: str, now: datetime, **values: object) -> None:
    move(delivery.pk, from_states=[S.LEAVING], state=state, word=word, now=now, **values)


def send_one() -> bool:
    """Claim, send and settle one delivery; False when nothing may leave now."""
    delivery = claim_next(now=timezone.now())
    if delivery is None:
        return False
    settle(delivery, transmit(delivery), now=timezone.now())
    return True
