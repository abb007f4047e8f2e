"""Texts on their way out: written as rows, claimed once, sent outside any transaction, settled by reports.

Every change of a delivery in the product happens here.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from channels_app import gate, status
from channels_app.accounts import credentials, provider_of
from channels_app.calls import recorder
from channels_app.models import (
    Delivery,
    DeliveryEvent,
    InboundUrl,
    Number,
    OptOut,
    bucket_size,
    tokens_at,
)
from channels_app.providers.base import (
    Error,
    Finding,
    FindResult,
    OutboundText,
    Outcome,
    Report,
    SendResult,
)
from contacts.models import Address
from omnichannel.lib import backoff
from omnichannel.lib.queue import ring

S = Delivery.State
DUE, CHANGED = "delivery.due", "delivery.changed"
# A sender that has not said anything for so long is dead: its text is in doubt.
LEAVING_AT_MOST = timedelta(seconds=2 * settings.TASK_TIMEOUT_S)
# Twilio's list may lag behind what it accepted; before that nothing found means nothing.
FIRST_SEARCH_AFTER = timedelta(seconds=settings.DOUBT_FIRST_SEARCH_S)
SURELY_NOT_AFTER = timedelta(seconds=settings.DOUBT_SURELY_NOT_S)
MOST_SEARCHES = 8
CANDIDATES = 20


class Refused(ValueError):
    """can_send said no. `verdict` has the reason and a sentence for people; nothing was stored."""

    def __init__(self, verdict: gate.Verdict) -> None:
        super().__init__(verdict.sentence)
        self.verdict = verdict


# --- may it leave? --------------------------------------------------------------------------------


def verdict_for(
    *,
    number: Number,
    address: Address,
    text: str,
    now: datetime,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> gate.Verdict:
    """Ask can_send with the facts as they are now."""
    facts = gate.Facts(
        length=len(text.strip()) and len(text),
        text_limit=provider_of(number.account).text_limit,
        is_blocked=address.is_blocked(now),
        is_opted_out=OptOut.objects.filter(number=number, address=address, ended_at=None).exists(),
        can_be_answered=address.kind in {Address.Kind.PHONE, Address.Kind.SHORT_CODE},
        has_sender=number.deleted_at is None and number.account.deleted_at is None,
        not_before=not_before,
        not_after=not_after,
    )
    return gate.can_send(facts, now=now)


# --- writing a delivery ---------------------------------------------------------------------------


def submit(
    *,
    number: Number,
    address: Address,
    text: str,
    now: datetime,
    priority: int = Delivery.Priority.REPLY,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    retry_of: Delivery | None = None,
) -> Delivery:
    """Write a pending delivery and ring, in the caller's transaction. Raises Refused; then nothing is stored."""
    verdict = verdict_for(
        number=number, address=address, text=text, now=now, not_before=not_before, not_after=not_after
    )
    if verdict.answer is gate.Answer.NO:
        raise Refused(verdict)
    with transaction.atomic():
        delivery = Delivery.objects.create(
            number=number,
            address=address,
            text=text,
            priority=priority,
            not_before=not_before,
            not_after=not_after,
            next_attempt_at=now,
            retry_of=retry_of,
            created_at=now,
            state_changed_at=now,
        )
        ring(DUE)
    return delivery


def cancel_pending(deliveries: QuerySet[Delivery], *, reason: str, sentence: str, now: datetime) -> int:
    """Cancel whatever has not left yet; returns how many. What is leaving is past recall."""
    with transaction.atomic():
        ids = list(deliveries.filter(state=S.PENDING).values_list("id", flat=True))
        changed = 0
        for delivery_id in ids:
            changed += _move(
                delivery_id, from_states=[S.PENDING], state=S.CANCELED, word="canceled", now=now,
                error=reason, explanation=sentence,
            )
    return changed


# --- leaving --------------------------------------------------------------------------------------


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
    return Delivery.objects.filter(state=S.PENDING, next_attempt_at__lte=now)


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
        locked = locked.select_for_update(of=("self",))
    number = locked.get(pk=number_id)
    if number.messages_per_second is not None and tokens_at(number, now) < 1:
        return None
    due = _due(now).filter(number=number).select_related("address").order_by("priority", "id")
    for delivery in due[:CANDIDATES]:
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
    )
    if verdict.answer is gate.Answer.LATER:
        Delivery.objects.filter(pk=delivery.pk, state=S.PENDING).update(next_attempt_at=verdict.at)
    elif verdict.answer is gate.Answer.NO:
        _move(
            delivery.pk, from_states=[S.PENDING], state=S.CANCELED, word="canceled", now=now,
            error=verdict.reason, explanation=verdict.sentence,
        )
    return verdict.answer is gate.Answer.YES


