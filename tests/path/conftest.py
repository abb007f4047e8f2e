"""The fixtures of the wire serve the whole way as well."""

from tests.channels_app.conftest import twilio, whatsapp

__all__ = ["twilio", "whatsapp"]
