"""The providers, one file each. Adding one touches its file and one line here."""

from channels_app.providers import telesign, twilio
from channels_app.providers.base import Provider

REGISTRY: dict[str, Provider] = {
    "twilio": twilio.Twilio(),
    "telesign": telesign.TeleSign(),
}


def provider_choices() -> list[tuple[str, str]]:
    """Every provider and its name."""
    return [(key, provider.words.name) for key, provider in REGISTRY.items()]


def providers_of(channel: str) -> list[tuple[str, str]]:
    """The providers that carry a channel, and their names."""
    return [(key, provider.words.name) for key, provider in REGISTRY.items() if channel in provider.channels]
