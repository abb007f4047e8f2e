"""The demo's channels: a number by SMS at Twilio, one at TeleSign, one on WhatsApp, all at the simulator."""

from typing import Any

from channels_app import whatsapp
from channels_app.accounts import inbound_address, save_sms_settings
from channels_app.models import InboundUrl, ProviderAccount, SmsNumber, SmsSettings
from channels_app.models_whatsapp import WhatsAppAccount, WhatsAppNumber
from channels_app.numbers import save_sms_number
from routing.channels import WHATSAPP_STREAM
from routing.models import WorkStream

# Clearly fake: they open nothing but the simulator.
ACCOUNT_SID = "ACdddddddddddddddddddddddddddddddd"
AUTH_TOKEN = "demo0000demo0000demo0000demo0000"  # noqa: S105
CUSTOMER_ID = "DDDDDDDD-DDDD-DDDD-DDDD-DDDDDDDDDDDD"
API_KEY = "ZGVtbyBvZiBPbW5pY2hhbm5lbCwgbm90IGEgc2VjcmV0IQ=="
NUMBER = "14252306549"
TELESIGN_NUMBER = "14252306550"
# Twilio's shared sandbox, with which anybody begins.
WHATSAPP_NUMBER = "14155238886"
STREAM = "Support by SMS"
TELESIGN_STREAM = "Support by TeleSign SMS"
# What "Pick from my account" finds besides: a spare number, one that points elsewhere, one that cannot text,
# one in a Messaging Service.
OTHER_NUMBERS: list[dict[str, Any]] = [
    {"phone_number": "+14252306560", "friendly_name": "Spare line"},
    {
        "phone_number": "+14252306561",
        "friendly_name": "Old help desk",
        "sms_url": "https://helpdesk.example.com/sms",
    },
    {"phone_number": "+14252306562", "friendly_name": "Reception", "sms": False, "mms": False},
    {"phone_number": "+14252306563", "friendly_name": "Newsletter", "service": "Newsletter"},
]
# WhatsApp senders besides the sandbox: one that works, one that does not.
SENDERS: list[dict[str, Any]] = [
    {"sender_id": "whatsapp:+14252306564", "friendly_name": "Spare line on WhatsApp"},
    {
        "sender_id": "whatsapp:+14252306565",
        "friendly_name": "Not verified yet",
        "status": "OFFLINE",
        "offline_reasons": [{"code": "63020", "message": "The business has not accepted the invitation."}],
    },
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "friendly_name": "order_on_its_way",
        "variables": {"1": "Maria", "2": "10442"},
        "types": {"twilio/text": {"body": "Hello {{1}}, your order {{2}} left our warehouse today."}},
    },
    {
        "friendly_name": "may_we_go_on",
        "variables": {"1": "Maria"},
        "types": {
            "twilio/quick-reply": {
                "body": "Hello {{1}}, we have an answer to your question. May we write to you here?",
                "actions": [
                    {"title": "Yes, please", "id": "go_on"},
                    {"title": "Not now", "id": "not_now"},
                ],
            }
        },
    },
    {
        "friendly_name": "delivery_time",
        "types": {
            "twilio/list-picker": {
                "body": "When shall we deliver?",
                "button": "Choose a time",
                "items": [
                    {"item": "Morning", "id": "morning", "description": "8 to 12"},
                    {"item": "Afternoon", "id": "afternoon", "description": "12 to 18"},
                ],
            }
        },
    },
    {
        "friendly_name": "order_on_its_way",
        "language": "de",
        "variables": {"1": "Maria", "2": "10442"},
        "types": {
            "twilio/text": {"body": "Guten Tag {{1}}, Ihre Bestellung {{2}} hat heute unser Lager verlassen."}
        },
    },
    {
        "friendly_name": "survey_after_repair",
        "status": "pending",
        "types": {"twilio/text": {"body": "How did we do?"}},
    },
    {
        "friendly_name": "spring_sale",
        "category": "MARKETING",
        "status": "rejected",
        "rejection_reason": "The text promises what the law forbids.",
        "types": {"twilio/text": {"body": "Everything for free!"}},
    },
]


