"""TeleSign's signatures: HMAC-SHA256 with the decoded API key, over a request or a callback's body."""

import base64
import hashlib
import hmac
from email.message import Message

METHOD = "HMAC-SHA256"


def sign(api_key: str, signed: bytes) -> str:
    """Decoding leaves out what is not base64, as TeleSign's own library does."""
    digest = hmac.new(base64.b64decode(api_key), signed, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def string_to_sign(method: str, path: str, headers: "Message[str, str]", body: bytes) -> bytes:
    """The parts of a request that its signature covers. A date in x-ts-date leaves the Date line empty."""
    x_date = headers.get("x-ts-date") or ""
    lines = [
        method,
        (headers.get("Content-Type") or "") if method in ("POST", "PUT") else "",
        "" if x_date else headers.get("Date") or "",
        f"x-ts-auth-method:{headers.get('x-ts-auth-method') or ''}",
        *([f"x-ts-date:{x_date}"] if x_date else []),
        *([f"x-ts-nonce:{nonce}"] if (nonce := headers.get("x-ts-nonce")) else []),
    ]
    parts = [line.encode() for line in lines]
    if body:
        parts.append(body)
    return b"\n".join([*parts, path.encode()])
