"""The server: sockets in, routes to the parts, answers out; and `running`, which keeps one up for a while.

with running(config) as simulator:
    simulator.text(sender="+14255550100", recipient="+14252306549", body="Hello")
    simulator.messages(direction="outbound")
"""

import contextlib
import logging
import os
import socket
import socketserver
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from simulator.config import Account
from simulator.control import Control
from simulator.courses import Courses
from simulator.customers import Customers, CustomerText
from simulator.files import File
from simulator.phone import Phone
from simulator.records import Message, PlannedFault, Provider, SeenRequest
from simulator.scheduler import Scheduler
from simulator.state import State
from simulator.telesign import faults as telesign_faults
from simulator.telesign.accounts import TeleSignAccount
from simulator.telesign.callbacks import Callbacks as TeleSignCallbacks
from simulator.telesign.inbound import Inbound as TeleSignInbound
from simulator.telesign.rest import TeleSignRest
from simulator.twilio import faults as twilio_faults
from simulator.twilio.callbacks import Callbacks
from simulator.twilio.channels import TwilioChannels
from simulator.twilio.inbound import Inbound as TwilioInbound
from simulator.twilio.media import Media
from simulator.twilio.rest import TwilioRest
from simulator.twilio.sending import Sending
from simulator.twilio.signing_in import Guard
from simulator.twilio.whatsapp import Extras
from simulator.web import BadRequestError, ConnectionDroppedError, Fields, Request, Response, Route

logger = logging.getLogger(__name__)
# Enough for a customer's video; what it is for, comes from this machine.
MAX_BODY_BYTES = 32 * 1024 * 1024


class Simulator:
    """The parts put together, and the handle a test looks at and pulls."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.state = State(config)
        self.stopping = threading.Event()
        self.url = ""
        self._scheduler = Scheduler()
        courses = Courses(self.state, self._scheduler)
        reports = TeleSignCallbacks(self.state, self._scheduler)
        self._customers = Customers(
            self.state, TwilioInbound(self.state), TeleSignInbound(self.state, reports)
        )
        self._callbacks = Callbacks(self.state, courses)
        sending = Sending(self.state, self._callbacks, self.stopping)
        guard, media = Guard(self.state, sending), Media(self.state, self.stopping)
        self._routes: list[Route] = [
            *TwilioRest(self.state, sending, guard, media).routes(),
            *TwilioChannels(self.state, guard).routes(),
            *media.store_routes(),
            *TeleSignRest(self.state, courses, reports, self.stopping).routes(),
            *Control(self.state, self._scheduler, self._customers, self._callbacks).routes(),
            *Phone(self.state, self._customers, self._callbacks).routes(),
        ]

    def handle(self, request: Request) -> Response:
        """The answer of the first route that fits."""
        for route in self._routes:
            if (parts := route.match(request)) is not None:
                return _answer(route, request, parts)
        return Response(404, b"The simulator has no such page.\n")

    def stop(self) -> None:
        """Begin no callback any more and let hanging answers go."""
        self.stopping.set()
        self._scheduler.stop()

    def text(
        self,
        *,
        sender: str,
        recipient: str,
        body: str = "",
        media: Sequence[str] = (),
        repeat: int = 1,
        files: Sequence[File] = (),
        whatsapp: Extras | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> tuple[str, list[int | None]]:
        """Text as a customer: the MessageSid, and the last HTTP status of each repetition.

        `files` are kept here and served as the provider serves them; `media` are addresses told as they are.
        Raises UnknownNumberError; ImpossibleTextError for what no customer could send.
        """
        text = CustomerText(sender, recipient, body, media, extra, repeat, files, whatsapp)
        message = self._customers.accept(text)
        return message.sid, [attempts[-1].http_status for attempts in self._customers.deliver(message, text)]

    def messages(self, *, direction: str = "", to: str = "", sender: str = "") -> list[Message]:
        """Messages in the order they were made; direction inbound, outbound or automatic."""
        return self.state.find(direction=direction, to=to, sender=sender)

    def read(self, sid: str) -> None:
        """The customer looks at a message of the company; WhatsApp tells. Raises UnknownMessageError."""
        self._callbacks.read(sid)

    def let_time_pass(self, hours: float, *, customer: str = "", sender: str = "") -> None:
        """Make customers' last WhatsApp messages older: all, or one customer's to one sender."""
        self.state.let_time_pass(hours, customer, sender)

    def accepted(self) -> list[SeenRequest]:
        """The requests to send that were accepted, whatever their answer was."""
        with self.state.lock:
            return [request for request in self.state.requests if request.accepted]

    def accepted_by_callback(self) -> Counter[str]:
        """How many messages were accepted for each StatusCallback URL."""
        return self.state.accepted_by_callback()

    def accepted_by_external_id(self) -> Counter[str]:
        """How many messages were accepted for each external_id (TeleSign)."""
        return self.state.accepted_by_external_id()

    def requests(self) -> list[SeenRequest]:
        """Every request to the provider's API."""
        with self.state.lock:
            return list(self.state.requests)

    def add_fault(
        self,
        kind: str,
        *,
        times: int = 1,
        match_to: str | None = None,
        target: str = "send",
        provider: str = "twilio",
    ) -> None:
        """Raises UnknownFaultError."""
        {"twilio": twilio_faults, "telesign": telesign_faults}[provider].parse_fault(kind)
        self.state.plan_fault(PlannedFault(kind, times, match_to, target, Provider(provider)))

    def save_account(self, **values: Any) -> Account:
        """Raises ConfigError."""
        return self.state.save_account(values)

    def save_telesign(self, **values: Any) -> TeleSignAccount:
        """Raises ConfigError."""
        return self.state.save_telesign(values)

    def change_callbacks(self, **values: Any) -> None:
        """Raises ConfigError."""
        self.state.change_callbacks(values)

    def change_mode(self, mode: str) -> None:
        """How both APIs answer: see simulator.twilio.faults.MODES; raises KeyError."""
        _ = twilio_faults.MODES[mode]
        self.state.mode = mode

    def reset(self) -> None:
        """Forget everything, and what was still to come."""
        self._scheduler.clear()
        self.state.reset()

    def wait_until_idle(self, timeout_s: float = 10.0) -> bool:
        """True when no callback is left to come."""
        return self._scheduler.wait_until_idle(timeout_s)


