"""HTTP out: time-outs, no redirects, a cap on what is read, and what an exception says about the request."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import requests
from requests import exceptions as failures
from urllib3 import exceptions as urllib3_failures

CONNECT_TIMEOUT_S = 3.0
# Twilio gives up by itself after about 26 s; the watchdog's patience (FROZEN_AFTER_S) must be longer.
READ_TIMEOUT_S = 25.0
KEPT_BYTES = 4_000


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
    """True when the request cannot have reached the other side: refused, no such host, no TLS, no connection."""
    if isinstance(error, failures.ConnectTimeout | failures.InvalidURL | failures.MissingSchema):
        return True
    if isinstance(error, failures.SSLError):
        # An end of file may also come after the request was read: that one is in doubt.
        return "EOF" not in str(error) and "ZERO_RETURN" not in str(error)
    if not isinstance(error, failures.ConnectionError) or isinstance(error, failures.ReadTimeout):
        return False
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3_failures.NewConnectionError | urllib3_failures.NameResolutionError)


class RecordingSession(requests.Session):
    """A session that follows no redirect with credentials, always has time-outs, and tells what it did."""

    def __init__(self, record: Recorder) -> None:
        super().__init__()
        self._record = record

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # type: ignore[override]
        options |= {"allow_redirects": False, "timeout": (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)}
        started = time.monotonic()
        try:
            response = super().send(request, **options)  # type: ignore[arg-type]
        except requests.RequestException as error:
            self._record(_call(request, started, None, "", type(error).__name__))
            raise
        self._record(_call(request, started, response.status_code, response.text[:KEPT_BYTES], ""))
        return response


def _call(
    request: requests.PreparedRequest, started: float, status: int | None, answer: str, error: str
) -> Call:
    milliseconds = round((time.monotonic() - started) * 1000)
    return Call(request.method or "", (request.url or "").split("?")[0], status, milliseconds, answer, error)
