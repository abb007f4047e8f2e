"""What a provider can do besides, if it lets us: tell the account's own numbers and where their texts go,
and change that. A provider, or a channel, without it is set up by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from channels_app.providers.base import Check, Credentials, Provider
from omnichannel.lib.http import Recorder


@dataclass(frozen=True)
class Webhook:
    """Where a number's texts are posted to."""

    url: str = ""
    method: str = "POST"
    fallback_url: str = ""
    # Something at the provider that is asked instead of the URLs above (Twilio: a TwiML app); empty: nothing.
    application: str = ""
    # Where reports go of texts that name no address for them; None: the provider has no such thing.
    status_url: str | None = None


@dataclass(frozen=True)
class Pool:
    """A group of numbers at the provider (Twilio: a Messaging Service) and what it does with their texts."""

    name: str
    # False: the texts of its numbers go to `url`, whatever the number's own webhook says.
    defers_to_number: bool
    url: str = ""


@dataclass(frozen=True)
class OwnNumber:
    """A number of the account, as the provider tells it."""

    external_id: str
    value: str  # digits
    name: str
    can_text: bool
    can_send_media: bool
    can_call: bool
    webhook: Webhook
    pool: Pool | None = None
    # Whether it can be used and what is in the way, where the provider tells (WhatsApp senders).
    standing: Check | None = None
    # False: the provider lets nobody see or change where its texts go (Twilio's sandbox).
    is_told: bool = True


class NumberSetUp(Protocol):
    """What a provider does on one channel. Each raises base.Trouble when the provider does not do it."""

    def own_numbers(self, account: Credentials, record: Recorder) -> list[OwnNumber]:
        """The account's own numbers, in their order."""

    def own_number(self, account: Credentials, value: str, record: Recorder) -> OwnNumber | None:
        """One of them by its digits, None when the account does not have it."""

    def set_webhook(
        self, account: Credentials, number: OwnNumber, webhook: Webhook, record: Recorder
    ) -> OwnNumber:
        """Have a number's texts posted there; the number as it is afterwards."""


@runtime_checkable
class SetsUpNumbers(Protocol):
    """The optional part of a provider: by channel, how its numbers are set up."""

    number_set_up: Mapping[str, NumberSetUp]


def set_up_of(provider: Provider | SetsUpNumbers, channel: str) -> NumberSetUp | None:
    """How a provider's numbers of a channel are set up; None when that is done by hand."""
    return provider.number_set_up.get(channel) if isinstance(provider, SetsUpNumbers) else None
