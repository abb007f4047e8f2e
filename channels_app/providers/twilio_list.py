"""Twilio's own list of customers' texts, written as the webhooks that should have come.

Source: twilio.com/docs/messaging/api/message-resource, "Read multiple Message resources", read 2026-11:
newest first, filtered by To and by DateSent (here: from a moment on, UTC).
"""

import time
from datetime import datetime
from typing import Any

from twilio.rest import Client

from channels_app.providers.base import Credentials, Listed, Listing
from channels_app.providers.twilio_client import ask
from omnichannel.lib.http import Recorder

LISTED_AT_MOST, PAGE = 1_000, 200
# Between two pages; with one slow page more the task still ends in time.
PATIENCE_S = 20.0


def list_inbound(account: Credentials, number: str, since: datetime, record: Recorder) -> Listing:
    """The texts to a number (digits) since a moment, the oldest first. Raises Trouble."""
    return ask(account, record, lambda client: _listed(client, account.external_id, number, since))


def _listed(client: Client, account_id: str, number: str, since: datetime) -> Listing:
    deadline, found, is_whole = time.monotonic() + PATIENCE_S, [], True
    messages = client.messages.stream(
        to=f"+{number}", date_sent_after=since, limit=LISTED_AT_MOST, page_size=PAGE
    )
    seen = 0
    for message in messages:
        seen += 1
        if message.sid and str(message.direction) == "inbound":
            found.append(
                Listed(message.sid, message.date_sent or message.date_created, _form(message, account_id))
            )
        if time.monotonic() > deadline:
            is_whole = False
            break
    return Listing(tuple(reversed(found)), is_whole and seen < LISTED_AT_MOST)


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
