"""What a provider must tell so that a customer's file can be fetched. Optional: not all carry files."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from channels_app.providers.base import Credentials


@dataclass(frozen=True)
class MediaRequest:
    """How a file is fetched.

    `hosts` are the provider's own, a leading dot means all below: only there the first request may go, and
    only there credentials are sent. `authorizations` are values of the Authorization header, the next one
    is tried when one is answered with 401.
    """

    hosts: tuple[str, ...]
    authorizations: tuple[str, ...] = field(default=(), repr=False)


@runtime_checkable
class MediaSource(Protocol):
    """A provider whose customers' texts bring files."""

    def media_request(self, account: Credentials) -> MediaRequest:
        """How the files of this account are fetched."""
