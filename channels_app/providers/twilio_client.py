"""Twilio's own library, sent to the account's base URL through our recording session."""

import json
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from channels_app.providers.base import Check, Credentials, Trouble, Validity
from omnichannel.lib.http import Recorder, RecordingSession

T = TypeVar("T")
# What the library raises for an answer that is no JSON, or JSON of another form.
UNREADABLE = (TwilioException, ValueError, TypeError, AttributeError)
# Somebody waits for a page: shorter than any web server's patience (gunicorn's is 30 s).
PATIENCE_S = 12.0
NOT_DONE = "nothing was validated or changed"


class Http(TwilioHttpClient):
    """The library's HTTP client, sent to the account's base URL through our recording session."""

    def __init__(self, base_url: str, record: Recorder, patience_s: float | None) -> None:
        super().__init__(pool_connections=False)
        self.session = RecordingSession(record, patience_s=patience_s)
        self._base = urlsplit(base_url)

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        """The request, to the same path under the account's base URL."""
        asked = urlsplit(url)
        parts = asked._replace(scheme=self._base.scheme, netloc=self._host_for(asked.netloc))
        path = self._base.path.rstrip("/") + parts.path
        return super().request(method, urlunsplit(parts._replace(path=path)), *args, **options)

    def _host_for(self, asked: str) -> str:
        """Twilio's products have a host each (messaging.twilio.com); any other base plays them all."""
        host = self._base.netloc
        if not (host.startswith("api.") and host.endswith(".twilio.com")):
            return host
        return f"{asked.partition('.')[0]}.{host.partition('.')[2]}"


def client(account: Credentials, secret: str, record: Recorder, *, patience_s: float | None = None) -> Client:
    """A client of its own for one task; the environment is not read (a blank entry keeps it out).

    `patience_s` bounds all its requests together.
    """
    http = Http(account.base_url, record, patience_s)
    return Client(account.external_id, secret, http_client=http, environment={"-": ""})


def ask(account: Credentials, record: Recorder, question: Callable[[Client], T]) -> T:
    """What Twilio answers to requests that may be repeated; raises Trouble, in words, when it does not.

    With the secondary token when the primary is refused (401).
    """
    secrets = account.secrets or ("",)
    for secret in secrets:
        try:
            return question(client(account, secret, record, patience_s=PATIENCE_S))
        except (requests.RequestException, *UNREADABLE) as error:
            found = trouble(error)
            if found.outcome is not Validity.BAD_CREDENTIALS or secret == secrets[-1]:
                raise Trouble(found) from error
    raise AssertionError("there is always a last secret")


def trouble(error: Exception) -> Check:
    """Why Twilio did not do what it was asked, and what to do next."""
    match error:
        case TwilioRestException() | TwilioServiceException():
            said = error.msg if isinstance(error, TwilioRestException) else error.detail or error.title
            return refusal(int(error.status), str(error.code or ""), str(said or ""))
        case requests.ReadTimeout():
            said = f"Twilio did not answer in time: {NOT_DONE}. Try again in a few minutes."
            return Check("error", said, Validity.SLOW)
        case requests.RequestException():
            said = (
                f"Twilio could not be reached: {NOT_DONE}. Check the Base URL and this server's way to the "
                "internet, then try again."
            )
            return Check("error", said, Validity.UNREACHABLE)
    if (listed := unfetched(error)) is not None:
        return refusal(*listed)
    said = f"Twilio's answer could not be read: {NOT_DONE}. Check the Base URL, then try again."
    return Check("error", said, Validity.UNREADABLE)


def unfetched(error: Exception) -> tuple[int, str, str] | None:
    """Status, code and words of a list that was not fetched: the library raises only its base class."""
    response = error.args[1] if isinstance(error, TwilioException) and len(error.args) > 1 else None
    if not isinstance(response, Response) or response.status_code < 400:
        return None
    try:
        told = json.loads(response.text)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    return response.status_code, str(told.get("code") or ""), str(told.get("message") or "")


def refusal(status: int, code: str, said: str) -> Check:
    """An answer that is no 2xx. Twilio's own words are shown only where we have none."""
    if code == "20005":
        text = (
            "The Twilio account is not active: it is suspended or closed. The Twilio console says why, "
            "and what is due."
        )
        return Check("error", text, Validity.SUSPENDED)
    if status in {401, 403}:
        text = (
            "Twilio does not accept this Account SID and Auth Token. Copy both once more from the Twilio "
            "console, under Account info, and replace the Auth Token."
        )
        return Check("error", text, Validity.BAD_CREDENTIALS)
    if status == 429:
        text = f"Twilio is busy (too many requests): {NOT_DONE}. Try again in a minute."
        return Check("warning", text, Validity.THROTTLED)
    if status >= 500:
        text = f"Twilio answered with its error {status}: {NOT_DONE}. Try again in a few minutes."
        return Check("error", text, Validity.UNREACHABLE)
    told = f"error {code}" if code and code != str(status) else f"HTTP status {status}"
    text = f"Twilio refused: {told} ({said[:120]})." if said else f"Twilio refused: {told}."
    return Check("error", text, Validity.REFUSED)
