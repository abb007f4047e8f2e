"""Calling the product as Twilio calls it: signed, with its retries, redirects and the fallback URL."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

import requests

from simulator.records import Attempt

Pairs = Sequence[tuple[str, str]]
# Twilio's defaults, seconds; the fragment of a webhook URL can change them (#ct=…&rt=…, in milliseconds).
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 15.0
# Twilio reads no longer answer.
ANSWER_BYTES = 64 * 1024
# A bound of our own: Twilio only says "too many".
MAX_REDIRECTS = 5


@dataclass(frozen=True)
class Call:
    """One webhook: repeated calls of it carry the same idempotency token."""

    purpose: str
    url: str
    fields: Pairs
    auth_token: str
    method: str = "POST"
    idempotency_token: str = ""


@dataclass(frozen=True)
class RetryPolicy:
    """From the fragment, e.g. #rc=2&rp=5xx,rt. By default only a failed connection is tried once more."""

    count: int = 1
    reasons: frozenset[str] = frozenset({"ct"})
    connect_s: float = CONNECT_TIMEOUT_S
    read_s: float = READ_TIMEOUT_S

    def wants_retry(self, attempt: Attempt) -> bool:
        """Whether this failure is one of the reasons to call again."""
        status_class = f"{(attempt.http_status or 0) // 100}xx"
        return not attempt.succeeded and bool(self.reasons & {"all", attempt.failure, status_class})


def sign(url: str, fields: Pairs, auth_token: str) -> str:
    """X-Twilio-Signature: a repeated name counts once for every different value, names and values sorted."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed_url(url: str) -> str:
    """The URL as Twilio signs it: no fragment, and over https no port."""
    parts = urlsplit(url)
    host = parts.netloc
    if parts.scheme == "https" and parts.port:
        host = host.removesuffix(f":{parts.port}")
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def deliver(call: Call, fallback_url: str = "") -> list[Attempt]:
    """Call the webhook, again if its policy says so, then the fallback URL once. All calls are returned."""
    call = replace(call, idempotency_token=call.idempotency_token or str(uuid.uuid4()))
    policy = retry_policy(call.url)
    attempts = _follow(call, policy)
    for _ in range(policy.count):
        if not policy.wants_retry(attempts[-1]):
            break
        attempts += _follow(call, policy)
    if fallback_url and not attempts[-1].succeeded:
        attempts += _follow(_fallback(call, fallback_url, attempts[-1]), RetryPolicy())
    return attempts


def retry_policy(url: str) -> RetryPolicy:
    """Unreadable values count as absent, as a wrong fragment must not keep a webhook from being called."""
    values = {name: found[-1] for name, found in parse_qs(urlsplit(url).fragment).items()}
    return RetryPolicy(
        count=min(_number(values.get("rc"), 1), 5),
        reasons=frozenset(values.get("rp", "ct").split(",")),
        connect_s=_number(values.get("ct"), 5000) / 1000,
        read_s=_number(values.get("rt"), 15000) / 1000,
    )


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default


def _fallback(call: Call, url: str, failed: Attempt) -> Call:
    # 11200: no usable answer, 11205: no connection (Twilio error dictionary, read 2026-11).
    code = "11205" if failed.failure == "ct" else "11200"
    fields = [
        *call.fields,
        ("ErrorCode", code),
        ("ErrorUrl", urlsplit(call.url)._replace(fragment="").geturl()),
    ]
    return replace(call, purpose="fallback", url=url, fields=fields)


def _follow(call: Call, policy: RetryPolicy) -> list[Attempt]:
    """A redirect is followed by GET without the fields, which is how a missing slash loses a message."""
    attempt, location = _call_once(call, policy)
    attempts = [attempt]
    while location and len(attempts) <= MAX_REDIRECTS:
        call = replace(call, method="GET", url=urljoin(call.url, location), fields=())
        attempt, location = _call_once(call, policy)
        attempts.append(attempt)
    return attempts


def _call_once(call: Call, policy: RetryPolicy) -> tuple[Attempt, str]:
    """The attempt and where it was redirected to ("" if it was not)."""
    attempt = Attempt(call.purpose, call.method, call.url, None)
    try:
        with requests.Session() as session:
            # The environment's proxy and .netrc are the developer's, not Twilio's.
            session.trust_env = False
            answer = session.send(
                _prepare(session, call),
                timeout=(policy.connect_s, policy.read_s),
                allow_redirects=False,
                stream=True,
            )
            text = next(answer.iter_content(ANSWER_BYTES), b"").decode("utf-8", "replace")
    except (requests.RequestException, UnicodeError, ValueError) as problem:
        return replace(attempt, problem=_in_words(problem), failure=_failure(problem)), ""
    content_type = answer.headers.get("Content-Type", "")
    location = answer.headers.get("Location", "") if answer.is_redirect else ""
    return replace(attempt, http_status=answer.status_code, answer=text, content_type=content_type), location


def _prepare(session: requests.Session, call: Call) -> requests.PreparedRequest:
    headers = {
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "I-Twilio-Idempotency-Token": call.idempotency_token,
    }
    if call.method == "GET":
        prepared = session.prepare_request(
            requests.Request("GET", call.url, headers=headers, params=list(call.fields))
        )
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        body = urlencode(call.fields)
        prepared = session.prepare_request(requests.Request("POST", call.url, headers=headers, data=body))
    signed_fields = call.fields if call.method == "POST" else ()
    prepared.headers["X-Twilio-Signature"] = sign(
        signed_url(str(prepared.url)), signed_fields, call.auth_token
    )
    return prepared


def _failure(problem: Exception) -> str:
    if isinstance(problem, requests.ReadTimeout):
        return "rt"
    return "ct" if isinstance(problem, requests.ConnectionError) else ""


def _in_words(problem: Exception) -> str:
    if isinstance(problem, requests.ReadTimeout):
        return "no answer in time"
    if isinstance(problem, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(problem, requests.ConnectionError):
        return "no connection"
    return f"not a usable URL or answer ({type(problem).__name__})"
