"""How addresses and texts are written for Twilio on each channel. Pure.

Source: twilio.com/docs/whatsapp/api and twilio.com/docs/content/send-templates-created-with-the-content-
template-builder, read 2026-11. A business-scoped user id stands without a +: whatsapp:US.1234.
"""

import json
from typing import Any

from twilio.base import values

from channels_app.providers.base import OutboundText


def address_of(value: str, channel: str) -> str:
    """An address as Twilio writes it: with the channel before it, unless it is SMS."""
    return value if channel == "sms" else f"{channel}:{value}"


def parties(text: OutboundText) -> dict[str, str]:
    """To and From, under the library's names."""
    return {
        "to": address_of(text.recipient, text.channel),
        "from_": address_of(f"+{text.sender}", text.channel),
    }


def request_of(text: OutboundText) -> dict[str, Any]:
    """The whole request. With a template neither words nor files: Twilio has them."""
    asked = {**parties(text), "status_callback": text.status_url or values.unset}
    if text.template is not None:
        filled = json.dumps(dict(text.template.variables)) if text.template.variables else values.unset
        return {**asked, "content_sid": text.template.external_id, "content_variables": filled}
    return {
        **asked,
        "body": text.text or values.unset,
        "media_url": [file.url for file in text.media] or values.unset,
    }
