"""Twilio's WhatsApp senders and where their texts go: the Channels Senders API.

Facts (twilio.com/docs/whatsapp/api/senders, read 2026-11): the inbound URL is set on the sender, not on the
telephone number; changes are answered with 202 and take effect soon after. The sandbox's number is shared by
all accounts: no list has it, and its URL is pasted in the console.
"""

from typing import Any

from twilio.rest import Client
from twilio.rest.messaging.v2.channels_sender import ChannelsSenderList

from channels_app.providers.base import Check, Credentials, Trouble, Validity
from channels_app.providers.number_setup import OwnNumber, Webhook
from channels_app.providers.twilio_client import ask
from omnichannel.lib.http import Recorder

CHANNEL = "whatsapp"
LISTED_AT_MOST = 500
SANDBOX = "14155238886"
SANDBOX_PLACE = "Messaging > Try it out > Send a WhatsApp message > Sandbox settings"
# Status -> level, outcome, and what to do next. "ONLINE:UPDATING" counts as ONLINE.
STANDINGS = {
    "ONLINE": ("success", Validity.GOOD, "is online."),
    "OFFLINE": ("error", Validity.OFFLINE, "is offline at Twilio: it neither sends nor receives."),
    "CREATING": (
        "warning",
        Validity.NOT_READY,
        "is still being created at Twilio. Validate again in a minute.",
    ),
    "VERIFYING": ("warning", Validity.NOT_READY, "is being verified at Twilio. Validate again in a minute."),
    "TWILIO_REVIEW": (
        "warning",
        Validity.NOT_READY,
        "is in review at Twilio, which can take days. The console tells when it is done.",
    ),
    "PENDING_VERIFICATION": (
        "error",
        Validity.NOT_READY,
        "waits for its verification: enter the code that WhatsApp sent, in the Twilio console under "
        "Messaging > Senders > WhatsApp senders.",
    ),
    "DRAFT": (
        "error",
        Validity.NOT_READY,
        "is only a draft: complete it in the Twilio console under Messaging > Senders > WhatsApp senders.",
    ),
    "STUBBED": (
        "error",
        Validity.NOT_READY,
        "is not registered with WhatsApp yet: complete it in the Twilio console under Messaging > Senders > "
        "WhatsApp senders.",
    ),
}


class TwilioSenders:
    """See channels_app.providers.number_setup.NumberSetUp."""

    def own_numbers(self, account: Credentials, record: Recorder) -> list[OwnNumber]:
        """See NumberSetUp."""

        def question(asked: Client) -> list[OwnNumber]:
            listed = asked.messaging.v2.channels_senders.list(channel=CHANNEL, limit=LISTED_AT_MOST)
            return [own_number(one) for one in listed]

        return ask(account, record, question)

    def own_number(self, account: Credentials, value: str, record: Recorder) -> OwnNumber | None:
        """See NumberSetUp. The API has no filter by number."""
        found = next((one for one in self.own_numbers(account, record) if one.value == value), None)
        return sandbox() if found is None and value == SANDBOX else found

    def set_webhook(
        self, account: Credentials, number: OwnNumber, webhook: Webhook, record: Recorder
    ) -> OwnNumber:
        """See NumberSetUp. The change names the webhook alone: what else a sender has stays."""
        if not number.is_told:
            assert number.standing is not None
            raise Trouble(number.standing)

        def question(asked: Client) -> OwnNumber:
            return own_number(
                asked.messaging.v2.channels_senders(number.external_id).update(WebhookOnly(webhook))
            )

        return ask(account, record, question)


class WebhookOnly(ChannelsSenderList.MessagingV2ChannelsSenderRequestsUpdate):
    """A change of a sender's webhook; the library's own would send its other parts as null."""

    def __init__(self, webhook: Webhook) -> None:
        super().__init__({"webhook": as_json(webhook)})

    def to_dict(self) -> dict[str, Any]:
        """What is sent."""
        return {"webhook": self.webhook.to_dict()}


def as_json(webhook: Webhook) -> dict[str, str]:
    """A webhook in Twilio's words; all of them, so that an empty one is emptied there."""
    return {
        "callback_url": webhook.url,
        "callback_method": webhook.method,
        "fallback_url": webhook.fallback_url,
        "fallback_method": "POST",
        "status_callback_url": webhook.status_url or "",
        "status_callback_method": "POST",
    }


def own_number(resource: Any) -> OwnNumber:
    """A sender as Twilio's library hands it out."""
    value = str(resource.sender_id or "").partition(":")[2].removeprefix("+")
    hook = resource.webhook if isinstance(resource.webhook, dict) else {}
    profile = resource.profile if isinstance(resource.profile, dict) else {}
    standing = standing_of(value, str(resource.status or ""), resource.offline_reasons)
    return OwnNumber(
        external_id=str(resource.sid),
        value=value,
        name=str(profile.get("name") or ""),
        can_text=standing.level == "success",
        can_send_media=standing.level == "success",
        can_call=False,
        webhook=Webhook(
            url=str(hook.get("callback_url") or ""),
            method=str(hook.get("callback_method") or "POST").upper(),
            fallback_url=str(hook.get("fallback_url") or ""),
            status_url=str(hook.get("status_callback_url") or ""),
        ),
        standing=standing,
    )


def standing_of(value: str, status: str, reasons: Any) -> Check:
    """A sender's status in words, with what to do next."""
    known = STANDINGS.get(status.upper().partition(":")[0])
    if known is None:
        said = (
            f"has the status “{status[:40]}” at Twilio, which is not known here: look in the Twilio console."
        )
        return Check("warning", f"The WhatsApp number {value} {said}", Validity.NOT_READY, value)
    level, outcome, said = known
    why = f" {told}" if outcome is Validity.OFFLINE and (told := _reasons(reasons)) else ""
    return Check(level, f"The WhatsApp number {value} {said}{why}", outcome, value)


def _reasons(reasons: Any) -> str:
    """What Twilio says of why a sender is offline: a list of {code, message}, or of strings."""
    found = []
    for reason in reasons if isinstance(reasons, list) else []:
        if isinstance(reason, dict):
            code = f" (code {reason['code']})" if reason.get("code") else ""
            found.append(f"{str(reason.get('message') or '').strip().rstrip('.')[:200]}{code}")
        else:
            found.append(str(reason)[:200])
    return f"Twilio says: {'; '.join(found)}." if found else ""


def sandbox() -> OwnNumber:
    """Twilio's number for tests."""
    said = (
        f"{SANDBOX} is Twilio's sandbox, for tests only: it reaches those who have joined it. Its inbound "
        f"URL is pasted in the Twilio console under {SANDBOX_PLACE}."
    )
    return OwnNumber(
        external_id="",
        value=SANDBOX,
        name="Twilio Sandbox for WhatsApp",
        can_text=True,
        can_send_media=True,
        can_call=False,
        webhook=Webhook(),
        standing=Check("warning", said, Validity.SANDBOX, SANDBOX),
        is_told=False,
    )
