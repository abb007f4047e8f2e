"""Reports: what providers say became of our texts."""

import re
from datetime import datetime

from django.db.models import QuerySet

from channels_app import status
from channels_app.accounts import provider_of
from channels_app.deliveries import adopt, move, note
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import WebhookReceipt
from channels_app.opt_outs import opt_out
from channels_app.providers.base import Error, Report
from channels_app.receipts import understood

DELIVERY_IN_PATH = re.compile(r"/status/(\d{1,18})/?(?:\?|$)", re.ASCII)
S = Delivery.State
REFERENCE = re.compile(r"([0-9]{1,18})-[0-9a-f]{1,20}", re.ASCII)


def find_reported(*, report: Report, receipt: WebhookReceipt) -> Delivery | None:
    """The delivery a report is about: by our own id, in its body or its URL, else by the provider's id.

    Our id counts only while it does not contradict the provider's; the one in the URL only where the provider
    signs the URL: whoever may change it must not choose the text that a signed body is about.
    """
    ours = Delivery.objects.filter(account_id=receipt.account_id).select_related("number", "address")
    if (echoed := _echoed(ours, report)) is not None:
        return echoed
    signs_url = provider_of(receipt.account).signs_url
    if signs_url and (match := DELIVERY_IN_PATH.search(receipt.path)):
        by_url = ours.filter(pk=int(match[1]), external_id__in=["", report.external_id]).first()
        if by_url is not None:
            return by_url
    return ours.filter(external_id=report.external_id).first()


def _echoed(ours: QuerySet[Delivery], report: Report) -> Delivery | None:
    """The delivery whose reference the report's body names."""
    pk = REFERENCE.fullmatch(report.reference)
    if pk is None:
        return None
    found = ours.filter(pk=int(pk.group(1)), external_id__in=["", report.external_id]).first()
    return found if found is not None and found.reference == report.reference else None


def reported_by(receipt: WebhookReceipt) -> Delivery | None:
    """The delivery that a receipt has reported on; None when it is about anything else.

    It is read out of the request again: a receipt whose customer was erased tells it no more.
    """
    what = understood(receipt) if receipt.state == WebhookReceipt.State.DONE else None
    return find_reported(report=what, receipt=receipt) if isinstance(what, Report) else None


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
    note(delivery.pk, report.word, now, code=report.code, detail=report.explanation)
    if report.status is None:
        # A word that we do not know still shows that the provider has the text.
        return move(
            delivery.pk, from_states=status.lower(S.ACCEPTED), state=S.ACCEPTED, word="accepted", now=now
        )
    return False
