"""The files of texts: rows at once, the file itself later, fetched outside any transaction.

A row that is due is claimed by a conditional UPDATE with a lease, as receipts are: a worker that dies leaves
it due again, and what a slow one still brings is thrown away, for another may have it already.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from channels_app import media_fetch, media_files, media_rules, media_types
from channels_app.media_files import StoredFile
from channels_app.models import ProviderAccount
from channels_app.models_deliveries import Delivery
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText
from channels_app.providers.base import InboundMedia
from channels_app.vcards import ContactCard
from omnichannel.lib import backoff
from omnichannel.lib.queue import ring
from routing.channels import blocked_extensions

logger = logging.getLogger(__name__)

S = Media.State
DUE, CHANGED = "media.due", "media.changed"
MOST_ATTEMPTS = 5
# The queue kills a task that takes longer: whoever held the claim is dead by then.
LEASE = timedelta(seconds=settings.TASK_TIMEOUT_S)
FETCHED_AGAIN_AT_ONCE = 200
# Pixels of a thumbnail's longer side where it is shown.
THUMBNAIL = 220
SWITCHED_OFF = "Attachments from customers are switched off for this number."


def largest() -> int:
    """Bytes that a file may have, in or out."""
    return settings.MEDIA_LARGEST_MB * 1024 * 1024


# --- in -------------------------------------------------------------------------------------------


def receive(inbound: InboundText, found: Sequence[InboundMedia], now: datetime) -> list[Media]:
    """Write a row for each file of a text, in the text's transaction, and ring for those to be fetched."""
    rows = []
    for position, each in enumerate(found):
        why = _why_not_fetched(inbound, each)
        rows.append(
            Media(
                inbound_text=inbound,
                position=position,
                state=S.REFUSED if why else S.FETCHING,
                reason=why,
                source_url=each.url,
                declared_type=media_types.bare_type(each.content_type)[:100],
                name=media_types.clean_name(each.name),
                next_attempt_at=None if why else now,
                created_at=now,
                state_changed_at=now,
            )
        )
    made = Media.objects.bulk_create(rows)
    if any(row.state == S.FETCHING for row in made):
        ring(DUE)
    return made


def _why_not_fetched(inbound: InboundText, media: InboundMedia) -> str:
    if inbound.disposition == InboundText.Disposition.BLOCKED:
        return "Its sender is blocked."
    if inbound.number is not None and not inbound.number.attachments_from_customers:
        return SWITCHED_OFF
    return "" if media.url else "The provider told no address for it."


def claim_next(*, now: datetime) -> Media | None:
    """Take the file whose turn it is; None when none is due, or another runner was faster each time."""
    due = Media.objects.filter(state=S.FETCHING, next_attempt_at__lte=now).order_by("next_attempt_at", "id")
    for pk, attempts in due.values_list("pk", "attempts")[:5]:
        mine = Media.objects.filter(pk=pk, state=S.FETCHING, attempts=attempts, next_attempt_at__lte=now)
        if mine.update(attempts=attempts + 1, next_attempt_at=now + LEASE):
            return Media.objects.select_related(
                "inbound_text__number__account", "inbound_text__receipt__account"
            ).get(pk=pk)
    return None


def fetch_one() -> bool:
    """Fetch, look at and keep one file; False when none is due."""
    media = claim_next(now=timezone.now())
    if media is None:
        return False
    try:
        kept = _fetched(media)
    except media_fetch.Refused as error:
        _settle(media, state=S.REFUSED, reason=str(error))
    except media_fetch.Failed as error:
        _settle(media, state=S.FAILED, reason=str(error))
    except media_fetch.Later as error:
        _postpone(media, str(error))
    except Exception:  # a defect, or the storage is away: the row stays due, a few times
        logger.exception("File %s could not be fetched or kept.", media.pk)
        _postpone(media, "It could not be kept: see the log.")
    else:
        if not _settle(media, state=S.READY, reason="", **media_files.columns(kept)):
            media_files.discard([kept.file])
    return True


def account_of(media: Media) -> ProviderAccount | None:
    """Whose credentials fetch it; None when nobody knows any more."""
    text = media.inbound_text
    if text is None:
        return None
    if text.number is not None:
        return text.number.account
    return text.receipt.account if text.receipt is not None else None


def _fetched(media: Media) -> StoredFile:
    if media.attempts > MOST_ATTEMPTS:
        raise media_fetch.Failed("Its worker stopped each time it was tried.")
    account = account_of(media)
    if account is None:
        raise media_fetch.Failed("Nobody knows any more from which account it came.")
    assert media.inbound_text is not None
    number = media.inbound_text.number
    blocked = blocked_extensions(number.channel) if number is not None else frozenset()
    came = media_fetch.fetch(account, media.source_url, largest=largest(), attempt=media.attempts)
    name = media.name or media_types.clean_name(came.name)
    looked = media_types.look(
        came.data, declared=media.declared_type or came.content_type, name=name, blocked=blocked
    )
    if looked.problem:
        raise media_fetch.Refused(looked.problem)
    return media_files.keep(came.data, content_type=looked.content_type, name=name)


