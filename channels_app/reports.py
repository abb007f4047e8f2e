"""Reports: what providers say became of our texts."""

from datetime import datetime

from channels_app import status
from channels_app.deliveries import adopt, move, note
from channels_app.models import Delivery
from channels_app.opt_outs import opt_out
from channels_app.providers.base import Error, Report

S = Delivery.State


def find_reported(*, report: Report, delivery_id: int | None, account_id: int) -> Delivery | None:
    """The delivery a report is about: by our own id in the URL, else by the provider's id."""
    ours = Delivery.objects.filter(account_id=account_id).select_related("number", "address")
    if delivery_id is not None:
        by_url = ours.filter(pk=delivery_id, external_id__in=["", report.external_id]).first()
        if by_url is not None:
            return by_url
    return ours.filter(external_id=report.external_id).first()


def apply_report(*, delivery: Delivery, report: Report, now: datetime) -> bool:
    """Move the delivery if the report's word ranks higher, else only note it; True when it moved.

    In the caller's transaction. Any order of the same reports ends in the same state.
    """
    adopt(delivery, report.external_id, now)
    if report.error is Error.OPTED_OUT:
        opt_out(number=delivery.number, address=delivery.address, source=f"code {report.code}", now=now)
    if report.status is not None and move(
        delivery.pk,
        from_states=status.lower(report.status),
        state=report.status,
        word=report.word,
        now=now,
        error=report.error or "",
        provider_code=report.code,
        explanation=report.explanation[:500],
    ):
        return True
    note(delivery.pk, report.word, now, code=report.code)
    if report.status is None:
        # A word that we do not know still shows that the provider has the text.
        return move(
            delivery.pk, from_states=status.lower(S.ACCEPTED), state=S.ACCEPTED, word="accepted", now=now
        )
    return False
