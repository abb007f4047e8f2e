"""What a provider must be able to do. Frozen dataclasses in and out; no Django, no database in here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from omnichannel.lib.http import Recorder

NAMED = ("external_id", "secret", "secondary_secret", "inbound_url")


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
class InboundMedia:
    """A file that came with a customer's text: where the provider keeps it, and what it says it is."""

    url: str
    content_type: str = ""
    name: str = ""


@dataclass(frozen=True)
class Inbound:
    """A customer's text."""

    external_id: str
    sender: str  # as the provider writes it
    recipient: str
    text: str
    segments: int | None
    keyword: str  # stop, start, help or nothing
    profile_name: str
    profile: dict[str, str]
    sent_at: datetime | None = None  # told by the provider's list, not by webhooks
    media: tuple[InboundMedia, ...] = ()
    # What a text is besides words, by name (see channels_app.extras): location, contacts, reply_to …
    extras: Mapping[str, Any] = field(default_factory=dict)


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
    reference: str = ""  # our own id, where the provider echoes it in the signed body


@dataclass(frozen=True)
class Other:
    """A webhook that is neither text nor report, and why that is all right."""

    reason: str


@dataclass(frozen=True)
class OutboundMedia:
    """A file that goes out: where the provider can fetch it (public, for a while), and what it is."""

    url: str
    content_type: str
    name: str = ""


@dataclass(frozen=True)
class OutboundTemplate:
    """A content template that the provider fills in: its id there, and its variables."""

    external_id: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class OutboundText:
    """A text to be sent. With a template, `text` is what the customer will read, for our own use."""

    sender: str  # digits of our number
    recipient: str  # as stored: +14255550100 for a telephone number
    text: str
    status_url: str
    reference: str  # our own id, echoed where the provider can
    channel: str = "sms"
    media: tuple[OutboundMedia, ...] = ()
    template: OutboundTemplate | None = None


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
    PRODUCT_OFF = "product_off"  # the credentials are right, but the account may not text
    IP_REFUSED = "ip_refused"  # the provider does not take requests from this server's address
    CLOCK_OFF = "clock_off"  # this server's clock is wrong
    NOT_IN_ACCOUNT = "not_in_account"
    CANNOT_TEXT = "cannot_text"
    OFFLINE = "offline"  # a WhatsApp sender that neither sends nor receives
    NOT_READY = "not_ready"  # one that is not set up to its end
    SANDBOX = "sandbox"  # a number for tests, which several accounts share
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


@dataclass(frozen=True)
class MediaRules:
    """What files a channel carries. Sizes in bytes; `largest` by content type, or by its family (image/*)."""

    largest: Mapping[str, int]
    most_files: int = 1
    largest_together: int | None = None
    # Families of files that take a text in the same message; a text beside another file goes by itself.
    captioned: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ChannelRules:
    """What a provider does on one channel."""

    text_limit: int
    media: MediaRules | None = None  # None: no files at all
    # How long after the customer's last message free text may be sent; None: always.
    window: timedelta | None = None


@dataclass(frozen=True)
class Words:
    """What a provider calls its things, for labels and sentences."""

    name: str
    external_id: str  # Account SID
    secret: str  # Auth Token
    secondary_secret: str  # empty: there is none
    inbound_url: str  # Twilio inbound URL
    # Whether the inbound URL is handed out before the first save (TeleSign gets it by e-mail).
    url_before_save: bool = False
    # Where a person finds id and secret, as a sentence.
    where: str = ""

    def field(self, name: str) -> str:
        """What forms and the API call external_id, secret, secondary_secret or inbound_url: account_sid …

        Any other name comes back as it is.
        """
        label: str = getattr(self, name) if name in NAMED else name
        return label.lower().replace(" ", "_") or name


@dataclass(frozen=True)
class Guide:
    """What a person does at the provider, in sentences for the set-up pages.

    `{id}` and `{url}` stand for the account and its inbound URL.
    """

    # What to do with the inbound URL; and what to do besides.
    inbound_url: str
    inbound_url_more: str = ""
    # By channel, where it is another place than for text messages.
    inbound_url_on: Mapping[str, str] = field(default_factory=dict)
    # What can be added to the URL so that the provider posts more than once, and what it means.
    retries: str = ""
    retries_told: str = ""
    # Whom to write to so that the URL is set, when nobody can do it by himself; empty: no letter.
    letter_to: str = ""
    letter_subject: str = ""
    letter: str = ""
    # What the documents call the button for a new number.
    add_number: str = "New SMS Number"
    # About the number, and a page about the numbers there are (its name, its address).
    number: str = ""
    numbers_page: tuple[str, str] = ("", "")
    # Where numbers are bought, when the account has none yet.
    no_numbers: str = ""
    # How Validate API Key asks.
    validation: str = ""

    def where_to(self, channel: str) -> str:
        """What to do with the inbound URL of a channel."""
        return self.inbound_url_on.get(channel, self.inbound_url)


class Provider(Protocol):
    """One file per provider implements this; the callers own time-outs, logging and redaction."""

    words: Words
    guide: Guide
    default_base_url: str
    # By channel (routing.models.Channel); what is not here, the provider does not carry.
    channels: Mapping[str, ChannelRules]
    # Whether a webhook's signature covers its URL; if not, nothing may be believed because the URL says so.
    signs_url: bool

    def check_external_id(self, external_id: str) -> str:
        """What is wrong with the form of an account's id; empty when nothing is."""

    def check_secret(self, secret: str) -> str:
        """What is wrong with the form of a secret; empty when nothing is, or when it has no form."""

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

    def ack(self) -> Ack:
        """What a webhook is answered."""

    def error_url(self, code: str) -> str:
        """Where the provider explains a code; empty when nowhere."""
