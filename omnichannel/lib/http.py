"""HTTP out: time-outs, no redirects, a cap on what is read, and what an exception says about the request."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import requests
from requests import exceptions as failures
from urllib3 import exceptions as urllib3_failures

CONNECT_TIMEOUT_S = 3.0
# Twilio gives up by itself after about 26 s; the watchdog's patience (FROZEN_AFTER_S) must be longer.
READ_TIMEOUT_S = 25.0
KEPT_BYTES = 4_000
LARGEST_ANSWER = 4_000_000


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


class TooMuch(failures.ChunkedEncodingError):
    """The answer is larger or slower than any answer we expect; what it says is unknown."""


class RecordingSession(requests.Session):
    """A session that follows no redirect with credentials, always has time-outs, and tells what it did."""

    def __init__(self, record: Recorder) -> None:
        super().__init__()
        self._record = record

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        options |= {"allow_redirects": False, "timeout": (CONNECT_TIMEOUT_S, READ_TIMEOUT_S), "stream": True}
        started = time.monotonic()
        try:
            response = super().send(request, **options)  # type: ignore[arg-type]
            read_whole(response, deadline=started + CONNECT_TIMEOUT_S + READ_TIMEOUT_S)
        except requests.RequestException as error:
            self._record(_call(request, started, None, "", type(error).__name__))
            raise
        self._record(_call(request, started, response.status_code, response.text[:KEPT_BYTES], ""))
        return response


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
