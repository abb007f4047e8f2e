"""The few pieces of a web framework the simulator needs: request, response, form fields, routes."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from simulator import multipart


class BadRequestError(Exception):
    """The request cannot be understood; the text is the answer."""


class ConnectionDroppedError(Exception):
    """Raised by a handler to have the connection reset instead of answered."""


class Fields:
    """Form or query fields in the order they came; a name may repeat and a value may be blank."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = list(pairs)

    @classmethod
    def parse(cls, encoded: str) -> "Fields":
        """From a query or a form body."""
        return cls(parse_qsl(encoded, keep_blank_values=True))

    def get(self, name: str, default: str = "") -> str:
        """The first value of that name."""
        return next((value for key, value in self.pairs if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of that name, in order."""
        return [value for key, value in self.pairs if key == name]

    def has(self, name: str) -> bool:
        """Whether the name is there, even if blank."""
        return any(key == name for key, _ in self.pairs)


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    query: Fields
    headers: "Message[str, str]"
    body: bytes

    @property
    def form(self) -> Fields:
        """The body read as form fields; bytes that are not UTF-8 become U+FFFD."""
        if self._is_multipart:
            return Fields(multipart.parse(self.headers.get("Content-Type", ""), self.body)[0])
        return Fields.parse(self.body.decode("utf-8", "replace"))

    @property
    def uploads(self) -> list[multipart.Upload]:
        """The files of the form."""
        if not self._is_multipart:
            return []
        return multipart.parse(self.headers.get("Content-Type", ""), self.body)[1]

    @property
    def _is_multipart(self) -> bool:
        return self.headers.get("Content-Type", "").lower().startswith("multipart/form-data")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; no body counts as an empty object.

        A content type is asked for because a web page of another site can post a form, but not JSON,
        to a server on the same machine without being asked first by the browser.
        """
        if not self.body:
            return {}
        if "json" not in self.headers.get("Content-Type", ""):
            raise BadRequestError("Send JSON with Content-Type: application/json.")
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise BadRequestError(f"The body is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise BadRequestError("The body must be one JSON object.")
        return value


@dataclass(frozen=True)
class Response:
    """What the client gets."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    # Sent bit by bit in place of the body, and without a word on how much is to come.
    stream: Iterator[bytes] | None = None


Handler = Callable[[Request, dict[str, str]], Response]


@dataclass(frozen=True)
class Route:
    """A method and a path such as `/sim/messages/{sid}.json`; a {name} stands for anything but a slash."""

    method: str
    path: str
    handler: Handler

    def match(self, request: Request) -> dict[str, str] | None:
        """The named parts of the path, or None when the route does not fit."""
        if request.method != self.method:
            return None
        found = _pattern(self.path).fullmatch(request.path)
        return found.groupdict() if found else None


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    named = (f"(?P<{part}>[^/]+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(named))


def json_response(value: object, status: int = 200) -> Response:
    """The value as JSON."""
    return Response(status, json.dumps(value).encode(), "application/json")


def redirect(location: str, status: int = 303) -> Response:
    """Send the client elsewhere."""
    return Response(status, headers=(("Location", location),))
