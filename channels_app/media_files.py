"""The files themselves, in the storage that settings.STORAGES["media"] names. Only here it is touched.

A file lies under a random name in a folder of its day; nobody finds it but by its row. A file is written
before the row that names it and removed after the row has forgotten it; what a killed process leaves behind
has no row, and is removed a day later (`remove_orphans`).
"""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.utils import timezone

from channels_app import pictures, vcards
from channels_app.models_media import Media
from omnichannel.lib.queue import still_alive

logger = logging.getLogger(__name__)

ALIAS = "media"
VCARD = "text/vcard"
ORPHANED_AFTER = timedelta(days=1)
# Folders of these days are looked through each time; of the older ones, one a time.
RECENT_DAYS, BATCH = 3, 500


@dataclass(frozen=True)
class StoredFile:
    """A file that lies in the storage, before or beside its row. `size` in bytes; empty thumbnail: none."""

    file: str
    content_type: str
    name: str
    size: int
    sha256: str
    thumbnail: str = ""
    width: int | None = None
    height: int | None = None
    # Of a contact card: a name and its (label, value) lines for each person.
    contacts: tuple[vcards.ContactCard, ...] = ()


def storage() -> Storage:
    """Where files lie."""
    return storages[ALIAS]


def keep(data: bytes, *, content_type: str, name: str = "") -> StoredFile:
    """Write a file, and the thumbnail of a picture, into the storage. Never inside a transaction.

    Raises whatever the storage raises when it cannot take it.
    """
    picture = pictures.look_at(data, content_type)
    file = f"{timezone.now():%Y-%m-%d}/{secrets.token_urlsafe(32)}"
    file = storage().save(file, ContentFile(data))
    thumbnail = storage().save(f"{file}.webp", ContentFile(picture.thumbnail)) if picture else ""
    return StoredFile(
        file=file,
        content_type=content_type,
        name=name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        thumbnail=thumbnail,
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        contacts=vcards.cards_of(data) if content_type == VCARD else (),
    )


def stored(media: Media) -> StoredFile:
    """The file of a row that is ready."""
    return StoredFile(
        file=media.file,
        content_type=media.content_type,
        name=media.name,
        size=media.size or 0,
        sha256=media.sha256,
        thumbnail=media.thumbnail,
        width=media.width,
        height=media.height,
        contacts=contacts_of(media),
    )


def contacts_of(media: Media) -> tuple[vcards.ContactCard, ...]:
    """Whom a contact card names."""
    return tuple(
        vcards.ContactCard(card["name"], tuple((label, value) for label, value in card["lines"]))
        for card in media.contacts
    )


def columns(file: StoredFile) -> dict[str, Any]:
    """What a row keeps of a stored file."""
    return {
        "file": file.file,
        "thumbnail": file.thumbnail,
        "content_type": file.content_type,
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "width": file.width,
        "height": file.height,
        "contacts": [{"name": card.name, "lines": card.lines} for card in file.contacts],
    }


def discard(names: Iterable[str]) -> int:
    """Remove files, and their thumbnails, that no row names any more; returns how many were removed.

    Not inside a transaction. What the storage refuses to remove is logged and left to `remove_orphans`.
    """
    wanted = {name for name in names if name}
    named = set(Media.objects.filter(file__in=wanted).values_list("file", flat=True))
    removed = 0
    for name in sorted(wanted - named):
        try:
            storage().delete(f"{name}.webp")
            storage().delete(name)
            removed += 1
        except Exception:  # whatever the storage raises: the sweep tries again
            logger.exception("A file could not be removed from the storage.")
    return removed


# --- what no row names ----------------------------------------------------------------------------


def remove_orphans(*, now: datetime) -> int:
    """Remove files that have been there for a day and that no row names; returns how many."""
    try:
        days = sorted(storage().listdir("")[0], reverse=True)
    except FileNotFoundError:
        return 0  # nothing was stored yet
    until = f"{now - ORPHANED_AFTER:%Y-%m-%d}"
    over = [day for day in days if day < until]
    old = over[RECENT_DAYS:]
    # Each time another one of the older folders, so that all have their turn.
    turn = [old[int(now.timestamp() // 3600) % len(old)]] if old else []
    return sum(_remove_orphans_of(day) for day in over[:RECENT_DAYS] + turn)


def _remove_orphans_of(day: str) -> int:
    names = sorted({f"{day}/{name.removesuffix('.webp')}" for name in storage().listdir(day)[1]})
    removed = 0
    for start in range(0, len(names), BATCH):
        removed += discard(names[start : start + BATCH])
        still_alive()
    return removed
