"""What narrows a list, and its order: read from an address, written into one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from conversations.models import State
from omnichannel.lib.ids import whole_number
from routing.models import Channel

# A week: what has waited longer has another problem.
LONGEST_WAIT = 7 * 24 * 60
FLAGS = ("unread", "failed", "closing")
SEPARATOR = ";"


class Order(StrEnum):
    """How a list is sorted."""

    OWN = ""  # as its stream always is
    ACTIVITY = "activity"
    WAITING = "waiting"
    WINDOW = "window"
    CREATED = "created"
    TRANSFERS = "transfers"


@dataclass(frozen=True)
class Filters:
    """Every condition that is set must hold. `waits`: the customer waits for as many minutes or longer."""

    channel: str = ""
    queue: int | None = None
    state: str = ""
    agent: int | None = None
    waits: int | None = None
    unread: bool = False
    failed: bool = False
    closing: bool = False
    order: Order = Order.OWN

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out; an order leaves out nothing."""
        return any(name != "order" for name in parts_of(self))


NAMES = tuple(Filters.__dataclass_fields__)


def parts_of(filters: Filters) -> dict[str, str]:
    """What is set, by name, as it stands in addresses; a flag has no value."""
    found = {name: getattr(filters, name) for name in NAMES}
    return {
        name: "" if value is True else str(value)
        for name, value in found.items()
        if value is not None and value is not False and value != ""
    }


def write(filters: Filters) -> str:
    """As part of an address: `queue=3;unread`. One way only for the same filters."""
    return SEPARATOR.join(f"{name}={value}" if value else name for name, value in parts_of(filters).items())


def read(text: str) -> Filters:
    """What `write` wrote; raises ValueError for anything else."""
    pairs = [part.partition("=") for part in text.split(SEPARATOR)] if text else []
    asked = {name: value for name, _, value in pairs}
    found = of_form(asked)
    if write(found) != text:
        raise ValueError(text)
    return found


def of_form(asked: Mapping[str, str]) -> Filters:
    """The filters of a form or a query string, where a flag may have any value and what is empty is not set.

    Raises ValueError for what no list knows.
    """
    given = {name: asked[name] for name in NAMES if name in asked and (asked[name] or name in FLAGS)}
    return Filters(
        channel=_one_of(given.get("channel", ""), Channel.values),
        queue=_number(given.get("queue")),
        state=_one_of(given.get("state", ""), State.values),
        agent=_number(given.get("agent")),
        waits=_number(given.get("waits"), most=LONGEST_WAIT),
        unread="unread" in given,
        failed="failed" in given,
        closing="closing" in given,
        order=Order(given.get("order", "")),
    )


def is_asked(asked: Mapping[str, str]) -> bool:
    """Whether an address says anything of filters."""
    return any(name in asked for name in NAMES)


def _one_of(text: str, known: list[str]) -> str:
    if text and text not in known:
        raise ValueError(text)
    return text


def _number(text: str | None, most: int | None = None) -> int | None:
    if text is None:
        return None
    number = whole_number(text)
    if number is None or (most is not None and not 1 <= number <= most):
        raise ValueError(text)
    return number
