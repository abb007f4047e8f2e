"""Each provider keeps the contract: how its requests look, and nothing more."""

import json
from typing import Any
from urllib.parse import urlencode

from channels_app.providers import REGISTRY
from tests.channels_app import telesign
from tests.channels_app.contract import Answer, Post, ProviderContract
from tests.channels_app.support import FORM, library_signature, message_json
from tests.world import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, World, sid, text_params


class TestTwilio(ProviderContract):
    """SMS through Twilio."""

    secret = AUTH_TOKEN
    other_secret = "another-fake-token"

    def at_provider(self, world: World) -> World:
        return world

    def text(self, text: str, *, number: int = 1, sender: str = CUSTOMER) -> dict[str, Any]:
        return text_params(text, number=number, sender=sender)

    def report(self, *, number: int, is_delivered: bool, reference: str = "") -> dict[str, Any]:
        word = "delivered" if is_delivered else "undelivered"
        fields = {"MessageSid": sid(number), "MessageStatus": word, "AccountSid": ACCOUNT_SID, "To": CUSTOMER}
        return fields if is_delivered else {**fields, "ErrorCode": "30003"}

    def signed(self, url: str, fields: dict[str, Any], secret: str) -> Post:
        return Post(
            urlencode(fields).encode(),
            FORM,
            {"X-Twilio-Signature": library_signature(url, fields, secret)},
        )

    def garbage(self, url: str, secret: str) -> Post:
        return self.signed(url, {"SmsStatus": "received", "Body": "no id", "From": CUSTOMER}, secret)

    def external_id(self, number: int) -> str:
        return sid(number)

    def takes(self, number: int = 1) -> Answer:
        return Answer(201, json.dumps(message_json(number)).encode(), {"Content-Type": "application/json"})

    def refuses_credentials(self) -> Answer:
        return Answer(401, json.dumps({"code": 20003, "message": "Authenticate", "status": 401}).encode())

    def is_busy(self) -> Answer:
        return Answer(429, json.dumps({"code": 20429, "message": "Too many", "status": 429}).encode())

    def is_good(self) -> Answer:
        return Answer(200, json.dumps({"sid": ACCOUNT_SID, "status": "active", "type": "Full"}).encode())

    def said(self, form: dict[str, str]) -> tuple[str, str, str]:
        return form["From"].removeprefix("+"), form["To"].removeprefix("+"), form["Body"]


class TestTeleSign(ProviderContract):
    """SMS through TeleSign."""

    secret = telesign.API_KEY
    other_secret = telesign.SECOND_KEY

    def at_provider(self, world: World) -> World:
        return telesign.at_telesign(world)

    def text(self, text: str, *, number: int = 1, sender: str = CUSTOMER) -> dict[str, Any]:
        return telesign.text_body(text, number=number, sender=sender)

    def report(self, *, number: int, is_delivered: bool, reference: str = "") -> dict[str, Any]:
        return telesign.report_body(200 if is_delivered else 210, number=number, reference=reference or None)

    def signed(self, url: str, fields: dict[str, Any], secret: str) -> Post:
        body = telesign.encoded(fields)
        return Post(body, telesign.JSON, {"Authorization": telesign.authorization(body, secret)})

    def garbage(self, url: str, secret: str) -> Post:
        body = b"\xff\xfe no JSON"
        return Post(body, telesign.JSON, {"X-TS-Authorization": telesign.authorization(body, secret)})

    def external_id(self, number: int) -> str:
        return telesign.reference_id(number)

    def takes(self, number: int = 1) -> Answer:
        return self._says(200, 290, number)

    def refuses_credentials(self) -> Answer:
        return self._says(401, 10008)

    def is_busy(self) -> Answer:
        return self._says(429, 10019)

    def is_good(self) -> Answer:
        return self._says(404, 10017)

    def _says(self, http: int, code: int, number: int = 1) -> Answer:
        told = {"reference_id": telesign.reference_id(number), "status": {"code": code, "description": ""}}
        return Answer(http, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def said(self, form: dict[str, str]) -> tuple[str, str, str]:
        return form["sender_id"], form["phone_number"], form["message"]


def test_every_provider_has_its_contract() -> None:
    contracts = {name.removeprefix("Test").lower() for name in globals() if name.startswith("Test")}
    assert contracts == REGISTRY.keys()
