"""Addresses at which a provider fetches a file of ours: public, unguessable, and good for two days."""

import re
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from channels_app.models_media import Media

# Longer than a provider's queue holds a text (Twilio's: ten hours).
GOOD_FOR = timedelta(hours=48)
_signer = signing.TimestampSigner(salt="media.out", sep="~")
TOKEN = re.compile(r"[1-9][0-9]{0,17}~[0-9A-Za-z]{1,12}~[0-9A-Za-z_-]{20,64}", re.ASCII)


def token(media_id: int) -> str:
    """A signature over the file's id and this moment, made with SECRET_KEY."""
    return _signer.sign(str(media_id))


def public_url(media: Media) -> str:
    """The absolute address for the provider, good for GOOD_FOR from now."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('media-out', args=[token(media.pk)])}"


def find(signed: str) -> Media | None:
    """The file that a token stands for; None when it is forged, too old, or the file is gone."""
    if not TOKEN.fullmatch(signed):
        return None
    try:
        media_id = int(_signer.unsign(signed, max_age=GOOD_FOR))
    except signing.BadSignature:
        return None
    ready = Media.objects.filter(pk=media_id, state=Media.State.READY, delivery__isnull=False)
    return ready.exclude(file="").first()
