"""What the simulator's tests share: a configuration, a client, and a receiver that stands for the product."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "token-of-the-tests"
COMPANY = "+14252306549"
CUSTOMER = "+14255550100"
CUSTOMER_ID = "FFFFFFFF-EEEE-DDDD-1234-AB1234567890"
API_KEY = "VGhlIGtleSBvZiB0aGUgdGVzdHM="
SECOND_API_KEY = "VGhlIG90aGVyIGtleQ=="
WHATSAPP = "whatsapp:+14155238886"
WHATSAPP_CUSTOMER = f"whatsapp:{CUSTOMER}"
TELESIGN_COMPANY = "+14252306551"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


def configuration(**number: Any) -> dict[str, Any]:
    account = {"account_sid": ACCOUNT, "auth_token": TOKEN, "secondary_auth_token": "second"}
    numbers = [{"phone_number": COMPANY, "friendly_name": "Acme", **number}, {"phone_number": "+14252306550"}]
    return {
        "accounts": [{**account, "numbers": numbers, **whatsapp_configuration()}],
        "telesign": [telesign_configuration()],
        "callbacks": {"delay_ms": 5},
        "hang_seconds": 0.6,
    }


def whatsapp_configuration() -> dict[str, Any]:
    """An own sender and the sandbox; a template of each kind that matters."""
    text, reply = "Hello {{1}}, your parcel {{2}} is on its way.", {"title": "Yes, please", "id": "yes"}
    picker = {"body": "When?", "button": "Times", "items": [{"item": "Morning", "id": "am"}]}
    quick = {"body": "Shall we call, {{1}}?", "actions": [reply]}
    templates: dict[str, Any] = {
        "parcel": {"types": {"twilio/text": {"body": text}}, "variables": {"1": "Maria", "2": "A1"}},
        "call": {"types": {"twilio/quick-reply": quick, "twilio/text": {"body": "Shall we call?"}}},
        "times": {"types": {"twilio/list-picker": picker}},
        "waiting": {"types": {"twilio/text": {"body": "Not looked at yet"}}, "status": "pending"},
        "refused": {"types": {"twilio/text": {"body": "Buy!"}}, "status": "rejected"},
    }
    return {
        "senders": [
            {"sender_id": WHATSAPP, "friendly_name": "Acme"},
            {"sender_id": "whatsapp:+14155238887", "is_sandbox": True},
        ],
        "templates": [{"friendly_name": name, **values} for name, values in templates.items()],
    }


def telesign_configuration() -> dict[str, Any]:
    return {
        "customer_id": CUSTOMER_ID,
        "api_key": API_KEY,
        "secondary_api_key": SECOND_API_KEY,
        "callback_waits_ms": [5, 5, 5],
        "callback_patience_ms": 500,
        "numbers": [{"phone_number": TELESIGN_COMPANY, "friendly_name": "Acme by TeleSign"}],
    }


@dataclass(frozen=True)
class Received:
    method: str
    url: str
    headers: dict[str, str]
    fields: dict[str, str]
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value

    def is_signed(self, token: str = TOKEN) -> bool:
        fields = self.fields if self.method == "POST" else {}
        return RequestValidator(token).validate(self.url, fields, self.headers["X-Twilio-Signature"])


@dataclass
class Receiver:
    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/xml"})
    body: bytes = b"<Response/>"
    # Answers for single paths: (status, headers), and bodies.
    special: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def serve(self, path: str, content_type: str, body: bytes, status: int = 200) -> str:
        """The address of a file that can be fetched from here."""
        self.special[path] = (status, {"Content-Type": content_type})
        self.bodies[path] = body
        return self.url + path

    def statuses(self) -> list[str]:
        return [each.fields["MessageStatus"] for each in self.received if "MessageStatus" in each.fields]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            url, headers = receiver.url + self.path, dict(self.headers.items())
            receiver.received.append(Received(self.command, url, headers, fields, body))
            status, headers = receiver.special.get(
                urlsplit(self.path).path, (receiver.status, receiver.headers)
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(receiver.bodies.get(urlsplit(self.path).path, receiver.body))

        do_GET = do_HEAD = do_POST  # noqa: N815 (the names are the standard library's)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


class RebasedHttpClient(TwilioHttpClient):
    """Twilio's own transport, sent to another scheme and host."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=5.0)
        self._base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        here = re.sub(r"^https://\w+\.twilio\.com", self._base, url)
        return super().request(method, here, *args, **kwargs)


def twilio_client(base: str, token: str = TOKEN) -> Client:
    return Client(ACCOUNT, token, http_client=RebasedHttpClient(base))
