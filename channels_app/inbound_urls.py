"""Inbound URLs: a new one, how long the old one is still used, and when it is retired."""

import time
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet

from channels_app.accounts import Conflict, Connection
from channels_app.models import InboundUrl, ProviderAccount, SmsSettings, new_token
from channels_app.models_receipts import WebhookReceipt
from channels_app.models_whatsapp import WhatsAppAccount

# A replaced URL that was silent for so long is retired by itself.
SILENT_FOR = timedelta(days=30)
# Uses are noted no more often than this, per URL and process: near enough for “last in” on the set-up pages,
# and a busy number does not write its row for each text.
NOTED_EVERY = timedelta(minutes=1)

# What was shown before the first save, and for how long such a page may lie open.
ISSUED = "inbound-url"
SHOWN_FOR = timedelta(days=2)

_noted: dict[str, float] = {}


def issued() -> str:
    """The token of an inbound URL to come, signed, as a page carries it to its first save."""
    return signing.dumps(new_token(), salt=ISSUED)


def token_of(carried: str) -> str:
    """The token in what `issued` made; empty when it is not ours, or older than two days."""
    try:
        token: str = signing.loads(carried, salt=ISSUED, max_age=SHOWN_FOR) if carried else ""
    except signing.BadSignature:
        return ""
    return token


def is_free(token: str) -> bool:
    """Whether the token of an inbound URL to come can still be stored."""
    return bool(token) and not InboundUrl.objects.filter(token=token).exists()


@transaction.atomic
def issue(*, connection: Connection, now: datetime) -> InboundUrl:
    """Give SMS settings or a WhatsApp account a new inbound URL; the old one works until it is retired."""
    held: Connection = type(connection)._default_manager.select_for_update().get(pk=connection.pk)
    replaced = InboundUrl.objects.get(pk=held.inbound_url_id)
    replaced.replaced_at = now
    replaced.save(update_fields=["replaced_at"])
    connection.inbound_url = InboundUrl.objects.create(account_id=held.account_id)
    connection.save(update_fields=["inbound_url"])
    return connection.inbound_url


@transaction.atomic
def retire(*, url: InboundUrl, now: datetime) -> None:
    """Close a replaced URL: what still comes to it is answered with 404. Raises Conflict for one in use."""
    if held := holder_of(url):
        raise Conflict(
            f"This is the inbound URL of {held}: issue a new one before it is retired.", field="url"
        )
    url.retired_at = now
    url.save(update_fields=["retired_at"])


def holder_of(url: InboundUrl) -> str:
    """Whose inbound URL it is, in words; empty when it was replaced."""
    stream = SmsSettings.objects.filter(inbound_url=url).values_list("work_stream__name", flat=True).first()
    if stream is not None:
        return stream
    name = WhatsAppAccount.objects.filter(inbound_url=url).values_list("name", flat=True).first()
    return "" if name is None else f"WhatsApp account {name}"


def working(account: ProviderAccount) -> QuerySet[InboundUrl]:
    """The account's URLs that are not retired, the newest first."""
    return account.inbound_urls.filter(retired_at=None).order_by("-id")


def posted_to(account: ProviderAccount) -> InboundUrl | None:
    """The URL that the account's texts and reports came to last; None when nothing came yet."""
    return working(account).exclude(last_used_at=None).order_by("-last_used_at").first()


def retire_silent(*, now: datetime) -> int:
    """Retire replaced URLs that were silent for thirty days; returns how many."""
    left = InboundUrl.objects.filter(retired_at=None, sms_settings=None, whatsapp_account=None)
    # Replaced before that was noted: from now on it is counted.
    left.filter(replaced_at=None).update(replaced_at=now)
    long_ago = now - SILENT_FOR
    silent = Q(last_used_at=None) | Q(last_used_at__lt=long_ago)
    return left.filter(silent, replaced_at__lt=long_ago).update(retired_at=now)


def note_use(receipt: WebhookReceipt) -> None:
    """Note that a webhook came to its URL; at most once a minute, and by the task, not by the webhook."""
    token = receipt.path.removeprefix("/hooks/").partition("/")[0]
    moment = time.monotonic()
    if moment < _noted.get(token, 0):
        return
    if len(_noted) > 1000:
        _noted.clear()
    _noted[token] = moment + NOTED_EVERY.total_seconds()
    earlier = Q(last_used_at=None) | Q(last_used_at__lt=receipt.received_at)
    InboundUrl.objects.filter(earlier, token=token).update(last_used_at=receipt.received_at)


def forget_uses() -> None:
    """Drop what this process remembers: between two tests, each is another installation."""
    _noted.clear()


def silent_until(url: InboundUrl) -> datetime | None:
    """When a replaced URL is retired by itself if nothing more comes; None for one in use."""
    if url.replaced_at is None:
        return None
    return max(filter(None, (url.replaced_at, url.last_used_at))) + SILENT_FOR
