"""The fixtures of the wire serve the whole way as well."""

from tests.channels_app.conftest import twilio, without_static_files, world

__all__ = ["twilio", "without_static_files", "world"]
