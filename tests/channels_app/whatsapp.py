"""A WhatsApp number beside the world's SMS number, at the same account, and customers who write to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from channels_app.accounts import inbound_address
from channels_app.models import Number
from channels_app.models_receipts import WebhookReceipt
from channels_app.models_whatsapp import ContentTemplate, WhatsAppAccount, WhatsAppNumber
from channels_app.whatsapp import save_account, save_number
from conversations import services
from conversations.models import Conversation
from routing.models import WorkStream
from tests.world import ACCOUNT_SID, AUTH_TOKEN, World, post_webhook, sid

OUR_WHATSAPP = "14155238886"
CUSTOMER = "+14255550177"
CONTENT = "https://content.twilio.com/v1/ContentAndApprovals"


@dataclass
class WhatsApp:
    """What tests know of it."""

    world: World
    account: WhatsAppAccount
    number: Number
    stream: WorkStream

    @property
    def inbound_url(self) -> str:
        """The absolute URL that Twilio posts to."""
        return inbound_address(self.account.inbound_url)

    def hears(self, text: str, *, number: int, **change: str) -> WebhookReceipt:
        """A customer writes; returns the receipt, not yet worked on."""
        answer = post_webhook(self.inbound_url, message_params(text, number=number) | change)
        assert answer.status_code == 200
        return WebhookReceipt.objects.latest("id")

    def template(self, **values: Any) -> ContentTemplate:
        """A content template, approved unless said otherwise."""
        usual = {
            "account": self.number.account,
            "external_id": f"HX{ContentTemplate.objects.count() + 1:032x}",
            "name": "order_ready",
            "language": "en",
            "kind": "twilio/text",
            "body": "Hello {{1}}, your {{2}} is ready.",
            "variables": {"1": "Ana", "2": "bike"},
            "approval": "approved",
            "synced_at": timezone.now(),
        }
        return ContentTemplate.objects.create(**(usual | values))

    def picked(self, drain: Any, *, now: datetime | None = None) -> Conversation:
        """Alice has picked the one open conversation."""
        drain()
        conversation = Conversation.objects.get(number=self.number, state="open")
        agent = self.world.agents["alice"]
        return services.pick(conversation_id=conversation.pk, agent=agent, now=now or timezone.now())


def build_whatsapp(world: World) -> WhatsApp:
    """The account, its number and the out-of-the-box work stream."""
    settings = world.sms_settings
    settings.refresh_from_db()
    account = save_account(
        whatsapp_account=WhatsAppAccount(),
        name="WhatsApp channel",
        provider="twilio",
        external_id=ACCOUNT_SID,
        base_url=settings.account.base_url,
        secret=AUTH_TOKEN,
        secondary_secret=None,
    )
    stream = WorkStream.objects.get(channel="whatsapp")
    save_number(
        whatsapp_number=WhatsAppNumber(),
        whatsapp_account=account,
        name="WhatsApp phone number",
        value=OUR_WHATSAPP,
        work_stream=stream,
        messages_per_second=None,
    )
    number = Number.objects.select_related("account").get(channel="whatsapp")
    return WhatsApp(world, account, number, stream)


def message_params(text: str, *, number: int = 1) -> dict[str, str]:
    """The form of a WhatsApp message as Twilio posts it (webhook request guide, read 2026-11)."""
    return {
        "SmsMessageSid": sid(number),
        "NumMedia": "0",
        "ProfileName": "Nadia Example",
        "MessageType": "text",
        "SmsSid": sid(number),
        "WaId": CUSTOMER.removeprefix("+"),
        "SmsStatus": "received",
        "Body": text,
        "To": f"whatsapp:+{OUR_WHATSAPP}",
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": sid(number),
        "AccountSid": ACCOUNT_SID,
        "From": f"whatsapp:{CUSTOMER}",
        "ApiVersion": "2010-04-01",
    }
