"""TeleSign's signatures: of the callbacks it posts, and of the requests it takes. Pure.

Callbacks: base64(HMAC-SHA256(base64-decoded API key, raw body)), as `TSA <Customer ID>:<signature>` or bare,
in Authorization, in X-TS-Authorization, or in both. Only the body is signed: neither URL nor time.
Requests: the same HMAC over the lines of string_to_sign. Sources: developer.telesign.com (authentication,
authenticate callbacks) and the samples of TeleSign's own libraries for five languages, read 2026-11.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HEADERS = ("authorization", "x-ts-authorization")
METHOD = "HMAC-SHA256"
# A key is base64; TeleSign's own examples have signs of no alphabet in it (EXAMPLE----…), skipped when read.
KEY = re.compile(r"[A-Za-z0-9+/_-]+={0,2}", re.ASCII)
SCHEME = re.compile(r"tsa\s+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Claim:
    """What a header says: whose signature it is (empty: it does not say), and the signature."""

    customer_id: str
    signature: str


def key_bytes(api_key: str) -> bytes:
    """The key behind an API key; empty when it is not base64. An empty key must sign nothing."""
    if not KEY.fullmatch(api_key):
        return b""
    try:
        return base64.b64decode(api_key)
    except binascii.Error:
        return b""


def sign(key: bytes, message: bytes) -> str:
    """The signature of a message."""
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def claims(headers: Mapping[str, str]) -> list[Claim]:
    """The signatures that a callback comes with; names of `headers` in lower case. Empty when none."""
    found = []
    for name in HEADERS:
        said = SCHEME.sub("", headers.get(name, "").strip(), count=1)
        customer_id, _, signature = said.rpartition(":")
        if signature:
            found.append(Claim(customer_id.strip(), signature.strip()))
    return found


def is_signed_by(signature: str, secrets: Iterable[str], body: bytes) -> bool:
    """Whether one of the API keys made the signature over the body. Compares in constant time."""
    given = signature.encode("utf-8", "replace")
    keys = [key for key in map(key_bytes, secrets) if key]
    return any(hmac.compare_digest(sign(key, body).encode(), given) for key in keys)


def names(claim: Claim, customer_id: str) -> bool:
    """Whether a signature is the account's own, as far as it says."""
    return not claim.customer_id or claim.customer_id.casefold() == customer_id.casefold()


def string_to_sign(*, method: str, content_type: str, date: str, nonce: str, body: bytes, path: str) -> bytes:
    """What is signed of a request; `date` is the Date header, `body` the bytes that are sent."""
    lines = [method, content_type, date, f"x-ts-auth-method:{METHOD}", f"x-ts-nonce:{nonce}"]
    head = "\n".join(lines).encode()
    return b"\n".join([head, *([body] if body else []), path.encode()])
