"""What a provider must be able to do. Frozen dataclasses in and out; no Django, no database in here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from omnichannel.lib.http import Recorder


class Error(StrEnum):
    """What can go wrong with a text, in our words. Closed: a provider maps its codes onto these."""

    BAD_CREDENTIALS = "bad_credentials"  # account or set-up: an administrator must act
    BAD_NUMBER = "bad_number"  # this customer cannot be reached at this number
    OPTED_OUT = "opted_out"  # the customer said STOP
    WINDOW_CLOSED = "window_closed"  # WhatsApp's 24 hours are over
    CONTENT_REFUSED = "content_refused"  # the text itself is the trouble
    THROTTLED = "throttled"  # too fast; surely not accepted
    UNAVAILABLE = "unavailable"  # the other side was not reached, or the phone is off
    AMBIGUOUS = "ambiguous"  # it may have been accepted
    OTHER = "other"


class Outcome(StrEnum):
    """What one attempt to send came to."""

    ACCEPTED = "accepted"  # the provider has it; `status` and perhaps `external_id` are known
    NOT_SENT = "not_sent"  # surely never accepted, may be tried again by itself
    REFUSED = "refused"  # surely never accepted, trying again by itself is pointless
    AMBIGUOUS = "ambiguous"  # nobody knows


class NotUnderstood(ValueError):
    """A webhook cannot be read as what it claims to be; the message says what is missing."""


@dataclass(frozen=True)
class Credentials:
    """What an account is reached with. `secondary_secret` is tried after the first, never when empty."""

    external_id: str
    secret: str = field(repr=False)
    secondary_secret: str = field(repr=False)
    base_url: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets there are, the primary first. Never an empty one: it would verify forgeries."""
        return tuple(s for s in (self.secret, self.secondary_secret) if s)


@dataclass(frozen=True)
class WireRequest:
    """A webhook as it came. `urls` are the addresses the sender may have signed, the most likely first."""

    method: str
    urls: tuple[str, ...]
    query: str
    content_type: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True)
class Inbound:
    """A customer's text."""

    external_id: str
    sender: str  # as the provider writes it
    recipient: str
    text: str
    media_count: int
    segments: int | None
    keyword: str  # stop, start, help or nothing
    profile_name: str
    profile: dict[str, str]
    sent_at: datetime | None = None  # told by the provider's list, not by webhooks


@dataclass(frozen=True)
class Listed:
    """A customer's text in the provider's own list, as the webhook that should have come."""

    external_id: str
    at: datetime | None
    form: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Listing:
    """Texts of a list; not `is_whole` when there are more than were read."""

    texts: tuple[Listed, ...]
    is_whole: bool


@dataclass(frozen=True)
class Report:
    """Word of a text that we sent. `status` is one of our states; None: a word that changes nothing."""

    external_id: str
    status: str | None
    word: str
    error: Error | None
    code: str
    explanation: str
    recipient: str


@dataclass(frozen=True)
class Other:
    """A webhook that is neither text nor report, and why that is all right."""

    reason: str


@dataclass(frozen=True)
class OutboundText:
    """A text to be sent."""

    sender: str  # digits of our number
    recipient: str  # as stored: +14255550100 for a telephone number
    text: str
    status_url: str
    reference: str  # our own id, echoed where the provider can


@dataclass(frozen=True)
class SendResult:
    """What one attempt came to."""

    outcome: Outcome
    status: str = ""  # one of our states, when accepted
    external_id: str = ""
    error: Error | None = None
    code: str = ""
    explanation: str = ""
    used_secondary: bool = False


class Finding(StrEnum):
    """What looking for a doubtful text came to."""

    FOUND = "found"
    NOT_THERE = "not_there"  # not among the provider's texts at this moment
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class FindResult:
    """What was found: its id and status, and what is wrong with it when the status says so."""

    finding: Finding
    external_id: str = ""
    status: str = ""
    error: Error | None = None
    code: str = ""
    explanation: str = ""


class Validity(StrEnum):
    """What asking a provider about an account or a number can come to. Closed."""

    GOOD = "good"
    TRIAL = "trial"  # good, but it reaches only verified numbers
    BAD_CREDENTIALS = "bad_credentials"
    ONLY_SECONDARY = "only_secondary"  # the primary secret is refused, the secondary works
    CLOSED = "closed"
    SUSPENDED = "suspended"
    NOT_IN_ACCOUNT = "not_in_account"
    CANNOT_TEXT = "cannot_text"
    NO_NUMBER = "no_number"  # none is configured here
    REFUSED = "refused"  # the provider says no to what was asked
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    SLOW = "slow"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Check:
    """One line of a validation. `level` is success, warning or error; `number` whom it is about, if any."""

    level: str
    text: str
    outcome: Validity
    number: str = ""


class Trouble(Exception):
    """A provider did not do what it was asked; nothing was changed. `check` says why and what to do next."""

    def __init__(self, check: Check) -> None:
        super().__init__(check.text)
        self.check = check


@dataclass(frozen=True)
class Diagnosis:
    """What is probably wrong with a refused webhook, in words; and the URL it was signed for, when found."""

    verdict: str
    signed_for: str = ""


@dataclass(frozen=True)
class Ack:
    """The answer to a webhook, in the provider's dialect."""

    status: int
    content_type: str
    body: bytes


class Provider(Protocol):
    """One file per provider implements this; the callers own time-outs, logging and redaction."""

    credential_fields: tuple[str, ...]
    default_base_url: str
    text_limit: int

    def check_external_id(self, external_id: str) -> str:
        """What is wrong with the form of an account's id; empty when nothing is."""

    def check_credentials(
        self, account: Credentials, numbers: tuple[str, ...], record: Recorder
    ) -> list[Check]:
        """Ask the provider whether account and numbers can be used. Never raises for what it answers."""

    def verify(self, request: WireRequest, account: Credentials) -> str:
        """Empty when the request was signed with one of the account's secrets, else the reason in words."""

    def diagnose(
        self,
        request: WireRequest,
        account: Credentials,
        *,
        hosts: Sequence[str],
        others: Mapping[str, Sequence[str]],
    ) -> Diagnosis:
        """Why a refused request was refused; bounded work. See twilio_refusals."""

    def told(self, url: str) -> str:
        """A webhook's URL as it may be kept and shown: without tokens, without its query."""

    def sequence_key(self, request: WireRequest) -> str:
        """Texts with the same key must be taken in the order in which they came; empty: no order."""

    def classify(self, request: WireRequest, account: Credentials) -> "Inbound | Report | Other":
        """What the body is, whatever URL it came to. Raises NotUnderstood."""

    def send(self, account: Credentials, text: OutboundText, record: Recorder) -> SendResult:
        """Send once. Never raises for what the network or the provider does."""

    def find_sent(
        self,
        account: Credentials,
        text: OutboundText,
        since: datetime,
        taken: frozenset[str],
        record: Recorder,
    ) -> FindResult:
        """Look for a text sent at or after `since`, leaving out the ids in `taken`."""

    def list_inbound(self, account: Credentials, number: str, since: datetime, record: Recorder) -> Listing:
        """Customers' texts to a number (digits) since a moment, the oldest first. Raises Trouble."""

    def ack(self) -> Ack:
        """What a webhook is answered."""

    def error_url(self, code: str) -> str:
        """Where the provider explains a code; empty when nowhere."""
