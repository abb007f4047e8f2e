"""What a provider can do besides, if it keeps a list: tell the texts that customers sent.

A provider without such a list (TeleSign) posts a text again a few times; after that it is lost to us.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeGuard, runtime_checkable

from channels_app.providers.base import Credentials, Provider
from omnichannel.lib.http import Recorder


@dataclass(frozen=True)
class Listed:
    """A customer's text in the provider's own list, as the webhook that should have come."""

    external_id: str
    at: datetime | None
    form: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listing:
    """Texts of a list; not `is_whole` when there are more than were read."""

    texts: tuple[Listed, ...]
    is_whole: bool


@runtime_checkable
class InboundList(Protocol):
    """The optional part of a provider. Raises base.Trouble when the provider does not do it."""

    def list_inbound(
        self, account: Credentials, number: str, since: datetime, record: Recorder, *, channel: str = "sms"
    ) -> Listing:
        """Customers' texts to a number (digits) since a moment, the oldest first."""


def can_list(provider: Provider | InboundList) -> TypeGuard[InboundList]:
    """Whether a provider keeps a list of customers' texts."""
    return isinstance(provider, InboundList)
