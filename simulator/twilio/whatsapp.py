"""What a customer's WhatsApp message is besides its words, and how Twilio's webhook tells it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.records import Message
from simulator.twilio.segments import count_segments
from simulator.twilio.senders import PREFIX

USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
FAMILIES = {"image": "image", "audio": "audio", "video": "video"}
CARDS = ("text/vcard", "text/x-vcard")


@dataclass(frozen=True)
class Extras:
    """All that a message can be; what is empty is left out, but for what Twilio always sends."""

    profile_name: str = ""
    latitude: str = ""
    longitude: str = ""
    label: str = ""
    address: str = ""
    # A button of a template ("button"), or of a message in the conversation ("interactive").
    button_text: str = ""
    button_payload: str = ""
    is_interactive: bool = False
    list_id: str = ""
    list_title: str = ""
    list_description: str = ""
    forwarded: bool = False
    frequently_forwarded: bool = False
    # The SID of the message that this one answers.
    reply_to: str = ""
    is_sticker: bool = False
    # WhatsApp's own id of a user (US.1234), who may hide the number.
    external_user_id: str = ""
    profile_username: str = ""
    # ReferralBody, ReferralHeadline … of an advertisement.
    referral: Mapping[str, str] = field(default_factory=dict)


def address_of(person: str) -> str:
    """A customer's address on WhatsApp: of a number, or of an id without one."""
    return person if person.startswith(PREFIX) else PREFIX + person


def is_recipient(address: str) -> bool:
    """Whether texts can go there."""
    person = address.removeprefix(PREFIX)
    return bool(re.fullmatch(r"\+[1-9]\d{6,14}", person) or USER_ID.fullmatch(person))


def install_sid(sender_id: str) -> str:
    """The channel's own id, which reports carry."""
    return f"XE{hashlib.sha256(sender_id.encode()).hexdigest()[:32]}"


def inbound_fields(message: Message, extras: Extras) -> dict[str, str]:
    """The webhook's form fields; unlike a text's they say nothing of places."""
    person = message.sender.removeprefix(PREFIX)
    fields = {
        "SmsMessageSid": message.sid,
        "NumMedia": str(len(message.media)),
        "ProfileName": extras.profile_name,
        "MessageType": message_type(message, extras),
        "SmsSid": message.sid,
        "WaId": person.removeprefix("+") if person.startswith("+") else "",
        "SmsStatus": "received",
        "Body": message.body,
        "To": message.recipient,
        "NumSegments": str(count_segments(message.body)),
        "ReferralNumMedia": "0",
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender,
        "ApiVersion": "2010-04-01",
    }
    return {**fields, **_special(message, extras), **extras.referral}


def message_type(message: Message, extras: Extras) -> str:
    """What Twilio calls it."""
    if extras.latitude:
        return "location"
    if extras.button_text:
        return "interactive" if extras.is_interactive else "button"
    if extras.list_id:
        return "interactive"
    if not message.files:
        return "text"
    file = message.files[0]
    if extras.is_sticker:
        return "sticker"
    return "contacts" if file.content_type in CARDS else FAMILIES.get(file.family, "document")


def _special(message: Message, extras: Extras) -> dict[str, str]:
    answered = f"{message.recipient}" if extras.reply_to else ""
    user_id = extras.external_user_id
    if not user_id and USER_ID.fullmatch(message.sender.removeprefix(PREFIX)):
        user_id = message.sender
    context: dict[str, Any] = {"ProfileName": extras.profile_name}
    there = {
        "Latitude": extras.latitude,
        "Longitude": extras.longitude,
        "Label": extras.label,
        "Address": extras.address,
        "ButtonText": extras.button_text,
        "ButtonPayload": extras.button_payload,
        "ListId": extras.list_id,
        "ListTitle": extras.list_title,
        "ListDescription": extras.list_description,
        "Forwarded": "true" if extras.forwarded or extras.frequently_forwarded else "",
        "FrequentlyForwarded": "true" if extras.frequently_forwarded else "",
        "OriginalRepliedMessageSid": extras.reply_to,
        "OriginalRepliedMessageSender": answered,
        "ExternalUserId": user_id,
        "ProfileUsername": extras.profile_username,
        "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": context}}),
    }
    return {name: value for name, value in there.items() if value}
