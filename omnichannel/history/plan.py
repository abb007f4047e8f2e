"""How a made-up history goes: who writes when, and what becomes of each conversation. Pure."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from conversations.models import Message, State

# So many conversations go on at the same time, so that their messages lie mixed, as in life.
AT_ONCE = 64
IN, OUT, NOTE, LINE = (
    Message.Direction.INBOUND,
    Message.Direction.OUTBOUND,
    Message.Direction.INTERNAL,
    Message.Direction.SYSTEM,
)
# How a conversation begins, and how it goes on, round and round.
BEGINNING = (LINE, IN)
COURSE = (LINE, OUT, IN, OUT, IN, IN, OUT, NOTE, OUT, IN)
# Lengths around the mean, so that they come out even.
SPREAD = (-4, 3, 0, -2, 4, 1, -1, 2, -3, 0)
# The newest tenth, of which every third is not closed.
NEW_SHARE, STILL_THERE = 10, 3
STATES = (State.OPEN, State.ACTIVE, State.ACTIVE, State.WAITING, State.WAITING, State.WRAP_UP)
# Conversations that are not closed, with one agent.
MOST_CARRIED = 10
ONE_FAILED_IN = 200
# Three of so many; the first of all are customers'.
ONE_RARE_IN, RARE_ONES = 150_000, (70, 80, 90)


@dataclass
class Story:
    """One conversation, told to its end."""

    number: int
    state: State
    agent: int | None
    length: int
    said: list["Said"] = field(default_factory=list)


@dataclass(frozen=True)
class Said:
    """One message: the `number`th of the whole history, from 0."""

    number: int
    story: Story
    seq: int
    direction: str
    at: datetime
    has_failed: bool
    is_rare: bool


def stories(
    *, conversations: int, messages: int, agents: int, until: datetime, span: timedelta, rng: random.Random
) -> Iterator[tuple[list[Story], list[Said]]]:
    """Block after block, oldest first: conversations, and all their messages in the order of time."""
    step, number = span / max(messages, 1), 0
    carried: Counter[int] = Counter()
    for first in range(0, conversations, AT_ONCE):
        block = [
            _story(n, conversations, messages, agents, carried, rng)
            for n in range(first, min(first + AT_ONCE, conversations))
        ]
        said: list[Said] = []
        for turn in range(max(story.length for story in block)):
            for story in block:
                if turn < story.length:
                    said.append(_said(number, story, turn, until - span + step * number))
                    story.said.append(said[-1])
                    number += 1
        yield block, said


def _story(
    number: int, of: int, messages: int, agents: int, carried: Counter[int], rng: random.Random
) -> Story:
    is_new = number >= of - of // NEW_SHARE
    state = rng.choice(STATES) if is_new and number % STILL_THERE == 0 else State.CLOSED
    agent = None if state is State.OPEN else rng.randrange(agents)
    if agent is not None and state is not State.CLOSED:
        carried[agent] += 1
        state = state if carried[agent] <= MOST_CARRIED else State.CLOSED
    mean = max(messages // max(of, 1), 2)
    return Story(number, state, agent, max(mean + SPREAD[number % len(SPREAD)], len(BEGINNING)))


def _said(number: int, story: Story, turn: int, at: datetime) -> Said:
    direction = (*BEGINNING, *COURSE)[turn] if turn < 2 else COURSE[(turn - 2) % len(COURSE)]
    return Said(
        number=number,
        story=story,
        seq=turn + 1,
        direction=direction,
        at=at,
        has_failed=direction == OUT and number % ONE_FAILED_IN == 0,
        is_rare=direction == IN and number % ONE_RARE_IN in RARE_ONES,
    )
