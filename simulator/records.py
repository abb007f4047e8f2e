"""What the simulator keeps of each message, request and fault; see simulator.state."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from simulator.files import File


class Provider(StrEnum):
    """Whom the simulator plays."""

    TWILIO = "twilio"
    TELESIGN = "telesign"


class Direction(StrEnum):
    """Where a message goes, and whose idea it was."""

    # A customer's text to the company.
    INBOUND = "inbound"
    # A text the product asked the provider to send.
    OUTBOUND = "outbound-api"
    # A text the product gave as the answer to a webhook.
    REPLY = "outbound-reply"
    # The provider's own answer to STOP, START or HELP; the product never hears of it.
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Attempt:
    """One call of the product's webhook. http_status is None when no answer came."""

    purpose: str
    method: str
    url: str
    http_status: int | None
    # Why there was no answer, in words; empty when there was one.
    problem: str = ""
    answer: str = ""
    content_type: str = ""
    # "ct" no connection, "rt" no answer in time, "" otherwise: the words of Twilio's retry policy.
    failure: str = ""
    # TeleSign takes nothing but this for an answer; 0: any 2xx will do.
    wanted_status: int = 0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def succeeded(self) -> bool:
        """Whether the answer was the one that the provider wants."""
        if self.wanted_status:
            return self.http_status == self.wanted_status
        return self.http_status is not None and 200 <= self.http_status < 300


@dataclass(frozen=True)
class Choice:
    """Something to press below a message: a button, or a line of a list."""

    title: str
    id: str = ""
    description: str = ""
    is_of_list: bool = False


@dataclass
class Message:
    """A text as the provider knows it."""

    # Or the customer ID.
    account_sid: str
    direction: Direction
    sender: str
    recipient: str
    body: str
    status: str
    media: list[str] = field(default_factory=list)
    status_callback: str = ""
    error_code: int | None = None
    sent_at: datetime | None = None
    attempts: list[Attempt] = field(default_factory=list)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    # At TeleSign the reference ID.
    sid: str = ""
    provider: Provider = Provider.TWILIO
    # What the sender of a text calls it, where the provider echoes that.
    external_id: str = ""
    # Those that a customer sent, or that were fetched of those that the product sent.
    files: list[File] = field(default_factory=list)
    # What the customer may press below it, and the template it was made from.
    choices: tuple[Choice, ...] = ()
    content_sid: str = ""
    # Of a customer's message: what it is besides words, as the webhook tells it.
    extras: dict[str, str] = field(default_factory=dict)

    @property
    def is_whatsapp(self) -> bool:
        """Whether it goes over WhatsApp."""
        return self.recipient.startswith("whatsapp:")

    def __post_init__(self) -> None:
        prefix = "MM" if self.media or self.files else "SM"
        self.sid = self.sid or f"{prefix}{uuid.uuid4().hex}"


@dataclass(frozen=True)
class SeenRequest:
    """One request to a provider's API. `accepted` is None for all but requests to send a message."""

    method: str
    path: str
    account_sid: str
    http_status: int | None
    accepted: bool | None = None
    message_sid: str = ""
    status_callback: str = ""
    fault: str = ""
    form: tuple[tuple[str, str], ...] = ()
    provider: Provider = Provider.TWILIO
    # Whether the request brought anybody's credentials.
    has_credentials: bool = False
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class PlannedFault:
    """A fault for the next `times` requests; `target` is "send" or "other" (every request but sending)."""

    kind: str
    times: int
    match_to: str | None = None
    target: str = "send"
    provider: Provider = Provider.TWILIO

    def fits(self, *, target: str, to: str, provider: Provider) -> bool:
        """Whether this fault is for such a request."""
        is_meant = (self.target, self.provider) == (target, provider) and self.match_to in (None, to)
        return is_meant and self.times > 0
