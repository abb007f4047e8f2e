"""What this room keeps of customers, and how it is forgotten.

The provider's own ids and the digests of requests stay: by them a redelivery, or Fetch missed messages, knows
that a text was here, and does not bring it back.
"""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from channels_app.deliveries import cancel_pending, move
from channels_app.media_files import discard
from channels_app.models import Number
from channels_app.models_deliveries import Delivery, DeliveryEvent, ProviderCall
from channels_app.models_health import Incident, Replay
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText, OptOut, Refusal, WebhookReceipt
from channels_app.opt_outs import digest
from channels_app.providers.base import Inbound, Report
from channels_app.receipts import understood
from omnichannel.lib.personal import NotYet, Step, Subject, bare, mentions, names_number

KEPT = {
    "channels_app.ProviderAccount": "ours",
    "channels_app.InboundUrl": "ours",
    "channels_app.SmsSettings": "ours",
    "channels_app.Number": "numbers of ours",
    "channels_app.SmsNumber": "numbers of ours",
    "channels_app.WhatsAppAccount": "ours",
    "channels_app.WhatsAppNumber": "numbers of ours",
    "channels_app.ContentTemplate": "texts of ours, without a customer's words",
    "channels_app.SmsTrial": "telephones of ours, most digits hidden",
    "channels_app.AccountWatch": "when accounts were looked at",
}
S = Delivery.State
SCANNED_AT_ONCE = 500


def our_numbers() -> set[str]:
    """The company's own numbers, without +: nobody's text is found by them."""
    return set(Number.objects.values_list("value", flat=True))


# --- texts -----------------------------------------------------------------------------------------


def empty_texts(rows: Sequence[InboundText], _: Subject) -> None:
    """Texts without words and without what the provider told of the sender."""
    InboundText.objects.filter(pk__in=[row.pk for row in rows]).update(text="", profile={}, extras={})


def empty_deliveries(rows: Sequence[Delivery], _: Subject) -> None:
    """Deliveries without words: what has not left is cancelled, what hangs in doubt is given up.

    Raises NotYet while one is leaving: in half a minute at most it has left, or is in doubt.
    """
    ids, now = [row.pk for row in rows], timezone.now()
    mine = Delivery.objects.filter(pk__in=ids)
    cancel_pending(mine, reason="erased", sentence="Cancelled: the customer was erased.", now=now)
    if mine.filter(state=S.LEAVING).exists():
        raise NotYet("A text is leaving.")
    for pk in mine.filter(state=S.UNKNOWN).values_list("pk", flat=True):
        move(pk, from_states=[S.UNKNOWN], state=S.FAILED, word="given_up", now=now, error="erased")
    mine.update(text="", explanation="", template_variables={})
    DeliveryEvent.objects.filter(delivery__in=ids).update(detail="")


def empty_files(rows: Sequence[Media], _: Subject) -> None:
    """Rows of files without a name and an address; the files leave the storage after the commit.

    One that is being fetched at this moment has lost its claim: whoever fetches it throws it away.
    """
    ids, names = [row.pk for row in rows], [row.file for row in rows if row.file]
    Media.objects.filter(pk__in=ids).update(
        state=Media.State.REFUSED,
        reason="Erased.",
        attempts=F("attempts") + 1,
        next_attempt_at=None,
        is_news=True,
        contacts=[],
        **dict.fromkeys(("source_url", "name", "sha256", "file", "thumbnail"), ""),
        **dict.fromkeys(("size", "width", "height"), None),
    )
    transaction.on_commit(lambda: discard(names))


def _empty_events(rows: Sequence[DeliveryEvent], _: Subject) -> None:
    DeliveryEvent.objects.filter(pk__in=[row.pk for row in rows]).update(detail="")


# --- what is searched through ----------------------------------------------------------------------


def _receipt_concerns(receipt: WebhookReceipt, subject: Subject) -> bool:
    """Whether the customer of a request is the person: the sender of a text, the recipient of a report."""
    query, body = receipt.path.partition("?")[2], bytes(receipt.body).decode("utf-8", "replace")
    if not names_number(query, body, subject):
        return False
    match understood(receipt):
        case Inbound(sender=customer) | Report(recipient=customer) if customer:
            return bare(customer) in subject.bare_numbers
    said = {name.casefold(): bare(value) for name, value in parse_qsl(f"{body}&{query}")}
    sides = [said[name] for name in ("from", "to") if said.get(name)]
    ours = our_numbers()
    customer = next((side for side in sides if side not in ours), "")
    return not sides or customer in subject.bare_numbers


