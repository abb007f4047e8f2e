"""Inbound URLs: a new one, how long the old one is still used, and when it is retired."""

import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from channels_app.accounts import Conflict
from channels_app.models import InboundUrl, ProviderAccount, SmsSettings, WebhookReceipt

# A replaced URL that was silent for so long is retired by itself.
SILENT_FOR = timedelta(days=30)
# Uses are noted no more often than this, per URL and process.
NOTED_EVERY = timedelta(hours=1)

_noted: dict[str, float] = {}


@transaction.atomic
def issue(*, sms_settings: SmsSettings, now: datetime) -> InboundUrl:
    """Give SMS settings a new inbound URL. The old one goes on working until it is retired."""
    held = SmsSettings.objects.select_for_update().get(pk=sms_settings.pk)
    replaced = InboundUrl.objects.get(pk=held.inbound_url_id)
    replaced.replaced_at = now
    replaced.save(update_fields=["replaced_at"])
    sms_settings.inbound_url = InboundUrl.objects.create(account_id=held.account_id)
    sms_settings.save(update_fields=["inbound_url"])
    return sms_settings.inbound_url


@transaction.atomic
def retire(*, url: InboundUrl, now: datetime) -> None:
    """Close a replaced URL: what still comes to it is answered with 404. Raises Conflict for one in use."""
    if SmsSettings.objects.filter(inbound_url=url).exists():
        raise Conflict(
            "This is the inbound URL of a work stream: issue a new one before it is retired.", field="url"
        )
    url.retired_at = now
    url.save(update_fields=["retired_at"])


def working(account: ProviderAccount) -> QuerySet[InboundUrl]:
    """The account's URLs that are not retired, the newest first."""
    return account.inbound_urls.filter(retired_at=None).order_by("-id")


def retire_silent(*, now: datetime) -> int:
    """Retire replaced URLs that were silent for thirty days; returns how many."""
    left = InboundUrl.objects.filter(retired_at=None, sms_settings=None)
    # Replaced before that was noted: from now on it is counted.
    left.filter(replaced_at=None).update(replaced_at=now)
    long_ago = now - SILENT_FOR
    silent = Q(last_used_at=None) | Q(last_used_at__lt=long_ago)
    return left.filter(silent, replaced_at__lt=long_ago).update(retired_at=now)


def note_use(receipt: WebhookReceipt) -> None:
    """Note that a webhook came to its URL; at most once an hour, and by the task, not by the webhook."""
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
