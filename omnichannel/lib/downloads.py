"""Fetching a file of a stranger: each hop asked for, sizes and times bounded while it streams."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urljoin

import requests
from requests.auth import AuthBase
from urllib3 import exceptions as urllib3_failures

from omnichannel.lib.http import CONNECT_TIMEOUT_S, Call, PublicHostsAdapter, Recorder

PIECE = 64 * 1024
LONGEST_SILENCE_S = 10.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class NotAllowed(Exception):
    """A hop leads to where we do not go; the message says why, for people. It was not visited."""


class TooLarge(Exception):
    """It is larger than the limit; no more than the limit was read."""


@dataclass(frozen=True)
class Limits:
    """Bytes, seconds for everything together, and how many redirects are followed."""

    largest: int
    patience_s: float
    redirects: int


@dataclass(frozen=True)
class Downloaded:
    """The last answer. `data` only of a 200; type and name as the server says, for what they are worth."""

    status: int
    data: bytes = b""
    content_type: str = ""
    name: str = ""


class NoneOfOurs(AuthBase):
    """Keeps requests from looking for a password of the machine (netrc)."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def download(
    url: str,
    *,
    limits: Limits,
    headers: Callable[[str], dict[str, str]],
    may_visit: Callable[[str], str],
    record: Recorder,
) -> Downloaded:
    """GET `url` and follow its redirects.

    `headers` gives what is sent to a hop (nothing is carried over), `may_visit` why a hop is not visited.
    Names are resolved once, by the connection that is used, and a host that is not public is left before
    anything is sent. Raises NotAllowed, TooLarge, or requests.RequestException.
    """
    deadline = time.monotonic() + limits.patience_s
    with requests.Session() as session:
        session.mount("https://", PublicHostsAdapter())
        session.auth = NoneOfOurs()
        for _ in range(limits.redirects + 1):
            if why := may_visit(url):
                raise NotAllowed(why)
            session.cookies.clear()
            answer, onwards = _hop(session, url, headers(url), deadline, limits, record)
            if not onwards:
                return answer
            url = onwards
    raise NotAllowed("It leads from one address to the next without end.")


def _hop(
    session: requests.Session,
    url: str,
    headers: dict[str, str],
    deadline: float,
    limits: Limits,
    record: Recorder,
) -> tuple[Downloaded, str]:
    """One request, noted; the answer, and where it leads on."""
    started, status, error = time.monotonic(), None, ""
    # Only the provider's own paths are kept: a stranger's may be a secret in itself.
    told = url.partition("?")[0] if headers else "/".join(url.split("/")[:3]) + "/"
    try:
        with session.get(
            url,
            headers={"Accept": "*/*", "Accept-Encoding": "identity", **headers},
            timeout=(CONNECT_TIMEOUT_S, max(0.1, min(LONGEST_SILENCE_S, deadline - started))),
            allow_redirects=False,
            stream=True,
        ) as response:
            status = response.status_code
            if status in REDIRECTS and "location" in response.headers:
                return Downloaded(status), urljoin(url, response.headers["location"])
            data = _read(response, limits.largest, deadline) if status == 200 else b""
            name = _name(response.headers.get("content-disposition", ""))
            return Downloaded(status, data, response.headers.get("content-type", ""), name), ""
    except (requests.RequestException, urllib3_failures.HTTPError, TooLarge) as failure:
        error = type(failure).__name__
        if isinstance(failure, urllib3_failures.HTTPError):
            raise requests.ConnectionError("The answer broke off.") from failure
        raise
    except ValueError as failure:  # a Location that is no address: requests reads it as well
        raise NotAllowed("It leads to an address that cannot be read.") from failure
    finally:
        milliseconds = round((time.monotonic() - started) * 1000)
        record(Call("GET", told, status, milliseconds, "", error))


def _read(response: requests.Response, largest: int, deadline: float) -> bytes:
    """The body as it was sent. What is promised to be too large is not read at all."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise requests.exceptions.ContentDecodingError("A compressed answer was not asked for.")
    promised = response.headers.get("content-length", "")
    if promised.isascii() and promised.isdigit() and int(promised[:18]) > largest:
        raise TooLarge
    data = bytearray()
    # read1 gives what has come: read would wait for a whole piece, however slowly it drips.
    while piece := response.raw.read1(PIECE, decode_content=False):
        data += piece
        if len(data) > largest:
            raise TooLarge
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("It came too slowly.")
    if promised.isascii() and promised.isdigit() and len(data) != int(promised):
        raise requests.ConnectionError("The answer ended early.")
    return bytes(data)


def _name(disposition: str) -> str:
    """The file's name in a Content-Disposition header; empty when there is none, or none that can be read."""
    message = Message()
    message["content-disposition"] = disposition[:1000].encode("ascii", "replace").decode()
    # It names its own encoding, and not each of Python's takes whatever comes.
    with contextlib.suppress(ValueError, LookupError):
        return str(message.get_filename() or "")
    return ""
