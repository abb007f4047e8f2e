"""X-Twilio-Signature: is a webhook really from the account it names?

Scheme: base64(HMAC-SHA1(auth token, url + each parameter's name and value, sorted)); JSON bodies travel as
the query parameter bodySHA256. Twilio is not consistent about ports, so the URL is tried as it is, without
its port, and with the standard one. Source: twilio.com/docs/usage/webhooks/webhooks-security, read 2026-11.
Why not the library's validator: docs/decisions/0004.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit, urlunsplit

FORM = "application/x-www-form-urlencoded"
STANDARD_PORTS = {"https": 443, "http": 80}
Pairs = list[tuple[bytes, bytes]]


def form_pairs(body: bytes) -> Pairs:
    """Names and values of a form, decoded to bytes, blank values kept; never raises."""
    pairs = []
    for part in body.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_decode(name), _decode(value)))
    return pairs


def signature_base(url: str, pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """What is signed: the URL, then each distinct name and value in code-point order."""
    return url.encode() + b"".join(name + value for name, value in sorted(set(pairs)))


def sign(secret: str, base: bytes) -> str:
    """The signature of a base under a secret."""
    return base64.b64encode(hmac.digest(secret.encode(), base, "sha1")).decode()


def is_valid(
    *, signature: str, secrets: Iterable[str], urls: Iterable[str], pairs_variants: Iterable[Pairs]
) -> bool:
    """Whether one of the secrets made the signature over one of the URLs. Compares in constant time."""
    variants = list(pairs_variants)
    given = signature.encode("utf-8", "replace")
    return any(
        hmac.compare_digest(sign(secret, signature_base(url, pairs)).encode(), given)
        for secret in secrets
        if secret
        for url in urls
        for pairs in variants
    )


def url_forms(url: str) -> Iterator[str]:
    """The URL as it is, without its port, and with the standard port."""
    yield url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return
    login, at, host_and_port = parts.netloc.rpartition("@")
    host = host_and_port.rpartition(":")[0] if port is not None else host_and_port
    if port is not None:
        yield urlunsplit(parts._replace(netloc=login + at + host))
    elif parts.scheme in STANDARD_PORTS:
        yield urlunsplit(parts._replace(netloc=f"{login}{at}{host}:{STANDARD_PORTS[parts.scheme]}"))


def body_hash_fits(query: str, body: bytes) -> bool:
    """Whether bodySHA256 of the query string is the SHA-256 of the body."""
    named = dict(parse_qsl(query)).get("bodySHA256", "")
    actual = hashlib.sha256(body).hexdigest()
    return hmac.compare_digest(actual.encode(), named.lower().encode("utf-8", "replace"))


def readable(pairs: Pairs) -> Pairs:
    """The pairs as a reader of broken UTF-8 sees them (U+FFFD), which may be what the sender signed."""
    return [
        (name.decode("utf-8", "replace").encode(), value.decode("utf-8", "replace").encode())
        for name, value in pairs
    ]


def _decode(part: bytes) -> bytes:
    return unquote_to_bytes(part.replace(b"+", b" "))
