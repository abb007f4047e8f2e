"""Requests to TeleSign: signed, sent through our recording session, and their answers taken apart.

One POST and one GET over `requests`; why not TeleSign's own library: docs/decisions/0014.
"""

import base64
import json
import re
import uuid
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase

from channels_app.providers import telesign_signature as signatures
from channels_app.providers.base import Credentials
from channels_app.providers.telesign_codes import CODES, FORM_REFUSED, STATUSES
from omnichannel.lib.http import Recorder, RecordingSession

FORM = "application/x-www-form-urlencoded"
MESSAGING = "/v1/messaging"
CODE = re.compile(r"-?[0-9]{1,6}", re.ASCII)


class Digest(AuthBase):
    """Signs a prepared request with the API key: over the very bytes that are sent."""

    def __init__(self, customer_id: str, api_key: str) -> None:
        self._customer_id, self._key = customer_id, signatures.key_bytes(api_key)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        date, nonce = formatdate(usegmt=True), str(uuid.uuid4())
        signed = signatures.string_to_sign(
            method=request.method or "",
            content_type=request.headers.get("Content-Type", ""),
            date=date,
            nonce=nonce,
            body=body.encode() if isinstance(body, str) else body,
            path=urlsplit(request.url or "").path,
        )
        request.headers.update(
            {
                "Date": date,
                "x-ts-auth-method": signatures.METHOD,
                "x-ts-nonce": nonce,
                "Authorization": f"TSA {self._customer_id}:{signatures.sign(self._key, signed)}",
            }
        )
        return request


class Basic(AuthBase):
    """Shows Customer ID and API key themselves. They travel under TLS."""

    def __init__(self, customer_id: str, api_key: str) -> None:
        self._shown = base64.b64encode(f"{customer_id}:{api_key}".encode()).decode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Basic {self._shown}"
        return request


@dataclass(frozen=True)
class Answer:
    """What TeleSign answered. `codes` are those of errors[] first, then status.code; empty: none was found.

    `refused_form` is the code with which the signed form was refused before Basic was tried, if it was.
    """

    http: int
    is_readable: bool  # a JSON object
    codes: tuple[int, ...] = ()
    description: str = ""
    reference_id: str = ""
    refused_form: int | None = None

    @property
    def code(self) -> int | None:
        """The code that counts: the first that we know, else the first."""
        known = (code for code in self.codes if code in CODES or code in STATUSES)
        return next(known, self.codes[0] if self.codes else None)


def ask(
    account: Credentials,
    secret: str,
    record: Recorder,
    *,
    path: str,
    form: dict[str, str] | None = None,
    patience_s: float | None = None,
) -> Answer:
    """GET a resource, or POST a form to it; raises requests.RequestException when no answer came.

    Signed (HMAC digest). Where TeleSign takes the key but not the signed form (FORM_REFUSED: a clock that is
    wrong, headers lost on the way), once more with Basic: what was answered 401 was surely not accepted.
    """
    session = RecordingSession(record, patience_s=patience_s)
    digest = _asked(session, account, Digest(account.external_id, secret), path, form)
    if digest.http != 401 or digest.code not in FORM_REFUSED:
        return digest
    basic = _asked(session, account, Basic(account.external_id, secret), path, form)
    return Answer(**{**vars(basic), "refused_form": digest.code})


def _asked(
    session: RecordingSession, account: Credentials, auth: AuthBase, path: str, form: dict[str, str] | None
) -> Answer:
    body = None if form is None else urlencode(form)
    headers = {} if form is None else {"Content-Type": FORM}
    method = "GET" if form is None else "POST"
    response = session.request(method, account.base_url + path, data=body, headers=headers, auth=auth)
    return read(response.status_code, response.content)


def read(http: int, content: bytes) -> Answer:
    """An answer taken apart; never raises."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return Answer(http, is_readable=False)
    status = told.get("status")
    errors = told.get("errors")
    parts = [*(errors if isinstance(errors, list) else []), status]
    entries = [part for part in parts if isinstance(part, dict) and code_of(part) is not None]
    return Answer(
        http,
        is_readable=True,
        codes=tuple(code for entry in entries if (code := code_of(entry)) is not None),
        description=plain(entries[0].get("description"))[:200] if entries else "",
        reference_id=plain(told.get("reference_id"))[:64],
    )


def code_of(part: Any) -> int | None:
    """The code of a status or of an error, as a number; None when there is none."""
    code = part.get("code") if isinstance(part, dict) else None
    found = CODE.fullmatch(plain(code))
    return int(found.group()) if found else None


def plain(value: Any) -> str:
    """A text or number of JSON as a text that any database stores: without NUL and halves of letters."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).replace("\x00", "").encode("utf-8", "replace").decode()
