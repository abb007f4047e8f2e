"""Texts in doubt: dead senders are noticed, and the provider is asked whether it has the text."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from channels_app import status
from channels_app.accounts import credentials, provider_of
from channels_app.calls import recorder
from channels_app.deliveries import move
from channels_app.leaving import outbound_text
from channels_app.models_deliveries import Delivery
from channels_app.providers.base import Error, Finding, FindResult
from omnichannel.lib import backoff

S = Delivery.State
# A sender that has not said anything for so long is dead: its text is in doubt.
LEAVING_AT_MOST = timedelta(seconds=2 * settings.TASK_TIMEOUT_S)
# A provider's list may lag behind what it accepted; before that nothing found means nothing.
FIRST_SEARCH_AFTER = timedelta(seconds=settings.DOUBT_FIRST_SEARCH_S)
SURELY_NOT_AFTER = timedelta(seconds=settings.DOUBT_SURELY_NOT_S)
MOST_SEARCHES = 8


def abandon_stale(*, now: datetime) -> int:
    """Call deliveries `unknown` whose sender died while they were leaving; returns how many."""
    stale = Delivery.objects.filter(state=S.LEAVING, left_at__lt=now - LEAVING_AT_MOST)
    said = "The sending process stopped before the provider answered."
    return sum(
        move(
            pk,
            from_states=[S.LEAVING],
            state=S.UNKNOWN,
            word="unknown",
            now=now,
            error=Error.AMBIGUOUS,
            explanation=said,
        )
        for pk in stale.values_list("id", flat=True)[:500]
    )


def next_doubtful(*, now: datetime) -> Delivery | None:
    """An unknown delivery whose turn to be looked for has come; the search is counted at once."""
    waiting = Delivery.objects.filter(
        state=S.UNKNOWN, external_id="", searches__lt=MOST_SEARCHES, left_at__lt=now - FIRST_SEARCH_AFTER
    ).filter(Q(next_attempt_at__lte=now) | Q(searches=0))
    waiting = waiting.select_related("number", "account", "address", "template")
    for delivery in waiting.order_by("next_attempt_at", "id")[:5]:
        later = (
            now + SURELY_NOT_AFTER if delivery.searches == 0 else now + backoff.delay(delivery.searches + 5)
        )
        if Delivery.objects.filter(pk=delivery.pk, state=S.UNKNOWN, searches=delivery.searches).update(
            searches=F("searches") + 1, next_attempt_at=later
        ):
            return delivery
    return None


def look_for(delivery: Delivery) -> FindResult:
    """Ask the provider whether it has the text. Outside any transaction.

    Lists tell how many files a text has, not which: while another one with the same words and as many files
    is in doubt as well, nobody can tell them apart.
    """
    account = delivery.account
    if delivery.media_count and _twins(delivery).filter(media_count=delivery.media_count).exists():
        return FindResult(Finding.CANNOT_TELL)
    taken = frozenset(
        Delivery.objects.filter(number=delivery.number, address=delivery.address)
        .exclude(external_id="")
        .values_list("external_id", flat=True)
    )
    assert delivery.left_at is not None
    return provider_of(account).find_sent(
        credentials(account),
        outbound_text(delivery),
        delivery.left_at,
        taken,
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
                move(
                    delivery.pk,
                    from_states=status.lower(found.status),
                    state=found.status,
                    word="found",
                    now=now,
                    error=found.error or "",
                    provider_code=found.code[:16],
                    explanation=found.explanation[:500],
                )
        elif found.finding is Finding.NOT_THERE:
            if _surely_not(delivery, now):
                said = "It never reached the provider, so it can safely be sent again."
                move(
                    delivery.pk,
                    from_states=[S.UNKNOWN],
                    state=S.FAILED,
                    word="surely_not",
                    now=now,
                    error=Error.UNAVAILABLE,
                    explanation=said,
                )
            # Only an answer counts as asked: a list that could not be read says nothing.
            Delivery.objects.filter(pk=delivery.pk).update(searched_at=now)


def _take_found(delivery: Delivery, external_id: str) -> bool:
    """Take an id that a search found, unless a twin is just leaving (it may be its) or has taken it."""
    if _twins(delivery).filter(state=S.LEAVING).exists():
        return False
    try:
        with transaction.atomic():
            return bool(
                Delivery.objects.filter(pk=delivery.pk, external_id="").update(external_id=external_id)
            )
    except IntegrityError:
        return False


def _twins(delivery: Delivery) -> QuerySet[Delivery]:
    """The others with the same text to the same customer that are leaving, or in doubt."""
    same = Delivery.objects.filter(number=delivery.number, address=delivery.address, text=delivery.text)
    return same.filter(state__in=[S.LEAVING, S.UNKNOWN]).exclude(pk=delivery.pk)


def _surely_not(delivery: Delivery, now: datetime) -> bool:
    assert delivery.left_at is not None
    asked_before = delivery.searched_at is not None
    return asked_before and now - delivery.left_at >= SURELY_NOT_AFTER


def look_for_one() -> bool:
    """Look for one doubtful delivery; False when none is due."""
    delivery = next_doubtful(now=timezone.now())
    if delivery is None:
        return False
    settle_found(delivery, look_for(delivery), now=timezone.now())
    return True