def _leave(delivery: Delivery, now: datetime) -> bool:
    if not _move(
        delivery.pk, from_states=[S.PENDING], state=S.LEAVING, word="leaving", now=now,
        left_at=now, attempts=F("attempts") + 1, error="", provider_code="", explanation="",
    ):
        return False
    number = delivery.number
    if number.messages_per_second is not None:
        left = min(bucket_size(number.messages_per_second), tokens_at(number, now)) - 1
        Number.objects.filter(pk=number.pk).update(bucket_tokens=left, bucket_filled_at=now)
    delivery.state, delivery.left_at, delivery.attempts = S.LEAVING, now, delivery.attempts + 1
    return True


# --- at the provider ------------------------------------------------------------------------------


def outbound_text(delivery: Delivery) -> OutboundText:
    """The delivery as its provider gets it."""
    url = (
        InboundUrl.objects.filter(account_id=delivery.number.account_id, retired_at=None)
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
        reference=str(delivery.pk),
    )


def transmit(delivery: Delivery) -> SendResult:
    """Call the provider for a claimed delivery. Outside any transaction: it may take half a minute."""
    account = delivery.number.account
    return provider_of(account).send(
        credentials(account), outbound_text(delivery), recorder(account, delivery=delivery)
    )


def settle(delivery: Delivery, result: SendResult, *, now: datetime) -> None:
    """Write what an attempt came to. A report that was faster is not undone."""
    with transaction.atomic():
        if result.used_secondary:
            Account = type(delivery.number.account)
            Account.objects.filter(pk=delivery.number.account_id).update(
                last_validation_status="warning: only the secondary Auth Token works: promote it to primary."
            )
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
        _adopt(delivery, result.external_id, now)
    _move(
        delivery.pk, from_states=status.lower(result.status), state=result.status, word=result.status,
        now=now, **facts,
    )


def _move_leaving(delivery: Delivery, state: str, word: str, now: datetime, **values: object) -> None:
    _move(delivery.pk, from_states=[S.LEAVING], state=state, word=word, now=now, **values)


# --- reports --------------------------------------------------------------------------------------


def find_reported(*, report: Report, delivery_id: int | None, account_id: int) -> Delivery | None:
    """The delivery a report is about: by our own id in the URL, else by the provider's id."""
    ours = Delivery.objects.filter(number__account_id=account_id).select_related("number", "address")
    if delivery_id is not None:
        by_url = ours.filter(pk=delivery_id, external_id__in=["", report.external_id]).first()
        if by_url is not None:
            return by_url
    return ours.filter(external_id=report.external_id).first()


def apply_report(*, delivery: Delivery, report: Report, now: datetime) -> bool:
    """Move the delivery if the report's word ranks higher, else only note it; True when it moved.

    In the caller's transaction. Any order of the same reports ends in the same state.
    """
    _adopt(delivery, report.external_id, now)
    if report.error is Error.OPTED_OUT:
        opt_out(number=delivery.number, address=delivery.address, source=f"code {report.code}", now=now)
    if report.status is not None and _move(
        delivery.pk, from_states=status.lower(report.status), state=report.status, word=report.word, now=now,
        error=report.error or "", provider_code=report.code, explanation=report.explanation[:500],
    ):
        return True
    _note(delivery.pk, report.word, now, code=report.code)
    return False


def _adopt(delivery: Delivery, external_id: str, now: datetime) -> None:
    """Give a delivery the id that is surely its own.

    A twin in doubt (same text, same customer) that a search had given this id goes back to doubt.
    """
    holders = Delivery.objects.filter(number_id=delivery.number_id, external_id=external_id)
    for twin_id in holders.exclude(pk=delivery.pk).values_list("pk", flat=True):
        Delivery.objects.filter(pk=twin_id).update(external_id="", searches=0, next_attempt_at=now)
        _move(twin_id, from_states=S.values, state=S.UNKNOWN, word="mistaken", now=now, error=Error.AMBIGUOUS,
              explanation="Nobody knows whether it was accepted.")
    Delivery.objects.filter(pk=delivery.pk, external_id="").update(external_id=external_id)


# --- doubt ----------------------------------------------------------------------------------------


def abandon_stale(*, now: datetime) -> int:
    """Call deliveries `unknown` whose sender died while they were leaving; returns how many."""
    stale = Delivery.objects.filter(state=S.LEAVING, left_at__lt=now - LEAVING_AT_MOST)
    said = "The sending process stopped before the provider answered."
    return sum(
        _move(pk, from_states=[S.LEAVING], state=S.UNKNOWN, word="unknown", now=now,
              error=Error.AMBIGUOUS, explanation=said)
        for pk in stale.values_list("id", flat=True)[:500]
    )


def next_doubtful(*, now: datetime) -> Delivery | None:
    """An unknown delivery whose turn to be looked for has come; its search is counted by a conditional UPDATE."""
    waiting = Delivery.objects.filter(
        state=S.UNKNOWN, external_id="", searches__lt=MOST_SEARCHES, left_at__lt=now - FIRST_SEARCH_AFTER
    ).filter(Q(next_attempt_at__lte=now) | Q(searches=0))
    for delivery in waiting.select_related("number__account", "address").order_by("next_attempt_at", "id")[:5]:
        later = now + SURELY_NOT_AFTER if delivery.searches == 0 else now + backoff.delay(delivery.searches + 5)
        if Delivery.objects.filter(pk=delivery.pk, state=S.UNKNOWN, searches=delivery.searches).update(
            searches=F("searches") + 1, next_attempt_at=later
        ):
            return delivery
    return None


