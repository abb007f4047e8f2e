"""What becomes of an accepted message, one status after the other, and telling the product of each.

No provider promises the order of what it tells, nor that each comes once.
"""

import random
from collections.abc import Callable

from simulator.config import CallbackSettings
from simulator.faults import Step
from simulator.records import Message
from simulator.scheduler import Scheduler, together
from simulator.state import State

# Calls the product once.
Tell = Callable[[Message, Step], None]
# What is done before the first step; a step it returns comes in place of all the others.
Before = Callable[[Message], Step | None]


class Courses:
    """Starts what happens to accepted messages."""

    def __init__(self, state: State, scheduler: Scheduler) -> None:
        self._state = state
        self._scheduler = scheduler

    def start(
        self,
        message: Message,
        course: list[Step],
        tell: Tell,
        *,
        early: bool = False,
        before: Before | None = None,
    ) -> None:
        """Let the message run its course; with `early` the first step is done before this returns."""
        settings = self._state.callbacks
        run = _Run(self._state, self._scheduler, message, settings, course, tell, before)
        if course and (early or settings.early):
            run.step()
        elif course:
            self._scheduler.after(settings.delay_ms / 1000, run.step)


class _Run:
    """One message's way through its course. The truth keeps its order; only the telling may be shuffled."""

    def __init__(
        self,
        state: State,
        scheduler: Scheduler,
        message: Message,
        settings: CallbackSettings,
        course: list[Step],
        tell: Tell,
        before: Before | None,
    ) -> None:
        self._state = state
        self._scheduler = scheduler
        self._message = message
        self._settings = settings
        self._tell = tell
        self._before = before
        self._truth = list(course)
        self._told = _in_order(course, settings.order)

    def step(self) -> None:
        if self._before and (instead := self._before(self._message)):
            self._truth, self._told = [instead], [instead]
        self._before = None
        true_step, told_step = self._truth.pop(0), self._told.pop(0)
        self._state.set_status(self._message, true_step.status, true_step.error_code)
        if self._settings.enabled:
            together(1 + self._settings.duplicates, lambda: self._tell(self._message, told_step))
        if self._truth:
            self._scheduler.after(self._settings.delay_ms / 1000, self.step)


def _in_order(course: list[Step], order: str) -> list[Step]:
    if order == "shuffled":
        return random.sample(course, len(course))
    return list(reversed(course)) if order == "reversed" else list(course)
