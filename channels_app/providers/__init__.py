"""The providers, one file each. Adding one touches its file and one line here."""

from channels_app.providers import twilio
from channels_app.providers.base import Provider

REGISTRY: dict[str, Provider] = {
    "twilio": twilio.Twilio(),
}