def look_for(delivery: Delivery) -> FindResult:
    """Ask the provider whether it has the text. Outside any transaction."""
    account = delivery.number.account
    taken = frozenset(
        Delivery.objects.filter(number=delivery.number, address=delivery.address)
        .exclude(external_id="")
        .values_list("external_id", flat=True)
    )
    assert delivery.left_at is not None
    return provider_of(account).find_sent(
        credentials(account), outbound_text(delivery), delivery.left_at, taken,
        recorder(account, delivery=delivery, keep_answers=False),
    )


def settle_found(delivery: Delivery, found: FindResult, *, now: datetime) -> None:
    """Write what looking came to.

    Found: its id and status, unless twins (the same text to the same customer, in doubt at the same time)
    make it unclear whose it is. Not there counts only when asked twice, at least two minutes after the
    attempt; then it is failed and may be tried again. All else stays unknown for a person to decide.
    """
    with transaction.atomic():
        if found.finding is Finding.FOUND:
            if _take_found(delivery, found.external_id):
                _move(
                    delivery.pk, from_states=status.lower(found.status), state=found.status, word="found",
                    now=now, error="", provider_code="", explanation="",
                )
        elif found.finding is Finding.NOT_THERE and _surely_not(delivery, now):
            said = "It never reached the provider, so it can safely be sent again."
            _move(
                delivery.pk, from_states=[S.UNKNOWN], state=S.FAILED, word="surely_not", now=now,
                error=Error.UNAVAILABLE, explanation=said,
            )
        Delivery.objects.filter(pk=delivery.pk).update(searched_at=now)


def _take_found(delivery: Delivery, external_id: str) -> bool:
    """Take an id that a search found, unless a twin is just leaving (it may be its) or has taken it."""
    twins = Delivery.objects.filter(
        number=delivery.number, address=delivery.address, text=delivery.text, state=S.LEAVING
    )
    if twins.exclude(pk=delivery.pk).exists():
        return False
    try:
        with transaction.atomic():
            return bool(
                Delivery.objects.filter(pk=delivery.pk, external_id="").update(external_id=external_id)
            )
    except IntegrityError:
        return False


def _surely_not(delivery: Delivery, now: datetime) -> bool:
    assert delivery.left_at is not None
    asked_before = delivery.searched_at is not None
    return asked_before and now - delivery.left_at >= SURELY_NOT_AFTER


# --- STOP and START -------------------------------------------------------------------------------


def opt_out(*, number: Number, address: Address, source: str, now: datetime) -> None:
    """Close the pair: nothing is sent from this number to this customer, and what is pending is cancelled."""
    OptOut.objects.bulk_create(
        [OptOut(number=number, address=address, started_at=now, source=source[:200])], ignore_conflicts=True
    )
    cancel_pending(
        Delivery.objects.filter(number=number, address=address),
        reason="opted_out",
        sentence="Cancelled: the customer texted STOP.",
        now=now,
    )


def opt_in(*, number: Number, address: Address, now: datetime) -> bool:
    """Open the pair again; True when it was closed."""
    return bool(OptOut.objects.filter(number=number, address=address, ended_at=None).update(ended_at=now))


# --- the one way a delivery changes ---------------------------------------------------------------


def _move(
    delivery_id: int, *, from_states: list[str], state: str, word: str, now: datetime, **values: object
) -> bool:
    """Move a delivery by a conditional UPDATE, note the event, and ring; False when it had moved on."""
    moved = Delivery.objects.filter(pk=delivery_id, state__in=from_states).update(
        state=state, state_changed_at=now, is_news=True, **values
    )
    if moved:
        detail = str(values.get("explanation", ""))
        _note(delivery_id, word, now, code=str(values.get("provider_code", "")), detail=detail)
        ring(CHANGED)
    return bool(moved)


def _note(delivery_id: int, word: str, now: datetime, *, code: str = "", detail: str = "") -> None:
    DeliveryEvent.objects.create(
        delivery_id=delivery_id, word=word[:24], provider_code=code[:16], detail=detail[:500], at=now
    )


def send_one() -> bool:
    """Claim, send and settle one delivery; False when nothing may leave now."""
    delivery = claim_next(now=timezone.now())
    if delivery is None:
        return False
    settle(delivery, transmit(delivery), now=timezone.now())
    return True


def look_for_one() -> bool:
    """Look for one doubtful delivery; False when none is due."""
    delivery = next_doubtful(now=timezone.now())
    if delivery is None:
        return False
    settle_found(delivery, look_for(delivery), now=timezone.now())
    return True