@contextlib.contextmanager
def running(config: Mapping[str, Any], *, port: int = 0, host: str = "127.0.0.1") -> Iterator[Simulator]:
    """A simulator served on a thread until the block ends. Raises ConfigError; OSError for a taken port."""
    simulator = Simulator(config)
    try:
        server = _Server((host, port), simulator)
        simulator.url = simulator.state.base_url = f"http://{host}:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield simulator
        finally:
            server.shutdown()
            server.server_close()
    finally:
        simulator.stop()


def _answer(route: Route, request: Request, parts: dict[str, str]) -> Response:
    try:
        return route.handler(request, parts)
    except BadRequestError as problem:
        return Response(400, f"{problem}\n".encode())
    except ConnectionDroppedError:
        raise
    except Exception:
        # A fault of the simulator must not look like a connection that broke on purpose.
        logger.exception("%s %s failed.", request.method, request.path)
        return Response(500, b"The simulator has failed; see its log.\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Tests send a hundred requests at once.
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__(address, _Connection)

    def server_bind(self) -> None:
        """As the standard library does, but without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else was logged where it happened."""
        logger.debug("Connection of %s ended early.", client_address, exc_info=True)


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    server_version = "Simulator"
    sys_version = ""
    # Seconds for a client that connects and then says nothing.
    timeout = 60

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self._send(Response(413, b"Content-Length must be a number of at most 32 MiB.\n"))
            return
        parts = urlsplit(self.path)
        body = self.rfile.read(int(length))
        query = Fields.parse(parts.query)
        request = Request(self.command, unquote(parts.path), query, self.headers, body)
        try:
            self._send(self.server.simulator.handle(request))
        except ConnectionDroppedError:
            self._reset()

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        if response.stream is None:
            self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        for chunk in response.stream or (response.body,):
            self.wfile.write(chunk)

    def _reset(self) -> None:
        """Closing with a linger time of zero sends RST instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
