"""May this text leave now? One function, asked when it is written and again at the instant of leaving."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from channels_app import window
from omnichannel.lib import slugs


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
    # Until when free text may be sent; None: always (see window.py). A content template may always be sent.
    window_closes_at: datetime | None = None
    is_template: bool = False
    # Why the content template cannot be sent; empty when it can, or there is none.
    template_problem: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    files: int = 0
    files_problem: str = ""  # the first thing that media_rules says is wrong with them
    slugs_left: tuple[str, ...] = ()  # what was to be filled in and is not


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
    hindrance = _between_us(facts) or _by_the_clock(facts, now) or _in_itself(facts)
    if hindrance:
        return hindrance
    if facts.not_before and now < facts.not_before:
        return Verdict(Answer.LATER, at=facts.not_before)
    return YES


def _between_us(facts: Facts) -> Verdict | None:
    """Nothing at all can be sent on this pair."""
    if not facts.has_sender:
        return no("no_sender", "The number this conversation came to is no longer set up.")
    if not facts.can_be_answered:
        return no("not_answerable", "This sender is no telephone number and cannot be answered.")
    if facts.is_opted_out:
        return no("opted_out", "The customer has texted STOP. Nothing can be sent until they text START.")
    if facts.is_blocked:
        return no("blocked", "This customer is blocked.")
    return None


def _by_the_clock(facts: Facts, now: datetime) -> Verdict | None:
    """It comes too late."""
    if not facts.is_template and not window.is_open(facts.window_closes_at, now=now):
        return no("window_closed", window.SENTENCE)
    leaves = max(now, facts.not_before or now)
    if not facts.is_template and not window.is_open(facts.window_closes_at, now=leaves):
        return no("window_closed_by_then", "The 24 hours will be over by then: choose an earlier time.")
    if facts.not_after and now > facts.not_after:
        return no("too_late", "The time in which this text made sense is over.")
    return None


def _in_itself(facts: Facts) -> Verdict | None:
    """What is said cannot be sent."""
    if facts.template_problem:
        return no("template", facts.template_problem)
    if facts.files_problem:
        return no("files", facts.files_problem)
    if facts.length == 0 and not facts.files:
        return no("empty", "Write something first.")
    if facts.length > facts.text_limit:
        over = facts.length - facts.text_limit
        return no("too_long", f"At most {facts.text_limit} characters; this text has {over} too many.")
    if facts.slugs_left:
        return no("slug", slugs.sentence(facts.slugs_left))
    return None


def no(reason: str, sentence: str) -> Verdict:
    """A no: a reason for programs, a sentence for people."""
    return Verdict(Answer.NO, reason, sentence)
