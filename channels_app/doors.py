"""From the token in a webhook's path to the account behind it, remembered for a moment."""

import time
from dataclasses import dataclass

from channels_app.accounts import credentials, provider_of
from channels_app.models import InboundUrl
from channels_app.providers.base import Credentials, Provider

REMEMBERED_S = 5.0


@dataclass(frozen=True)
class Door:
    """An account as the webhook view needs it."""

    account_id: int
    provider: Provider
    credentials: Credentials


_doors: dict[str, tuple[float, Door]] = {}


def door(token: str, *, fresh: bool = False) -> Door | None:
    """The account behind an inbound URL, None for an unknown or retired one.

    Remembered for five seconds per process; a refusal must be decided with `fresh=True`, so that a new
    token works at once, and an old one five seconds longer at most.
    """
    now = time.monotonic()
    known = _doors.get(token)
    if known and known[0] > now and not fresh:
        return known[1]
    url = InboundUrl.objects.select_related("account").filter(token=token, retired_at=None).first()
    if url is None:
        _doors.pop(token, None)
        return None
    found = Door(url.account_id, provider_of(url.account), credentials(url.account))
    if len(_doors) > 1000:
        _doors.clear()
    _doors[token] = (now + REMEMBERED_S, found)
    return found


def forget_doors() -> None:
    """Drop what this process remembers: between two tests, each is another installation."""
    _doors.clear()
