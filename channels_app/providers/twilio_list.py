"""Twilio's own list of customers' texts, written as the webhooks that should have come.

Source: twilio.com/docs/messaging/api/message-resource, "Read multiple Message resources", read 2026-11:
newest first, filtered by To and by DateSent (here: from a moment on, UTC).
"""

import time
from datetime import datetime
from typing import Any

from twilio.rest import Client

from channels_app.providers.base import Credentials
from channels_app.providers.inbound_list import Listed, Listing
from channels_app.providers.twilio_answers import files_of
from channels_app.providers.twilio_channels import MOST_MEDIA
from channels_app.providers.twilio_client import ask
from omnichannel.lib.http import Recorder

LISTED_AT_MOST, PAGE = 1_000, 200
# Between two pages; with one slow page more the task still ends in time.
PATIENCE_S = 20.0


def list_inbound(account: Credentials, recipient: str, since: datetime, record: Recorder) -> Listing:
    """The texts to a number of ours, as Twilio writes it, since a moment; oldest first. Raises Trouble."""
    return ask(account, record, lambda client: _listed(client, account, recipient, since))


def _listed(client: Client, account: Credentials, recipient: str, since: datetime) -> Listing:
    deadline, found, is_whole = time.monotonic() + PATIENCE_S, [], True
    messages = client.messages.stream(
        to=recipient, date_sent_after=since, limit=LISTED_AT_MOST, page_size=PAGE
    )
    seen = 0
    for message in messages:
        seen += 1
        if message.sid and str(message.direction) == "inbound":
            form = _form(message, account.external_id) + _files(message, account.base_url)
            found.append(Listed(message.sid, message.date_sent or message.date_created, form))
        if time.monotonic() > deadline:
            is_whole = False
            break
    return Listing(tuple(reversed(found)), is_whole and seen < LISTED_AT_MOST)


def _files(message: Any, base_url: str) -> tuple[tuple[str, str], ...]:
    """Where each of its files is, which only a list of its own tells."""
    if not files_of(message):
        return ()
    fields = []
    for position, file in enumerate(message.media.list(limit=MOST_MEDIA)):
        fields.append((f"MediaUrl{position}", f"{base_url}{str(file.uri).removesuffix('.json')}"))
        fields.append((f"MediaContentType{position}", str(file.content_type or "")))
    return tuple(fields)


def _form(message: Any, account_id: str) -> tuple[tuple[str, str], ...]:
    """The fields of the webhook that Twilio posts for such a text, as far as its list knows them."""
    at = message.date_sent or message.date_created
    return (
        ("MessageSid", message.sid),
        ("AccountSid", str(message.account_sid or account_id)),
        ("From", str(message.from_ or "")),
        ("To", str(message.to or "")),
        ("Body", str(message.body or "")),
        ("NumMedia", str(message.num_media or "0")),
        ("NumSegments", str(message.num_segments or "")),
        ("SmsStatus", "received"),
        ("DateSent", at.isoformat() if at else ""),
    )
