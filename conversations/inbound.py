"""The conductor: from a receipt to a message in a conversation. One transaction per receipt."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from channels_app import media, receipts, reports
from channels_app.accounts import credentials, provider_of
from channels_app.models import Number
from channels_app.models_receipts import InboundText, WebhookReceipt
from channels_app.opt_outs import opt_in, opt_out
from channels_app.personal import empty_receipts
from channels_app.providers.base import Inbound, NotUnderstood, Other, Report
from contacts.models import Address
from contacts.services import count_blocked, identify, locked_address
from conversations import services
from conversations.models import Conversation
from omnichannel.lib import phones
from routing.channels import obstacle_to_starting
from routing.models import WorkStream

logger = logging.getLogger(__name__)

State, Disposition = WebhookReceipt.State, InboundText.Disposition
# A report can be faster than the answer to our own request; after these tries it is about nothing of ours.
REPORT_TRIES = 3


def take_one() -> bool:
    """Work on the next receipt that is due; False when there is none.

    What cannot be understood is failed with its reason; what breaks is tried again later, a few times. The
    raw request is kept in every case.
    """
    receipt = receipts.claim_next(now=timezone.now())
    if receipt is None:
        return False
    try:
        _attempt(receipt)
    except receipts.LostClaim:
        logger.warning("Receipt %s was taken over by another runner.", receipt.pk)
    return True


def _attempt(receipt: WebhookReceipt) -> None:
    try:
        _take(receipt, timezone.now())
    except receipts.LostClaim:
        raise
    except NotUnderstood as error:
        receipts.finish(receipt, state=State.FAILED, reason=str(error), now=timezone.now())
    except IntegrityError:
        # Two runners raced for the same new row; the constraint decided. The next try finds it.
        receipts.postpone(receipt, reason="Raced with another text.", now=timezone.now())
    except Exception as error:  # anything else is a defect or an outage: never lose the receipt over it
        # What the database says holds statements with customers' words: that is the log's alone.
        logger.exception("Receipt %s could not be taken.", receipt.pk)
        receipts.postpone(receipt, reason=type(error).__name__, now=timezone.now())


def _take(receipt: WebhookReceipt, now: datetime) -> None:
    if receipt.attempts > receipts.MOST_ATTEMPTS:
        raise NotUnderstood("Its worker stopped each time it was tried.")
    provider, account = provider_of(receipt.account), credentials(receipt.account)
    with transaction.atomic():
        what = provider.classify(receipts.wire_request(receipt), account)
        match what:
            case Inbound():
                _take_text(receipt, what, now)
            case Report():
                _take_report(receipt, what, now)
            case Other():
                receipts.finish(receipt, state=State.IGNORED, reason=what.reason, now=now)


# --- reports --------------------------------------------------------------------------------------


def _take_report(receipt: WebhookReceipt, report: Report, now: datetime) -> None:
    delivery = reports.find_reported(report=report, receipt=receipt)
    if delivery is not None:
        reports.apply_report(delivery=delivery, report=report, now=now)
        receipts.finish(receipt, state=State.DONE, number=delivery.number, now=now)
        if delivery.address.kind == Address.Kind.ERASED:
            # The report came after the customer was forgotten, and names the number again.
            empty_receipts([receipt])
    elif receipt.attempts < REPORT_TRIES:
        receipts.postpone(receipt, reason=f"No text of ours has the id {report.external_id} yet.", now=now)
    else:
        reason = f"No text of ours has the id {report.external_id}."
        receipts.finish(receipt, state=State.IGNORED, reason=reason, now=now)


# --- texts ----------------------------------------------------------------------------------------


def _take_text(receipt: WebhookReceipt, text: Inbound, now: datetime) -> None:
    provider = receipt.account.provider
    if InboundText.objects.filter(provider=provider, external_id=text.external_id).exists():
        receipts.finish(receipt, state=State.IGNORED, reason="This text was here before.", now=now)
        return
    sender = phones.wire_address(text.sender)
    if sender is None:
        raise NotUnderstood("The text has no sender.")
    address = locked_address(sender, profile_name=text.profile_name)
    number, stream = claimed_by(text.recipient)
    inbound = InboundText(
        provider=provider,
        external_id=text.external_id,
        receipt=receipt,
        number=number,
        address=address,
        to_value=text.recipient[:160],
        text=text.text,
        media_count=len(text.media),
        extras=dict(text.extras),
        segments=text.segments,
        profile=text.profile,
        keyword=text.keyword,
        disposition=Disposition.CONVERSATION,
        received_at=receipt.received_at,
        is_fetched=receipt.method == receipts.FETCHED,
        sent_at=text.sent_at,
    )
    reason = place(inbound, stream, now)
    media.receive(inbound, text.media, now)
    channel = sender.channel
    receipts.finish(receipt, state=State.DONE, reason=reason, number=number, channel=channel, now=now)


def claimed_by(recipient: str) -> tuple[Number | None, WorkStream | None]:
    """The number that was texted, as the provider wrote it, and the work stream that claims its texts."""
    to = phones.wire_address(recipient)
    if to is None:
        return None, None
    number = (
        Number.objects.filter(channel=to.channel, value=to.value.removeprefix("+"))
        .select_related("account", "sms_number__work_stream", "whatsapp_number__work_stream")
        .first()
    )
    if number is None:
        return None, None
    return number, None if number.deleted_at else number.work_stream


def place(inbound: InboundText, stream: WorkStream | None, now: datetime) -> str:
    """Decide what becomes of a text and write it, in the caller's transaction under the address's lock.

    Returns why it got into no conversation, for the receipt.
    """
    number, address = inbound.number, inbound.address
    counts = inbound.keyword in {"stop", "start"} and number is not None
    if counts and number is not None:
        counts = _keep_opt_out(inbound, number, now)
    if address.is_blocked(now):
        inbound.disposition = Disposition.BLOCKED
        inbound.save()
        count_blocked(address)
        return "The sender is blocked."
    if stream is None or number is None:
        return _keep(inbound, counts, f"The number {inbound.to_value} belongs to no work stream.")
    conversation = services.current(address.pk, number.pk)
    if conversation is None and (obstacle := obstacle_to_starting(stream)):
        return _keep(inbound, counts, obstacle)
    inbound.disposition = Disposition.CONVERSATION
    inbound.save()
    _join(inbound, number, stream, conversation, is_opt_out_word=counts, now=now)
    return ""


def _keep(inbound: InboundText, counts: bool, why: str) -> str:
    """Write a text that gets into no conversation; an opt-out word has done its work all the same."""
    inbound.disposition = Disposition.KEPT if counts else Disposition.UNROUTED
    inbound.save()
    return why


def _keep_opt_out(inbound: InboundText, number: Number, now: datetime) -> bool:
    """STOP closes the pair, START opens it; a YES while nothing is closed is an ordinary answer."""
    if inbound.keyword == "stop":
        opt_out(number=number, address=inbound.address, source=inbound.text.strip()[:40], now=now)
        return True
    was_closed = opt_in(number=number, address=inbound.address, now=now)
    return was_closed or inbound.text.strip().casefold() != "yes"


def _join(
    inbound: InboundText,
    number: Number,
    stream: WorkStream,
    conversation: Conversation | None,
    *,
    is_opt_out_word: bool,
    now: datetime,
) -> None:
    """Into the conversation that is not closed, or a new one.

    An opt-out word wakes nobody; without a conversation it makes one that is closed at once.
    """
    identity = identify(inbound.address)
    is_new = conversation is None
    if conversation is None:
        conversation = services.open_conversation(
            identity=identity, number=number, work_stream=stream, first_message=inbound.text, now=now
        )
    services.add_inbound(
        conversation=conversation, inbound=inbound, wakes=not is_opt_out_word, is_new=is_new, now=now
    )
    if is_opt_out_word:
        services.note_opt_out(conversation=conversation, keyword=inbound.keyword, now=now)
        if is_new:
            services.close_at_once(conversation=conversation, now=now, why="Nothing to answer: closed.")