def empty_receipts(rows: Sequence[WebhookReceipt], _: Subject | None = None) -> None:
    """Requests without what they said; a number and a reason are left, and the provider's id of a text."""
    for row in rows:
        what = understood(row)
        WebhookReceipt.objects.filter(pk=row.pk).update(
            external_id=what.external_id[:64] if isinstance(what, Inbound) else row.external_id,
            path=row.path.partition("?")[0],
            headers={},
            body=b"",
            sequence_key="",
            reason=row.reason and "Erased.",
        )


def _refusal_concerns(refusal: Refusal, subject: Subject) -> bool:
    return mentions([refusal.computed_url, refusal.signed_for, refusal.verdict], subject)


def _empty_refusals(rows: Sequence[Refusal], _: Subject) -> None:
    for row in rows:
        Refusal.objects.filter(pk=row.pk).update(
            computed_url=row.computed_url.partition("?")[0],
            signed_for=row.signed_for.partition("?")[0],
            verdict="",
        )


def _call_concerns(call: ProviderCall, subject: Subject) -> bool:
    if call.delivery is not None and call.delivery.address_id in subject.addresses:
        return True
    return mentions([call.url, call.answer, call.error], subject)


def _empty_calls(rows: Sequence[ProviderCall], _: Subject) -> None:
    for row in rows:
        ProviderCall.objects.filter(pk=row.pk).update(url=row.url.partition("?")[0], answer="", error="")


def _incident_concerns(incident: Incident, subject: Subject) -> bool:
    return mentions([incident.details], subject)


def _replay_concerns(replay: Replay, subject: Subject) -> bool:
    return mentions([replay.reason], subject)


def _empty_incidents(rows: Sequence[Incident], _: Subject) -> None:
    Incident.objects.filter(pk__in=[row.pk for row in rows]).update(details="Erased.")


def _empty_replays(rows: Sequence[Replay], _: Subject) -> None:
    Replay.objects.filter(pk__in=[row.pk for row in rows]).update(reason="Erased.")


# --- STOP ------------------------------------------------------------------------------------------


def _keep_stop(rows: Sequence[OptOut], subject: Subject) -> None:
    """A STOP goes on: of the number a keyed digest is left, which nobody can read backwards."""
    for row in rows:
        number = subject.values.get(str(row.address_id))
        kept = digest(number) if number and row.ended_at is None else ""
        OptOut.objects.filter(pk=row.pk).update(source="Erased.", digest=row.digest or kept)


STEPS = [
    Step(
        "texts in",
        InboundText,
        lambda subject: InboundText.objects.filter(address__in=subject.addresses),
        empty_texts,
    ),
    Step(
        "texts out",
        Delivery,
        lambda subject: Delivery.objects.filter(address__in=subject.addresses),
        empty_deliveries,
    ),
    # After the texts out: none of them leaves without its files.
    Step(
        "files",
        Media,
        lambda subject: Media.objects.filter(
            Q(inbound_text__address__in=subject.addresses) | Q(delivery__address__in=subject.addresses)
        ),
        empty_files,
        how="removed from the storage",
    ),
    Step(
        "what happened to texts out",
        DeliveryEvent,
        lambda subject: DeliveryEvent.objects.filter(delivery__address__in=subject.addresses),
        _empty_events,
    ),
    Step(
        "webhooks",
        WebhookReceipt,
        # What is still due is a later text, which starts afresh.
        lambda _: WebhookReceipt.objects.exclude(state=WebhookReceipt.State.RECEIVED).select_related(
            "account"
        ),
        empty_receipts,
        _receipt_concerns,
        at_once=SCANNED_AT_ONCE,
    ),
    Step("refused webhooks", Refusal, lambda _: Refusal.objects.all(), _empty_refusals, _refusal_concerns),
    Step(
        "provider calls",
        ProviderCall,
        lambda _: ProviderCall.objects.select_related("delivery"),
        _empty_calls,
        _call_concerns,
        at_once=SCANNED_AT_ONCE,
    ),
    Step("incidents", Incident, lambda _: Incident.objects.all(), _empty_incidents, _incident_concerns),
    Step("replays", Replay, lambda _: Replay.objects.all(), _empty_replays, _replay_concerns),
    Step(
        "opt-outs",
        OptOut,
        lambda subject: OptOut.objects.filter(address__in=subject.addresses),
        _keep_stop,
        how="kept as a digest, so that STOP is honoured",
    ),
]
