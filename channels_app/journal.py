"""The raw request of a receipt as it may be shown, and what to do about it. Pure but for what it is given."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

from channels_app.models_receipts import WebhookReceipt
from omnichannel.lib import phones, redact

State = WebhookReceipt.State
HIDDEN = "Holds the customer's number and text: only people who may see customers' numbers read it."
TOKEN_IN_PATH = re.compile(r"(/hooks/)[^/?#\s]+")
TELL_TALE = re.compile(rf"([^&=?\s]*(?:{redact.SECRET_NAMES.pattern})[^&=\s]*=)[^&\s]*", re.IGNORECASE)
# What is shown to everybody who may open a receipt: it tells nothing of the customer.
PLAIN_NAMES = frozenset(
    {
        *("accountsid", "messagesid", "smssid", "smsmessagesid", "messagestatus", "smsstatus", "errorcode"),
        *("nummedia", "numsegments", "apiversion", "messagingservicesid", "optouttype", "bodysha256"),
        # Of JSON, with a dot where it leads inside.
        *("reference_id", "external_id", "sub_resource", "submit_timestamp", "user_response.action"),
        *("status.code", "status.description", "status.updated_on", "user_response.iso_country_code"),
        *("additional_info.mcc", "additional_info.mnc", "additional_info.message_parts_count"),
    }
)
ADDRESSES = frozenset(
    {
        *("from", "to", "user_response.phone_number", "user_response.sender_id"),
        "additional_info.cleansed_phone_number",
    }
)
MOST_PAIRS, DEEPEST = 200, 4
PLAIN_HEADERS = frozenset(
    {"content-type", "content-length", "host", "user-agent", "accept", "i-twilio-idempotency-token"}
)


@dataclass(frozen=True)
class ShownRequest:
    """A request without secrets and, unless `whole`, without anything of the customer."""

    line: str
    parameters: list[tuple[str, str]]
    body: str
    headers: list[tuple[str, str]]


def shown(receipt: WebhookReceipt, *, secrets: Iterable[str], whole: bool) -> ShownRequest:
    """What a person may read of a receipt. `whole`: they may see customers' numbers (and texts)."""
    hidden = written_forms(secrets)
    path, mark, query = receipt.path.partition("?")
    path = TOKEN_IN_PATH.sub(rf"\g<1>{redact.MASK}", path)
    body = bytes(receipt.body).decode("utf-8", "replace")
    raw = query if receipt.method == "GET" else body
    pairs = json_pairs(raw) if "json" in receipt.content_type else parse_qsl(raw, keep_blank_values=True)
    ours = receipt.number.value if receipt.number else ""
    if whole:
        return ShownRequest(
            line=_without(f"{receipt.method} {path}{mark}{query}", hidden),
            parameters=[(name, _value(name, value, hidden)) for name, value in pairs],
            body=_without(body, hidden),
            headers=[
                (n, _without(str(v), hidden)) for n, v in sorted(redact.mapping(receipt.headers).items())
            ],
        )
    return ShownRequest(
        line=f"{receipt.method} {redact.numbers(path)}{'?…' if mark else ''}",
        parameters=[(redact.numbers(name), _plain(name, value, hidden, ours)) for name, value in pairs],
        body=HIDDEN,
        headers=[(name, _plain_header(name, str(v), hidden)) for name, v in sorted(receipt.headers.items())],
    )


def json_pairs(raw: str) -> list[tuple[str, str]]:
    """The values of JSON with their dotted names, MOST_PAIRS at most; empty when it is none. Never raises."""
    try:
        decoded = json.loads(raw)
    except (ValueError, RecursionError):
        return []
    return list(islice(_leaves("", decoded, DEEPEST), MOST_PAIRS))


def _leaves(name: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict | list):
        yield name, "" if value is None else str(value)
    elif depth:
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in inside:
            yield from _leaves(f"{name}.{key}" if name else str(key), inner, depth - 1)
    else:
        yield name, "…"


def shown_path(receipt: WebhookReceipt) -> str:
    """The path for lists and the API: without token, and without its query, which may hold a text."""
    return redact.numbers(TOKEN_IN_PATH.sub(rf"\g<1>{redact.MASK}", receipt.path.partition("?")[0]))


def written_forms(secrets: Iterable[str]) -> list[str]:
    """Secrets as they are, encoded for URLs, and as JSON writes them; the longest first."""
    forms = {
        form
        for secret in secrets
        if secret
        for form in (
            *(secret, secret.replace("+", " ")),
            *(quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]),
        )
    }
    return sorted(forms, key=len, reverse=True)


def _without(raw: str, hidden: list[str]) -> str:
    return TELL_TALE.sub(rf"\g<1>{redact.MASK}", redact.text(raw, secrets=hidden))


def _value(name: str, value: str, hidden: list[str]) -> str:
    return redact.MASK if redact.SECRET_NAMES.search(name) else redact.text(value, secrets=hidden)


def _plain(name: str, value: str, hidden: list[str], ours: str) -> str:
    known = name.lower()
    if known in ADDRESSES:
        wire = phones.wire_address(value)
        is_ours = wire is not None and bool(ours) and wire.value.removeprefix("+") == ours
        return value if is_ours else phones.masked(wire.value if wire else "")
    if known in PLAIN_NAMES:
        return redact.numbers(redact.text(value, secrets=hidden))
    return redact.MASK if value else ""


def _plain_header(name: str, value: str, hidden: list[str]) -> str:
    return redact.numbers(redact.text(value, secrets=hidden)) if name in PLAIN_HEADERS else redact.MASK


# --- what to do -----------------------------------------------------------------------------------

# (state, how the reason begins) -> the next step. The first that fits.
NEXT_STEPS: tuple[tuple[str, str, str], ...] = (
    (
        State.FAILED,
        "The request is about another account",
        "The inbound URL of this account is set on a number of another one. Give that number the URL of its "
        "own account at the provider, then replay.",
    ),
    (
        State.FAILED,
        "The text has no",
        "Nothing was lost: the request holds no whole text. If the provider's form has changed, update this "
        "installation, then replay.",
    ),
    (
        State.FAILED,
        "The report has no",
        "The report does not say which text it is about. If that goes on, compare the raw body with the "
        "provider's documentation.",
    ),
    (
        State.FAILED,
        "The body is",
        "The provider sent something that is not what it says. If it goes on, compare the raw body with the "
        "provider's documentation.",
    ),
    (
        State.FAILED,
        "Its worker stopped",
        "The task queue was ended while it worked on this. See that it runs (/readyz), then replay.",
    ),
    (State.FAILED, "", "Something broke here each time. The server's log says what; mend it, then replay."),
    (State.RECEIVED, "No text of ours", "The report came before our own request was answered: tried again."),
    (State.RECEIVED, "Raced", "Two texts came at the same moment: tried again by itself."),
    (State.RECEIVED, "", "It waits for the task queue. If it stays so: does the task queue run (/readyz)?"),
    (State.IGNORED, "No text of ours", "A report about a text that was not sent from here. Nothing to do."),
    (State.IGNORED, "", "Nothing to do."),
    (
        State.DONE,
        "The number",
        "Kept, but nobody reads it. Give the number to a work stream, or take the inbound URL off it at the "
        "provider.",
    ),
    (State.DONE, "The sender is blocked", "Nothing to do. To read them again, unblock the address."),
    (State.DONE, "", "Nothing to do."),
)


def next_step(receipt: WebhookReceipt) -> str:
    """What a person should do about a receipt."""
    return next(
        step
        for state, begins, step in NEXT_STEPS
        if state == receipt.state and receipt.reason.startswith(begins)
    )
