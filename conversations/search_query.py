"""What is typed into the desk's search, understood: words, and operators such as queue:Billing. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from conversations.models import Message, State
from omnichannel.lib.marking import Term, words_of

LONGEST, MOST_WORDS = 200, 12
FEWEST_LETTERS = 3  # of the beginning of a word
# name:value, name:"several words", "several words", word
PART = re.compile(r'(?:(?P<name>[a-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))', re.IGNORECASE)
SAID_BY = {
    "customer": Message.Direction.INBOUND,
    "us": Message.Direction.OUTBOUND,
    "internal": Message.Direction.INTERNAL,
}
STATES = {label.lower(): State(value) for value, label in State.choices} | {s.value: s for s in State}
# For the line below the box.
OPERATORS = (
    ("queue:", "queue:Billing"),
    ("agent:", "agent:me, agent:none, agent:alice"),
    ("state:", "state:open"),
    ("after:", "after:2026-11-01"),
    ("before:", "before:2026-11-30"),
    ("from:", 'from:"Maria Keller", from:+14255550131'),
    ("in:", "in:customer, in:us, in:internal"),
    ("has:", "has:file"),
)


@dataclass
class Asked:
    """What somebody looks for. `problems` say in words what was not understood."""

    typed: str
    terms: list[Term] = field(default_factory=list)
    free: str = ""  # what stands outside operators, as typed
    queue: str = ""
    agent: str = ""
    state: State | None = None
    after: date | None = None
    before: date | None = None
    sender: str = ""
    said_by: str = ""
    has_file: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked."""
        return not (
            self.terms or self.queue or self.agent or self.state or self.after or self.before
            or self.sender or self.said_by or self.has_file or self.problems
        )  # fmt: skip

    @property
    def narrows(self) -> bool:
        """Whether less than every message with these words is wanted."""
        return bool(self.queue or self.agent or self.state or self.said_by or self.has_file)


def read(typed: str) -> Asked:
    """What was typed, cut to LONGEST; never raises."""
    text = "".join(c if c.isprintable() else " " for c in typed if not "\ud800" <= c <= "\udfff")
    asked, free = Asked(" ".join(text.split())[:LONGEST]), []
    for part in PART.finditer(asked.typed):
        name = (part["name"] or "").lower()
        value = part["quoted"] if part["quoted"] is not None else part["bare"]
        if name in READERS:
            _operator(asked, name, value.strip())
        else:
            free.append(part.group())
            _words(asked, part.group() if name else value, is_phrase=part["quoted"] is not None)
    asked.free = " ".join(free)
    if len(asked.terms) > MOST_WORDS:
        asked.problems.append(f"At most {MOST_WORDS} words.")
        del asked.terms[MOST_WORDS:]
    return asked


def _words(asked: Asked, text: str, *, is_phrase: bool) -> None:
    words = words_of(text)
    if not words:
        return
    is_beginning = not is_phrase and text.endswith("*")
    if is_beginning and len(words[-1]) < FEWEST_LETTERS:
        asked.problems.append(f"Type {FEWEST_LETTERS} letters or more before *.")
        return
    asked.terms.append(Term(words, is_beginning))


def _operator(asked: Asked, name: str, value: str) -> None:
    if not value:
        example = next((example for operator, example in OPERATORS if operator == f"{name}:"), "")
        asked.problems.append(f"Say which after {name}: {example}".rstrip())
        return
    problem = READERS[name](asked, value)
    if problem:
        asked.problems.append(problem)


def _queue(asked: Asked, value: str) -> str:
    asked.queue = value
    return ""


def _agent(asked: Asked, value: str) -> str:
    asked.agent = value
    return ""


def _sender(asked: Asked, value: str) -> str:
    asked.sender = value
    return ""


def _state(asked: Asked, value: str) -> str:
    asked.state = STATES.get(value.lower().replace("_", "-")) or STATES.get(value.lower())
    return "" if asked.state else f"There is no state “{value}”: Open, Active, Waiting, Wrap-up or Closed."


def _after(asked: Asked, value: str) -> str:
    asked.after = _day(value)
    return "" if asked.after else f"“{value}” is no day: write it as 2026-11-21."


def _before(asked: Asked, value: str) -> str:
    asked.before = _day(value)
    return "" if asked.before else f"“{value}” is no day: write it as 2026-11-21."


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None


def _said_by(asked: Asked, value: str) -> str:
    asked.said_by = SAID_BY.get(value.lower(), "")
    return "" if asked.said_by else f"in: is customer, us or internal, not “{value}”."


def _has(asked: Asked, value: str) -> str:
    asked.has_file = value.lower() in {"file", "files"}
    return "" if asked.has_file else f"has: knows file, not “{value}”."


READERS: dict[str, Callable[[Asked, str], str]] = {
    "queue": _queue,
    "agent": _agent,
    "state": _state,
    "after": _after,
    "before": _before,
    "from": _sender,
    "number": _sender,
    "in": _said_by,
    "has": _has,
}
