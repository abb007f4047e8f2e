"""Twilio's numbers and where their texts go: IncomingPhoneNumbers and Messaging Services.

Facts (twilio.com/docs/phone-numbers/api/incomingphonenumber-resource and messaging/api/service-resource, read
2026-11): a number with an SmsApplicationSid ignores its SmsUrl; a number in a Messaging Service goes to the
service's inbound_request_url (nowhere when that is null) unless the service defers to the sender's webhook.
"""

import contextlib
from typing import Any

import requests
from twilio.rest import Client

from channels_app.providers.base import Credentials
from channels_app.providers.number_setup import OwnNumber, Pool, Webhook
from channels_app.providers.twilio_checks import capability
from channels_app.providers.twilio_client import UNREADABLE, ask
from omnichannel.lib.http import Recorder

LISTED_AT_MOST = 500
SERVICES_AT_MOST = 20
Pools = dict[str, Pool]


class TwilioNumbers:
    """See channels_app.providers.number_setup.NumberSetUp."""

    def own_numbers(self, account: Credentials, record: Recorder) -> list[OwnNumber]:
        """See NumberSetUp."""

        def question(asked: Client) -> list[OwnNumber]:
            listed = asked.incoming_phone_numbers.list(limit=LISTED_AT_MOST)
            pools = pools_of(asked)
            return [own_number(one, pools) for one in listed]

        return ask(account, record, question)

    def own_number(self, account: Credentials, value: str, record: Recorder) -> OwnNumber | None:
        """See NumberSetUp. Twilio's filter finds any number that contains the digits: compared exactly."""

        def question(asked: Client) -> OwnNumber | None:
            listed = asked.incoming_phone_numbers.list(phone_number=f"+{value}", limit=20)
            found = next((one for one in listed if one.phone_number == f"+{value}"), None)
            return own_number(found, pools_of(asked)) if found else None

        return ask(account, record, question)

    def set_webhook(
        self, account: Credentials, number: OwnNumber, webhook: Webhook, record: Recorder
    ) -> OwnNumber:
        """See NumberSetUp."""

        def question(asked: Client) -> OwnNumber:
            changed = asked.incoming_phone_numbers(number.external_id).update(
                sms_url=webhook.url,
                sms_method=webhook.method,
                sms_fallback_url=webhook.fallback_url,
                sms_fallback_method="POST",
                sms_application_sid=webhook.application,
            )
            return own_number(changed, {number.value: number.pool} if number.pool else {})

        return ask(account, record, question)


def own_number(resource: Any, pools: Pools) -> OwnNumber:
    """A number as Twilio's library hands it out."""
    value = str(resource.phone_number or "").removeprefix("+")
    return OwnNumber(
        external_id=str(resource.sid),
        value=value,
        name=str(resource.friendly_name or ""),
        can_text=capability(resource.capabilities, "sms"),
        can_send_media=capability(resource.capabilities, "mms"),
        can_call=capability(resource.capabilities, "voice"),
        webhook=Webhook(
            url=resource.sms_url or "",
            method=(resource.sms_method or "POST").upper(),
            fallback_url=resource.sms_fallback_url or "",
            application=resource.sms_application_sid or "",
        ),
        pool=pools.get(value),
    )


def pools_of(asked: Client) -> Pools:
    """The Messaging Service of each number that is in one; empty when Twilio does not tell."""
    pools: Pools = {}
    with contextlib.suppress(requests.RequestException, *UNREADABLE):
        for service in asked.messaging.v1.services.list(limit=SERVICES_AT_MOST):
            pool = Pool(
                name=str(service.friendly_name or service.sid),
                defers_to_number=bool(service.use_inbound_webhook_on_number),
                url=service.inbound_request_url or "",
            )
            for member in asked.messaging.v1.services(service.sid).phone_numbers.list(limit=LISTED_AT_MOST):
                pools[str(member.phone_number or "").removeprefix("+")] = pool
    return pools