def _postpone(media: Media, reason: str) -> None:
    """Again later, or failed after MOST_ATTEMPTS: then a person may ask for it again."""
    if media.attempts >= MOST_ATTEMPTS:
        _settle(media, state=S.FAILED, reason=reason)
    else:
        again = timezone.now() + backoff.delay(media.attempts)
        _change(media, reason=reason[:300], next_attempt_at=again)


def _settle(media: Media, *, state: str, reason: str, **values: object) -> bool:
    """Write what became of a claimed file; False, and nothing written, when the claim is no longer ours."""
    now = timezone.now()
    with transaction.atomic():
        return _change(
            media,
            state=state,
            reason=reason[:300],
            next_attempt_at=None,
            state_changed_at=now,
            is_news=True,
            **values,
        )


def _change(media: Media, **values: object) -> bool:
    ours = Media.objects.filter(pk=media.pk, state=S.FETCHING, attempts=media.attempts)
    changed = bool(ours.update(**values))
    if changed and values.get("is_news"):
        ring(CHANGED)
    return changed


@transaction.atomic
def fetch_again(wanted: models.QuerySet[Media], *, now: datetime) -> int:
    """Make files that failed, or were refused, due again (the provider may have them still); how many.

    For refused ones it makes sense after a limit or a switch was changed: all is looked at again.
    """
    again = wanted.filter(state__in=[S.FAILED, S.REFUSED], inbound_text__isnull=False).exclude(source_url="")
    ids = list(again.order_by("id").values_list("pk", flat=True)[:FETCHED_AGAIN_AT_ONCE])
    changed = Media.objects.filter(pk__in=ids, state__in=[S.FAILED, S.REFUSED]).update(
        state=S.FETCHING, reason="", attempts=0, next_attempt_at=now, state_changed_at=now, is_news=True
    )
    if changed:
        ring(DUE)
        ring(CHANGED)
    return changed


# --- out ------------------------------------------------------------------------------------------


def attach(delivery: Delivery, files: Sequence[StoredFile], now: datetime) -> None:
    """Write the rows of files that go out with a delivery, in its transaction."""
    Media.objects.bulk_create(
        Media(
            delivery=delivery,
            position=position,
            state=S.READY,
            created_at=now,
            state_changed_at=now,
            **media_files.columns(file),
        )
        for position, file in enumerate(files)
    )


def files_of(delivery: Delivery) -> tuple[StoredFile, ...]:
    """What goes out with a delivery, in order; those that were forgotten (erased) are left out."""
    if not delivery.media_count:
        return ()
    rows = delivery.media.filter(state=S.READY).exclude(file="").order_by("position")
    return tuple(media_files.stored(row) for row in rows)


# --- shown ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownFile:
    """A file as people see it. `url` and `thumbnail_url` are empty while there is nothing to be seen."""

    id: int
    state: str
    kind: str
    content_type: str
    word: str
    name: str
    size: int | None
    reason: str
    url: str
    thumbnail_url: str
    width: int | None
    height: int | None
    may_fetch_again: bool
    contacts: tuple[ContactCard, ...]

    @property
    def size_words(self) -> str:
        """Its size for people; empty when nobody knows."""
        return media_rules.size_words(self.size) if self.size else ""

    @property
    def thumbnail_size(self) -> tuple[int, int]:
        """Width and height at which the thumbnail is shown."""
        width, height = self.width or 1, self.height or 1
        scale = min(1, THUMBNAIL / width, THUMBNAIL / height)
        return max(1, round(width * scale)), max(1, round(height * scale))


def shown(media: Media) -> ShownFile:
    """One file for desk and API. The type is by content; until it is known, what the sender said."""
    is_ready = media.state == S.READY and bool(media.file)
    known = media.content_type or media.declared_type
    return ShownFile(
        id=media.pk,
        state=media.state,
        kind=media_types.kind_of(known),
        content_type=known,
        word=media_types.word_for(known),
        name=media.name,
        size=media.size,
        reason=media.reason if media.state in {S.REFUSED, S.FAILED} else "",
        url=reverse("media", args=[media.pk]) if is_ready else "",
        thumbnail_url=reverse("media-thumbnail", args=[media.pk]) if is_ready and media.thumbnail else "",
        width=media.width,
        height=media.height,
        may_fetch_again=media.state == S.FAILED and bool(media.source_url),
        contacts=media_files.contacts_of(media),
    )


def shown_all(rows: Iterable[Media]) -> list[ShownFile]:
    """Files in their order."""
    return [shown(media) for media in sorted(rows, key=lambda media: media.position)]
