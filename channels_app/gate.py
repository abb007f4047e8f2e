"""May this text leave now? One function, asked when it is written and again at the instant of leaving."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Answer(StrEnum):
    """The three answers."""

    YES = "yes"
    NO = "no"
    LATER = "later"


@dataclass(frozen=True)
class Facts:
    """Everything that decides it. Moments are aware datetimes."""

    length: int
    text_limit: int
    is_blocked: bool
    is_opted_out: bool
    can_be_answered: bool
    has_sender: bool
    not_before: datetime | None = None
    not_after: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """The answer; for `no` a reason and a sentence for people, for `later` the moment."""

    answer: Answer
    reason: str = ""
    sentence: str = ""
    at: datetime | None = None


YES = Verdict(Answer.YES)


def can_send(facts: Facts, *, now: datetime) -> Verdict:
    """Yes, no (reason, sentence) or later (at). The first hindrance is the one that is told."""
    if not facts.has_sender:
        return _no("no_sender", "The number this conversation came to is no longer set up.")
    if not facts.can_be_answered:
        return _no("not_answerable", "This sender is no telephone number and cannot be answered.")
    if facts.is_opted_out:
        return _no("opted_out", "The customer has texted STOP. Nothing can be sent until they text START.")
    if facts.is_blocked:
        return _no("blocked", "This customer is blocked.")
    if facts.length == 0:
        return _no("empty", "Write something first.")
    if facts.length > facts.text_limit:
        over = facts.length - facts.text_limit
        return _no("too_long", f"At most {facts.text_limit} characters; this text has {over} too many.")
    if facts.not_after and now > facts.not_after:
        return _no("too_late", "The time in which this text made sense is over.")
    if facts.not_before and now < facts.not_before:
        return Verdict(Answer.LATER, at=facts.not_before)
    return YES


def _no(reason: str, sentence: str) -> Verdict:
    return Verdict(Answer.NO, reason, sentence)
