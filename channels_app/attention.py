"""What wants a person on the wire: bounded counts for the home page, each served by an index."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from channels_app.models import SmsSettings
from channels_app.models_deliveries import Delivery
from channels_app.models_health import Incident
from channels_app.models_receipts import InboundText, Refusal, WebhookReceipt
from channels_app.models_whatsapp import WhatsAppAccount
from routing.models import Channel

# How a channel's connection leads to its numbers.
NUMBER_OF: dict[str, str] = {Channel.SMS: "work_stream__sms_number", Channel.WHATSAPP: "numbers"}
# People read "99+"; nothing is counted further.
COUNTED_AT_MOST = 100
SETTINGS_LOOKED_AT = 1_000
# What is due for longer than this is a backlog: bells ring within seconds.
RECEIPT_LATE_AFTER = timedelta(minutes=1)
DELIVERY_LATE_AFTER = timedelta(minutes=5)
VALIDATION_FAILED, VALIDATION_WARNED, NEVER_VALIDATED, NUMBER_MISSING = "failed", "warned", "never", "number"


@dataclass(frozen=True)
class Backlog:
    """What is due and has not been taken: how many (COUNTED_AT_MOST at most), and the oldest."""

    count: int
    oldest_at: datetime | None

    def is_late(self, *, now: datetime, after: timedelta) -> bool:
        """Whether the oldest has waited for longer than `after`."""
        return self.oldest_at is not None and now - self.oldest_at > after


def failed_receipts() -> int:
    """Webhooks that could not be understood and have not been replayed."""
    return _counted(WebhookReceipt.objects.filter(state="failed").values_list("pk").order_by("-id"))


def failed_deliveries(*, since: datetime) -> dict[str, int]:
    """Per state, texts made since then that did not arrive or are in doubt."""
    rows = Delivery.objects.values_list("created_at", flat=True)
    states = ("failed", "undelivered", "unknown")
    return {state: _newest_since(rows.filter(state=state), since) for state in states}


def refusals(*, since: datetime) -> int:
    """Webhooks refused since then: their signature was missing or wrong."""
    return _newest_since(Refusal.objects.values_list("at", flat=True), since)


def open_incidents() -> Counter[str]:
    """How many incidents of each kind have not ended (kinds in words)."""
    kinds = Incident.objects.filter(ended_at=None).order_by("-id").values_list("kind", flat=True)
    return Counter(str(Incident.Kind(kind).label) for kind in kinds[:COUNTED_AT_MOST])


def unrouted_texts(*, since: datetime) -> Counter[str]:
    """Texts since then that got into no conversation, by their receipt's reason: seen by nobody."""
    rows = InboundText.objects.filter(disposition="unrouted").order_by("-id")
    found = rows.values_list("received_at", "receipt__reason")[:COUNTED_AT_MOST]
    return Counter(reason or "" for at, reason in found if at >= since)


def receipts_due(*, now: datetime) -> Backlog:
    """Webhooks that wait to be taken."""
    rows = WebhookReceipt.objects.filter(state="received").order_by("id")
    return _backlog(rows.values_list("received_at", "next_attempt_at")[:COUNTED_AT_MOST], now)


def deliveries_due(*, now: datetime) -> Backlog:
    """Texts that may leave and have not."""
    rows = Delivery.objects.filter(state="pending").order_by("id")
    return _backlog(rows.values_list("created_at", "next_attempt_at")[:COUNTED_AT_MOST], now)


def connections(channel: str) -> QuerySet[Any]:
    """What holds the connections of a channel, of those in use: SMS Settings, or WhatsApp accounts."""
    if channel == Channel.WHATSAPP:
        return WhatsAppAccount.objects.filter(deleted_at=None).order_by("id")
    return SmsSettings.objects.filter(work_stream__deleted_at=None).order_by("id")


def settings_in_trouble(channel: str = Channel.SMS) -> Counter[str]:
    """How many of a channel's connections have each kind of trouble; one may have two (see trouble_of)."""
    rows = connections(channel)
    with_number = Exists(rows.filter(**{f"{NUMBER_OF[channel]}__isnull": False}, pk=OuterRef("pk")))
    facts = rows.values_list("last_validation_status", with_number)[:SETTINGS_LOOKED_AT]
    return Counter(word for status, number in facts for word in trouble_of(status, has_number=number))


def validations_said(kind: str, channel: str = Channel.SMS) -> list[str]:
    """The sentences of the last validations with this kind of trouble, each once."""
    rows = with_trouble(connections(channel), kind)
    found = rows.values_list("last_validation_status", flat=True)[:SETTINGS_LOOKED_AT]
    return list(dict.fromkeys(status.partition(":")[2].strip() for status in found))


def trouble_of(status: str, *, has_number: bool) -> list[str]:
    """What is wrong with a connection, given its last validation status ("error: …") and its numbers."""
    level = status.partition(":")[0]
    found = {"error": [VALIDATION_FAILED], "warning": [VALIDATION_WARNED], "": [NEVER_VALIDATED]}.get(
        level, []
    )
    return found if has_number else [*found, NUMBER_MISSING]


def with_trouble(rows: QuerySet[Any], kind: str) -> QuerySet[Any]:
    """Those of `rows` (see `connections`) that settings_in_trouble counts as `kind`."""
    channel = Channel.WHATSAPP if rows.model is WhatsAppAccount else Channel.SMS
    wanted: dict[str, dict[str, Any]] = {
        VALIDATION_FAILED: {"last_validation_status__startswith": "error:"},
        VALIDATION_WARNED: {"last_validation_status__startswith": "warning:"},
        NEVER_VALIDATED: {"last_validation_status": ""},
        NUMBER_MISSING: {NUMBER_OF[channel]: None},
    }
    return rows.filter(**wanted[kind])


def _counted(rows: QuerySet[Any, Any]) -> int:
    return len(rows[:COUNTED_AT_MOST])


def _newest_since(moments: QuerySet[Any, Any], since: datetime) -> int:
    # The newest by id, which an index gives, and not all since then, which none would.
    return sum(moment >= since for moment in moments.order_by("-id")[:COUNTED_AT_MOST])


def _backlog(rows: Iterable[tuple[datetime, datetime]], now: datetime) -> Backlog:
    due = [made_at for made_at, next_attempt_at in rows if next_attempt_at <= now]
    return Backlog(len(due), min(due, default=None))
