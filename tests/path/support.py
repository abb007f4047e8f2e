"""Texts on their way in, through the front door."""

from typing import Any

from channels_app.models_receipts import WebhookReceipt
from conversations.models import Conversation
from tests.channels_app.support import encoded, hmac_signature, path_of, post
from tests.world import CUSTOMER, World, post_webhook, sid, text_params


def raw(value: str) -> bytes:
    return value[6:].encode("latin-1") if value.startswith("bytes:") else value.encode()


def post_pairs(url: str, pairs: list[tuple[str, str]]) -> Any:
    """Post signed pairs; the signature is made by hand, so bytes and repeated names can be signed."""
    values = sorted({(name.encode(), raw(value)) for name, value in pairs})
    signature = hmac_signature(url, b"".join(name + value for name, value in values))
    return post(path_of(url), encoded(pairs), signature=signature)


def write(world: World, text: str, *, number: int, sender: str = CUSTOMER, **extra: str) -> WebhookReceipt:
    """A customer writes; returns the receipt, not yet worked on."""
    answer = post_webhook(world.inbound_url, text_params(text, sender=sender, number=number, **extra))
    assert answer.status_code == 200
    return WebhookReceipt.objects.latest("id")


def report(world: World, external_id: str, word: str, *, delivery_id: int | None = None, **extra: str) -> Any:
    """Twilio reports on a text of ours (twilio.com/docs/messaging/guides/track-outbound-message-status)."""
    url = world.inbound_url + (f"status/{delivery_id}/" if delivery_id else "")
    params = {
        "MessageSid": external_id,
        "SmsSid": external_id,
        "MessageStatus": word,
        "SmsStatus": word,
        "To": CUSTOMER,
        "From": "+14252306549",
        "AccountSid": "AC" + "0123456789abcdef" * 2,
        "ApiVersion": "2010-04-01",
        **extra,
    }
    return post_webhook(url, {name: value for name, value in params.items() if value})


def thread(conversation: Conversation, *directions: str) -> list[str]:
    """The texts of a conversation in order, of some directions."""
    messages = conversation.messages.order_by("seq")
    if directions:
        messages = messages.filter(direction__in=directions)
    return list(messages.values_list("text", flat=True))


__all__ = ["encoded", "post_pairs", "raw", "report", "sid", "thread", "write"]
