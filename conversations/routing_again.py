"""Route again: texts that were kept unrouted take the ordinary way once their work stream takes them."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from channels_app.models import Number
from channels_app.models_receipts import InboundText, WebhookReceipt
from contacts.models import Address
from contacts.services import locked_again
from conversations.changes import save, say
from conversations.inbound import claimed_by, place
from conversations.models import Message
from omnichannel.lib.audit import note_change, unlogged
from routing.models import WorkStream

Disposition = InboundText.Disposition
AT_ONCE = 200
COUNTED_AT_MOST = 100


@dataclass(frozen=True)
class Outcome:
    """Of `asked` unrouted texts `routed` are in conversations now; `kept` says why others are not."""

    asked: int
    routed: int
    kept: dict[str, int]


@dataclass(frozen=True)
class Kept:
    """How many texts of a number are unrouted; nobody counts further than `most`."""

    number_id: int
    count: int
    most: int = COUNTED_AT_MOST


def route_again(texts: QuerySet[InboundText], *, by: Any, now: datetime) -> Outcome:
    """Route those of these texts that are unrouted: at most AT_ONCE, the oldest first.

    Each in a transaction of its own, under the address's lock, as when it came. So it may be called twice,
    and by two processes at once: each text gets into one conversation once. Who did it goes into the audit
    log, and the conversation's thread tells when the text had come.
    """
    unrouted = texts.filter(disposition=Disposition.UNROUTED).order_by("id")
    found = [_route_one(pk, by=by, now=now) for pk in list(unrouted.values_list("pk", flat=True)[:AT_ONCE])]
    reasons = [reason for reason in found if reason is not None]
    kept = Counter(reason for reason in reasons if reason)
    return Outcome(asked=len(reasons), routed=reasons.count(""), kept=dict(kept))


def kept_for(stream: WorkStream) -> Kept | None:
    """The unrouted texts to the stream's number; None when there are none."""
    number = Number.objects.filter(sms_number__work_stream=stream).first()
    if number is None:
        return None
    unrouted = InboundText.objects.filter(number=number, disposition=Disposition.UNROUTED).order_by("-id")
    count = len(unrouted.values_list("pk", flat=True)[:COUNTED_AT_MOST])
    return Kept(number.pk, count) if count else None


@transaction.atomic
def _route_one(pk: int, *, by: Any, now: datetime) -> str | None:
    """Why it is still in no conversation, empty when it is; None when there was nothing to do."""
    waiting = InboundText.objects.filter(pk=pk, disposition=Disposition.UNROUTED)
    address_id = waiting.values_list("address_id", flat=True).first()
    if address_id is None:
        return None
    address = locked_again(address_id)
    rows = waiting.filter(address=address).exclude(address__kind=Address.Kind.ERASED)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",), no_key=True)
    inbound = rows.first()
    if inbound is None:
        return None
    number, stream = claimed_by(inbound.to_value)
    inbound.number, inbound.address = number or inbound.number, address
    with unlogged():
        why = place(inbound, stream, now)
        receipt = WebhookReceipt.objects.filter(inbound_text=inbound, state=WebhookReceipt.State.DONE)
        receipt.update(reason=why or "Routed again.", **({"number": number} if number else {}))
        _tell(inbound, by, now)
    if inbound.disposition != Disposition.UNROUTED:
        note_change(
            inbound, {"disposition": (Disposition.UNROUTED, inbound.disposition)}, what="Routed again"
        )
    return why


def _tell(inbound: InboundText, by: Any, now: datetime) -> None:
    """In the thread: the text is older than its place there."""
    message = Message.objects.filter(inbound_text=inbound).select_related("conversation").first()
    if message is None:
        return
    came = f"{inbound.received_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    say(message.conversation, f"That text had come at {came}, and was kept. {by} had it routed now.", now)
    save(message.conversation, now)
