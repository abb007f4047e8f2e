"""A small installation, and a Twilio that posts to it. Plain functions, also used by the process tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from twilio.request_validator import RequestValidator

from agents.models import Agent, User
from agents.roles import ADMINISTRATOR, AGENT, SUPERVISOR, give_role
from channels_app.accounts import inbound_address, save_sms_settings
from channels_app.models import Number, SmsNumber, SmsSettings
from channels_app.numbers import save_sms_number
from conversations.models_desk import DeskSettings
from routing.models import Queue, WorkStream
from routing.services import ensure_default_queue

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "fake-auth-token-for-tests"
OUR_NUMBER = "14252306549"
CUSTOMER = "+14255550100"


@dataclass
class World:
    """What the tests know of the installation."""

    stream: WorkStream
    sms_settings: SmsSettings
    number: Number
    default_queue: Queue
    billing: Queue
    users: dict[str, User] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)

    @property
    def inbound_url(self) -> str:
        """The absolute URL that Twilio posts to."""
        return inbound_address(self.sms_settings.inbound_url)


def build_world(*, base_url: str = "http://127.0.0.1:1") -> World:
    """Alice and Bob are agents (Bob also of Billing), Sam supervises, Ada administers."""
    # Replies leave at once; what can be taken back has tests of its own.
    DeskSettings.objects.create(pk=1, undo_seconds=0)
    default = ensure_default_queue()
    billing = Queue.objects.create(name="Billing", priority=10)
    stream = WorkStream.objects.create(name="Support by SMS")
    sms_settings = save_sms_settings(
        sms_settings=SmsSettings(work_stream=stream),
        provider="twilio",
        external_id=ACCOUNT_SID,
        base_url=base_url,
        secret=AUTH_TOKEN,
        secondary_secret=None,
    )
    save_sms_number(sms_number=SmsNumber(), work_stream=stream, value=OUR_NUMBER, messages_per_second=None)
    world = World(stream, sms_settings, Number.objects.get(value=OUR_NUMBER), default, billing)
    people = {"ada": ADMINISTRATOR, "sam": SUPERVISOR, "alice": AGENT, "bob": AGENT}
    for username, role in people.items():
        user = User.objects.create_user(
            username, password=f"{username}-password", first_name=username.title()
        )
        give_role(user, role)
        world.users[username] = user
        world.agents[username] = user.agent
    billing.members.add(world.agents["bob"])
    return world


def sid(number: int) -> str:
    """A message id in Twilio's form."""
    return f"SM{number:032x}"


def text_params(text: str, *, sender: str = CUSTOMER, number: int = 1, **extra: str) -> dict[str, str]:
    """The form of a text as Twilio posts it (twilio.com/docs/messaging/guides/webhook-request, 2026-11)."""
    return {
        "ToCountry": "US",
        "ToState": "WA",
        "SmsMessageSid": sid(number),
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "98052",
        "SmsSid": sid(number),
        "FromState": "WA",
        "SmsStatus": "received",
        "FromCity": "REDMOND",
        "Body": text,
        "FromCountry": "US",
        "To": f"+{OUR_NUMBER}",
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid(number),
        "AccountSid": ACCOUNT_SID,
        "From": sender,
        "ApiVersion": "2010-04-01",
        **extra,
    }


def signature(url: str, params: dict[str, str], token: str = AUTH_TOKEN) -> str:
    """What Twilio's own library makes of it."""
    made: str = RequestValidator(token).compute_signature(url, params)
    return made


def post_webhook(
    url: str, params: dict[str, str], *, token: str = AUTH_TOKEN, client: Client | None = None, **headers: Any
) -> Any:
    """Post a signed form to one of our webhook addresses, through the front door."""
    path = url.removeprefix(settings.PUBLIC_BASE_URL)
    return (client or Client()).post(
        path,
        data=urlencode(params),
        content_type="application/x-www-form-urlencoded; charset=UTF-8",
        headers={"X-Twilio-Signature": signature(url, params, token), **headers},
    )
