"""What is wrong with an account or a number, given the facts. Pure: `now` and what is open are passed in.

Thresholds stand here and are told in docs/diagnostics.md. Where a figure could hop around its mark, an
incident starts at one mark and ends below a lower one.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from channels_app.models_health import Incident

Kind = Incident.Kind

WINDOW = timedelta(hours=24)
REFUSALS_WITHIN, REFUSALS_TO_START = timedelta(hours=1), 3
FEWEST_FINISHED = 10
ERROR_RATE_STARTS, ERROR_RATE_ENDS = 0.20, 0.10
LONGEST_WAIT = timedelta(minutes=5)
TRIES_UNTIL_TOLD = 3
# A number is silent when it heard nothing for a day and three times its longest pause among the last texts,
# while texts of ours were delivered.
SILENT_AFTER, PAUSES, FEWEST_TEXTS_IN, FEWEST_DELIVERED = timedelta(hours=24), 3, 10, 5


@dataclass(frozen=True)
class Drift:
    """A number whose inbound webhook at the provider is not ours. `present` None: not in the account.

    `offline` says why one that is there can neither send nor receive, whatever its webhook.
    """

    number: str
    present: str | None
    expected: str
    offline: str = ""


@dataclass(frozen=True)
class AccountFacts:
    """An account as it stands."""

    validation: str = ""  # "level: sentence", as it is stored
    drift: tuple[Drift, ...] = ()
    refused_at: tuple[datetime, ...] = ()  # newest first, fifty at most
    refused_for: str = ""  # what the newest refusal was probably about
    oldest_receipt_at: datetime | None = None  # of those that are still to be worked on
    missed: int = 0  # texts of the last day that only the provider's list told of


@dataclass(frozen=True)
class NumberFacts:
    """A number of ours as it stands."""

    texts_in_at: tuple[datetime, ...] = ()  # the newest first
    last_out_at: datetime | None = None
    finished: int = 0  # texts of the last day that are sent, delivered, read, failed or undelivered
    failed: int = 0  # of these: failed or undelivered
    delivered: int = 0  # of these: delivered or read
    waiting: int = 0
    waits_since: datetime | None = None  # the reply that is due and has waited longest
    most_tries: int = 0  # of a reply that waits

    @property
    def error_rate(self) -> float | None:
        """Failed / finished, None when nothing finished."""
        return self.failed / self.finished if self.finished else None

    @property
    def last_in_at(self) -> datetime | None:
        """When the last text came."""
        return self.texts_in_at[0] if self.texts_in_at else None


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong, and what was seen."""

    kind: str
    details: str


def troubles_of_account(facts: AccountFacts, *, is_open: Collection[str], now: datetime) -> list[Trouble]:
    """What is wrong with an account; `is_open` are the kinds that have an open incident."""
    lost = [drift.number for drift in facts.drift if drift.present is None]
    offline = [drift.offline for drift in facts.drift if drift.offline]
    turned = [drift for drift in facts.drift if drift.present is not None and not drift.offline]
    level, _, said = facts.validation.partition(": ")
    found = [
        (Kind.VALIDATION, said if level == "error" else ""),
        (Kind.NUMBER_LOST, f"Not in this account at the provider: {', '.join(lost)}." if lost else ""),
        (Kind.NUMBER_OFFLINE, " ".join(offline)),
        (Kind.WEBHOOK_DRIFT, _drift(turned)),
        (Kind.REFUSALS, _refusals(facts, Kind.REFUSALS in is_open, now)),
        (Kind.INBOUND_BACKLOG, _waits(facts.oldest_receipt_at, now, "The oldest received webhook")),
        (Kind.MISSED, _missed(facts.missed)),
    ]
    return _told(found)


def troubles_of_number(facts: NumberFacts, *, is_open: Collection[str], now: datetime) -> list[Trouble]:
    """What is wrong with a number; `is_open` are the kinds that have an open incident."""
    found = [
        (Kind.ERROR_RATE, _error_rate(facts, is_open=Kind.ERROR_RATE in is_open)),
        (Kind.OUTBOUND_BACKLOG, _outbound(facts, now)),
        (Kind.SILENT, _silence(facts, now)),
    ]
    return _told(found)


def _told(found: Iterable[tuple[Kind, str]]) -> list[Trouble]:
    return [Trouble(kind, details[:500]) for kind, details in found if details]


def _drift(turned: list[Drift]) -> str:
    if not turned:
        return ""
    first = turned[0]
    present = first.present or "nowhere"
    more = f" {len(turned) - 1} more numbers differ as well." if len(turned) > 1 else ""
    return f"Number {first.number} posts to {present}, not to {first.expected}.{more}"


def _refusals(facts: AccountFacts, is_open: bool, now: datetime) -> str:
    recent = [at for at in facts.refused_at if at > now - REFUSALS_WITHIN]
    if len(recent) < (1 if is_open else REFUSALS_TO_START):
        return ""
    return f"{len(recent)} webhooks were refused in the last hour. {facts.refused_for}".strip()


def _waits(since: datetime | None, now: datetime, what: str) -> str:
    if since is None or now - since < LONGEST_WAIT:
        return ""
    return f"{what} waits for {in_words(now - since)}."


def _missed(count: int) -> str:
    if not count:
        return ""
    texts = "1 text" if count == 1 else f"{count} texts"
    return f"{texts} of the last 24 hours did not arrive by webhook and had to be fetched from the provider."


def _error_rate(facts: NumberFacts, *, is_open: bool) -> str:
    mark = ERROR_RATE_ENDS if is_open else ERROR_RATE_STARTS
    if facts.finished < FEWEST_FINISHED or (facts.error_rate or 0) < mark:
        return ""
    return f"{facts.failed} of {facts.finished} texts of the last 24 hours failed or were not delivered."


def _outbound(facts: NumberFacts, now: datetime) -> str:
    if waits := _waits(facts.waits_since, now, "The oldest reply"):
        return waits
    if facts.most_tries >= TRIES_UNTIL_TOLD:
        return f"A reply was tried {facts.most_tries} times and has not left yet."
    return ""


def _silence(facts: NumberFacts, now: datetime) -> str:
    heard = facts.texts_in_at
    if len(heard) < FEWEST_TEXTS_IN or facts.delivered < FEWEST_DELIVERED:
        return ""
    longest = max(newer - older for newer, older in pairwise(heard))
    if now - heard[0] < max(SILENT_AFTER, PAUSES * longest):
        return ""
    said = f"No text came in for {in_words(now - heard[0])}, though {facts.delivered} of ours were delivered"
    return f"{said} in the last 24 hours. Usually it is never so quiet."


def in_words(span: timedelta) -> str:
    """A span as people say it, in its largest unit: 7 minutes, 3 hours, 2 days."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return "less than a minute"
