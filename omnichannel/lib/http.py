"""HTTP out: time-outs, no redirects, a cap on what is read, and what an exception says about the request."""

import contextlib
import ipaddress
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests import exceptions as failures
from urllib3 import HTTPSConnectionPool
from urllib3 import exceptions as urllib3_failures
from urllib3.connection import HTTPSConnection

CONNECT_TIMEOUT_S = 3.0
# Twilio gives up by itself after about 26 s; the watchdog's patience (FROZEN_AFTER_S) must be longer.
READ_TIMEOUT_S = 25.0
KEPT_BYTES = 4_000
LARGEST_ANSWER = 4_000_000
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# IPv4-compatible, 6to4 and site-local addresses.
OUTDATED = tuple(ipaddress.IPv6Network(network) for network in ("::/96", "2002::/16", "fec0::/10"))


@dataclass(frozen=True)
class Call:
    """One request that left this machine, as it is kept for people to read."""

    method: str
    url: str
    status: int | None
    duration_ms: int
    answer: str
    error: str


Recorder = Callable[[Call], None]


def surely_not_sent(error: BaseException) -> bool:
    """True when the request cannot have reached the other side: no such host, no TLS, no connection."""
    if isinstance(error, failures.ConnectTimeout | failures.InvalidURL | failures.MissingSchema):
        return True
    if isinstance(error, failures.SSLError):
        # TLS can also break after the request was read (a bad record, an end of file): that is in doubt.
        return _broke_while_connecting(error)
    if not isinstance(error, failures.ConnectionError) or isinstance(error, failures.ReadTimeout):
        return False
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3_failures.NewConnectionError | urllib3_failures.NameResolutionError)


def _broke_while_connecting(error: BaseException) -> bool:
    """Whether an error rose while the connection was made, which is before anything is sent.

    Neither requests nor urllib3 say so in words, and the same OpenSSL reasons occur before and after; but the
    traceback of the first error leads through urllib3's connect().
    """
    cause: BaseException | None = error
    while cause is not None:
        frames = (frame.f_code for frame, _ in traceback.walk_tb(cause.__traceback__))
        if any(code.co_name == "connect" and "urllib3" in code.co_filename for code in frames):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def is_public(address: str) -> bool:
    """Whether an IP address can be one on the internet: not private, loopback, link-local or reserved.

    An IPv6 address that stands for an IPv4 one is what that is; old ways of writing one in the other are
    nobody's.
    """
    with contextlib.suppress(ValueError):
        found = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(found, ipaddress.IPv6Address):
            if any(found in network for network in OUTDATED):
                return False
            if found.ipv4_mapped or found in NAT64:
                found = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        return found.is_global and not found.is_multicast
    return False


class PublicConnection(HTTPSConnection):
    """A connection that is given up, before anything is sent, when it leads to a host that is not public.

    The address is looked at after connecting: between a look at the name and the connection it could change.
    """

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()
        if not is_public(made.getpeername()[0]):
            made.close()
            raise urllib3_failures.NewConnectionError(self, "The host is not a public one.")
        return made


class PublicPool(HTTPSConnectionPool):
    """Pools such connections."""

    ConnectionCls = PublicConnection


class PublicHostsAdapter(requests.adapters.HTTPAdapter):
    """Connects to public hosts. A proxy of the environment connects for us and decides by itself."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            **self.poolmanager.pool_classes_by_scheme,
            "https": PublicPool,
        }


class TooMuch(failures.ChunkedEncodingError):
    """The answer is larger or slower than any answer we expect; what it says is unknown."""


class RecordingSession(requests.Session):
    """A session that follows no redirect with credentials, always has time-outs, and tells what it did.

    Over https it reaches public hosts only, whatever a name resolves to. `patience_s` bounds all its requests
    together, for somebody who waits for a page.
    """

    def __init__(self, record: Recorder, *, patience_s: float | None = None) -> None:
        super().__init__()
        self._record = record
        self._ends_at = None if patience_s is None else time.monotonic() + patience_s
        self.mount("https://", PublicHostsAdapter())

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        started = time.monotonic()
        reading = self._time_to_read(started)
        options |= {"allow_redirects": False, "timeout": (CONNECT_TIMEOUT_S, reading), "stream": True}
        try:
            if reading <= 0:
                raise requests.ReadTimeout("The requests before took all the time there was.")
            response = super().send(request, **options)  # type: ignore[arg-type]
            read_whole(response, deadline=started + CONNECT_TIMEOUT_S + reading)
        except requests.RequestException as error:
            self._record(_call(request, started, None, "", type(error).__name__))
            raise
        self._record(_call(request, started, response.status_code, response.text[:KEPT_BYTES], ""))
        return response

    def _time_to_read(self, now: float) -> float:
        if self._ends_at is None:
            return READ_TIMEOUT_S
        return min(READ_TIMEOUT_S, self._ends_at - now)


def read_whole(response: requests.Response, *, deadline: float) -> None:
    """Read the body into the response; raises TooMuch past LARGEST_ANSWER or the deadline (monotonic)."""
    parts, size = [], 0
    for part in response.iter_content(64 * 1024):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER or time.monotonic() > deadline:
            response.close()
            raise TooMuch("The answer was too large, or came too slowly.")
    # What requests itself would have kept.
    response._content = b"".join(parts)


def _call(
    request: requests.PreparedRequest, started: float, status: int | None, answer: str, error: str
) -> Call:
    milliseconds = round((time.monotonic() - started) * 1000)
    return Call(request.method or "", (request.url or "").split("?")[0], status, milliseconds, answer, error)
