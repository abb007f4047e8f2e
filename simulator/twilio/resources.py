"""The JSON that Twilio's REST API (2010-04-01) shows of accounts, numbers and messages."""

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from simulator.config import Account, Number, Service
from simulator.records import Direction, Message
from simulator.twilio.segments import count_segments

BASE = "/2010-04-01/Accounts"
ERROR_MESSAGES = {
    21610: "The recipient has unsubscribed",
    11200: "HTTP retrieval failure",
    12300: "Invalid Content-Type",
    30019: "Content too large for the carrier",
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    30007: "Filtered by the carrier",
    30008: "Unknown error",
    63003: "Channel could not find the recipient",
    63016: "Outside the allowed window",
    63019: "Media failed to download",
    63021: "Content invalid for the channel",
    63024: "Invalid recipient",
    63028: "Number of template variables does not match",
    63040: "Template rejected",
    63041: "Template paused",
    63042: "Template disabled",
    63049: "Meta chose not to deliver",
}


def account_json(account: Account) -> dict[str, Any]:
    """With the auth token in clear: Twilio really shows it."""
    uri = f"{BASE}/{account.account_sid}"
    created = format_datetime(account.created_at)
    return {
        "sid": account.account_sid,
        "owner_account_sid": account.account_sid,
        "friendly_name": account.friendly_name,
        "auth_token": account.auth_token,
        "status": account.status,
        "type": account.type,
        "date_created": created,
        "date_updated": created,
        "subresource_uris": {
            "messages": f"{uri}/Messages.json",
            "incoming_phone_numbers": f"{uri}/IncomingPhoneNumbers.json",
        },
        "uri": f"{uri}.json",
    }


def number_json(account: Account, number: Number) -> dict[str, Any]:
    """An IncomingPhoneNumber."""
    sid = account.number_sid(number)
    created = format_datetime(account.created_at)
    return {
        "sid": sid,
        "account_sid": account.account_sid,
        "phone_number": number.phone_number,
        "friendly_name": number.friendly_name or number.phone_number,
        "capabilities": {"voice": number.voice, "sms": number.sms, "mms": number.mms, "fax": False},
        "sms_url": number.sms_url,
        "sms_method": number.sms_method,
        "sms_fallback_url": number.sms_fallback_url,
        "sms_fallback_method": "POST",
        "sms_application_sid": number.sms_application_sid,
        "status_callback": number.status_callback,
        "status_callback_method": "POST",
        "voice_url": "",
        "voice_method": "POST",
        "api_version": "2010-04-01",
        "beta": False,
        "origin": "twilio",
        "status": "in-use",
        "date_created": created,
        "date_updated": created,
        "uri": f"{BASE}/{account.account_sid}/IncomingPhoneNumbers/{sid}.json",
    }


def service_json(account: Account, service: Service) -> dict[str, Any]:
    """A Messaging Service."""
    return {
        "sid": account.service_sid(service),
        "account_sid": account.account_sid,
        "friendly_name": service.name,
        "inbound_request_url": service.inbound_request_url or None,
        "inbound_method": "POST",
        "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
    }


def member_json(account: Account, service: Service, number: Number) -> dict[str, Any]:
    """A number of a Messaging Service."""
    return {
        "sid": account.number_sid(number),
        "account_sid": account.account_sid,
        "service_sid": account.service_sid(service),
        "phone_number": number.phone_number,
        "country_code": "US",
        "capabilities": ["SMS"] if number.sms else [],
    }


def message_json(message: Message) -> dict[str, Any]:
    """A Message, inbound or outbound."""
    uri = f"{BASE}/{message.account_sid}/Messages/{message.sid}"
    return {
        "sid": message.sid,
        "account_sid": message.account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": format_datetime(message.created_at),
        "date_sent": _date(message.sent_at or _received_at(message)),
        "date_updated": format_datetime(message.sent_at or message.created_at),
        "direction": str(message.direction),
        "error_code": message.error_code,
        "error_message": ERROR_MESSAGES.get(message.error_code) if message.error_code else None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": str(len(message.media)),
        "num_segments": str(count_segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "tags": None,
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def _received_at(message: Message) -> datetime | None:
    return message.created_at if message.direction == Direction.INBOUND else None


def _date(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None