def make(simulator: str) -> None:
    """The three numbers, each with its work stream."""
    twilio = {"provider": "twilio", "external_id": ACCOUNT_SID, "secret": AUTH_TOKEN, "base_url": simulator}
    telesign = {"provider": "telesign", "external_id": CUSTOMER_ID, "secret": API_KEY, "base_url": simulator}
    _sms(WorkStream.objects.get(name=STREAM), NUMBER, twilio)
    _sms(WorkStream.objects.create(name=TELESIGN_STREAM), TELESIGN_NUMBER, telesign)
    account = whatsapp.save_account(
        whatsapp_account=WhatsAppAccount(), name="Demo", secondary_secret=None, **twilio
    )
    whatsapp.save_number(
        whatsapp_number=WhatsAppNumber(),
        whatsapp_account=account,
        name="The number customers write to on WhatsApp",
        value=WHATSAPP_NUMBER,
        work_stream=WorkStream.objects.get(name=WHATSAPP_STREAM),
    )


def _sms(stream: WorkStream, value: str, account: dict[str, Any]) -> None:
    save_sms_settings(sms_settings=SmsSettings(work_stream=stream), secondary_secret=None, **account)
    save_sms_number(
        sms_number=SmsNumber(description="The number customers text"),
        work_stream=stream,
        value=value,
        messages_per_second=1.0,
    )


def follow(simulator: str) -> None:
    """The simulator is somewhere else than last time."""
    ProviderAccount.objects.filter(external_id__in=[ACCOUNT_SID, CUSTOMER_ID]).update(base_url=simulator)


def numbers() -> list[dict[str, Any]]:
    """Those that are set up, as `var/demo.json` says it."""
    twilio = {"provider": "twilio", "account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}
    telesign = {"provider": "telesign", "customer_id": CUSTOMER_ID, "api_key": API_KEY}
    known = [
        {"channel": "sms", "number": NUMBER, "work_stream": STREAM, **twilio},
        {"channel": "sms", "number": TELESIGN_NUMBER, "work_stream": TELESIGN_STREAM, **telesign},
        {"channel": "whatsapp", "number": WHATSAPP_NUMBER, "work_stream": WHATSAPP_STREAM, **twilio},
    ]
    urls = (_sms_url(ACCOUNT_SID), _sms_url(CUSTOMER_ID), _whatsapp_url())
    return [{**number, "inbound_url": url} for number, url in zip(known, urls, strict=True) if url]


def accounts() -> dict[str, dict[str, str]]:
    """What the simulator knows, set up or not: for who follows the documents' steps."""
    return {
        "twilio": {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "number": NUMBER},
        "telesign": {"customer_id": CUSTOMER_ID, "api_key": API_KEY, "number": TELESIGN_NUMBER},
        "whatsapp": {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "number": WHATSAPP_NUMBER},
    }


def simulator_config() -> dict[str, Any]:
    """What the simulator must know to play both providers for this installation."""
    url, whatsapp_url = _sms_url(ACCOUNT_SID), _whatsapp_url()
    number = {
        "phone_number": f"+{NUMBER}",
        "sms_url": url,
        "sms_fallback_url": url,
        "friendly_name": STREAM,
    }
    sandbox = {
        "sender_id": f"whatsapp:+{WHATSAPP_NUMBER}",
        "friendly_name": "Support on WhatsApp",
        "is_sandbox": True,
        "callback_url": whatsapp_url,
        "fallback_url": whatsapp_url,
    }
    account = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "friendly_name": "Demo",
        "numbers": [number, *OTHER_NUMBERS],
        "services": [{"name": "Newsletter", "use_inbound_webhook_on_number": False}],
        "senders": [sandbox, *SENDERS],
        "templates": TEMPLATES,
    }
    telesign = {
        "customer_id": CUSTOMER_ID,
        "api_key": API_KEY,
        "friendly_name": "Demo",
        "callback_url": _sms_url(CUSTOMER_ID),
        "numbers": [{"phone_number": f"+{TELESIGN_NUMBER}", "friendly_name": TELESIGN_STREAM}],
    }
    return {"accounts": [account], "telesign": [telesign], "callbacks": {"delay_ms": 600}}


def _sms_url(external_id: str) -> str:
    """The first inbound URL of the account's SMS settings; empty before these are filled in."""
    known = SmsSettings.objects.select_related("inbound_url").filter(account__external_id=external_id)
    return _address(known.order_by("id").first())


def _whatsapp_url() -> str:
    known = WhatsAppAccount.objects.select_related("inbound_url").filter(
        account__external_id=ACCOUNT_SID, deleted_at=None
    )
    return _address(known.order_by("id").first())


def _address(connection: SmsSettings | WhatsAppAccount | None) -> str:
    url: InboundUrl | None = connection.inbound_url if connection else None
    return inbound_address(url) if url else ""
