"""How customers' files are fetched from Twilio.

Source: twilio.com/docs/messaging/api/media-resource (HTTP Basic; the API answers with a redirect to its
store, where credentials are not wanted), read 2026-11.
"""

from base64 import b64encode
from urllib.parse import urlsplit

from channels_app.providers.base import Credentials
from channels_app.providers.media import MediaRequest


class TwilioMedia:
    """See providers.media.MediaSource."""

    def media_request(self, account: Credentials) -> MediaRequest:
        """At the API's own host, and at Twilio's others."""
        pairs = (f"{account.external_id}:{secret}".encode() for secret in account.secrets)
        return MediaRequest(
            hosts=(urlsplit(account.base_url).netloc, ".twilio.com"),
            authorizations=tuple(f"Basic {b64encode(pair).decode()}" for pair in pairs),
        )
