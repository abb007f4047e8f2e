"""Customers' files at Twilio: an address that asks for the account's credentials, and a store behind it.

The first answers with a redirect to the second, which asks for nobody's name but for its own signature:
whoever still sends the account's credentials there gives them away.
"""

import hashlib
import threading
from collections.abc import Iterator

from simulator import samples
from simulator.config import Account
from simulator.files import LARGE_BYTES, File
from simulator.records import Message
from simulator.state import State
from simulator.twilio.errors import error
from simulator.twilio.resources import BASE
from simulator.twilio.sending import seen
from simulator.web import ConnectionDroppedError, Request, Response, Route, json_response, redirect

CHUNK = 64 * 1024


class Media:
    """The handlers of both."""

    def __init__(self, state: State, stopping: threading.Event) -> None:
        self._state = state
        self._stopping = stopping

    def store_routes(self) -> list[Route]:
        """The store; the other address belongs to the API, which asks who is there."""
        return [Route("GET", "/media-store/{account}/{sid}", self._serve)]

    def answer_list(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        """The files of a message."""
        message = self._state.message(parts["message"])
        if message is None or message.account_sid != account.account_sid:
            return error(20404)
        listed = [media_json(message, each) for each in message.files]
        page = {"media_list": listed, "page": 0, "page_size": 50, "uri": request.path}
        return json_response({**page, "next_page_uri": None, "previous_page_uri": None})

    def answer(self, request: Request, account: Account, parts: dict[str, str]) -> Response:
        """Where the file is."""
        message = self._state.message(parts["message"])
        file = next((each for each in message.files if each.sid == parts["sid"]), None) if message else None
        if message is None or message.account_sid != account.account_sid or file is None:
            return error(20404)
        if file.fault == "missing" or (file.fault == "missing_once" and self._state.is_first_fetch(file.sid)):
            return error(20404)
        if file.fault == "error":
            return error(20500)
        if file.fault == "redirect":
            return redirect(file.location, 307)
        store = self._state.store_url or self._state.base_url
        path = f"/media-store/{account.account_sid}/{file.sid}"
        return redirect(f"{store}{path}?Signature={_signature(account, file.sid)}", 307)

    def _serve(self, request: Request, parts: dict[str, str]) -> Response:
        response = self._stored(request, parts)
        self._state.add_request(seen(request, parts["account"], response.status))
        return response

    def _stored(self, request: Request, parts: dict[str, str]) -> Response:
        account, file = self._state.accounts.get(parts["account"]), self._state.file(parts["sid"])
        if account is None or file is None:
            return Response(404)
        if request.query.get("Signature") != _signature(account, file.sid):
            return Response(403)
        if file.fault == "html":
            return Response(200, samples.HTML, file.content_type)
        if file.fault == "large":
            return Response(200, (file.content + bytes(LARGE_BYTES))[:LARGE_BYTES], file.content_type)
        if file.fault in ("endless", "slow", "reset"):
            return Response(200, content_type=file.content_type, stream=self._trickle(file))
        content_type = "application/octet-stream" if file.fault == "wrong_type" else file.content_type
        return Response(200, file.content, content_type)

    def _trickle(self, file: File) -> Iterator[bytes]:
        yield file.content[: max(len(file.content) // 2, 1)]
        if file.fault == "reset":
            raise ConnectionDroppedError
        if file.fault == "slow":
            for _ in range(int(self._state.hang_seconds * 10)):
                if self._stopping.wait(0.1):
                    return
                yield b"\0"
        else:
            for _ in range(LARGE_BYTES // CHUNK):
                yield bytes(CHUNK)


def media_url(state: State, message: Message, file: File) -> str:
    """What the webhook says: it needs the account's credentials."""
    return f"{state.base_url}{_path(message, file)}"


def media_json(message: Message, file: File) -> dict[str, object]:
    """A Media resource."""
    return {
        "sid": file.sid,
        "account_sid": message.account_sid,
        "parent_sid": message.sid,
        "content_type": file.content_type,
        "date_created": message.created_at.isoformat(),
        "uri": f"{_path(message, file)}.json",
    }


def _path(message: Message, file: File) -> str:
    return f"{BASE}/{message.account_sid}/Messages/{message.sid}/Media/{file.sid}"


def _signature(account: Account, sid: str) -> str:
    return hashlib.sha256(f"{account.auth_token}{sid}".encode()).hexdigest()[:32]
