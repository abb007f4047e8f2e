"""What can go wrong on request, whoever the provider is: the words that tests plan and magic numbers mean.

refuse_<code>        refused with that code
undelivered_<code>   accepted and sent, then undelivered
failed_<code>        accepted, then failed
error_before         HTTP 500, not accepted
error_after          HTTP 500 although accepted
hang, hang_before    the answer takes 40 seconds (accepted, or not)
reset, reset_before  the connection breaks before the answer (accepted, or not)
throttled_twice      HTTP 429 twice, then accepted
no_sid               accepted, but the answer does not name the message
failed_at_once       the answer already says that the message failed
broken_json          accepted, with half an answer
silent               accepted, and nobody ever hears what became of it
redirect             HTTP 302, not accepted
early                the first callback comes before the answer
none                 an ordinary text, whatever its number means
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple


class UnknownFaultError(Exception):
    """No such kind of fault, or a code that cannot be answered."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault, and the error code it comes with, if any."""

    kind: str
    code: int | None = None

    @property
    def name(self) -> str:
        """As it is planned."""
        return self.kind if self.code is None else f"{self.kind}_{self.code}"


class Step(NamedTuple):
    """A status a message reaches, with the error code that comes with it."""

    status: str
    error_code: int | None = None


class MagicNumber(NamedTuple):
    """A recipient and what becomes of texts to it."""

    number: str
    fault: str
    explanation: str


ORDINARY = Fault("none")
# Answered without accepting the message.
BEFORE = frozenset({"refuse", "throttled_twice", "error_before", "hang_before", "reset_before", "redirect"})
# Accepted; the answer or what follows is unusual.
AFTER = frozenset(
    {"error_after", "hang", "reset", "no_sid", "failed_at_once", "broken_json", "silent", "early", "none"}
)
WITH_CODE = frozenset({"refuse", "undelivered", "failed"})


def parse_fault(text: str, codes: Container[int]) -> Fault:
    """`codes` are those a request can be refused with. Raises UnknownFaultError."""
    found = re.fullmatch(r"(refuse|undelivered|failed)_(\d{3,5})", text)
    if found and (found[1] != "refuse" or int(found[2]) in codes):
        return Fault(found[1], int(found[2]))
    if text in (BEFORE | AFTER) - WITH_CODE:
        return Fault(text)
    raise UnknownFaultError(f"No such fault: {text!r}.")


def course(fault: Fault) -> list[Step]:
    """The statuses an accepted message goes through after "queued", in their true order.

    "sending" is left out: Twilio passes through it, but tells nobody unless asked.
    """
    if fault.kind in ("silent", "failed_at_once"):
        return []
    if fault.kind == "failed":
        return [Step("failed", fault.code)]
    if fault.kind == "undelivered":
        return [Step("sent"), Step("undelivered", fault.code)]
    return [Step("sent"), Step("delivered")]
