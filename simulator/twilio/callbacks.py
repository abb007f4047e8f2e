"""Status callbacks: what becomes of an accepted message, and telling the product.

The initial status is never told (it stands in the answer to the request); after it come "sent" and then
"delivered", or what the fault says. Twilio promises neither the order nor that each comes once.
"""

import random
from datetime import UTC, datetime

from simulator.config import CallbackSettings
from simulator.scheduler import Scheduler, together
from simulator.state import Attempt, Message, State
from simulator.twilio.faults import Step
from simulator.twilio.webhook import Call, deliver

FINAL = ("delivered", "undelivered", "failed")


class Callbacks:
    """Starts what happens to accepted messages."""

    def __init__(self, state: State, scheduler: Scheduler) -> None:
        self._state = state
        self._scheduler = scheduler

    def start(self, message: Message, course: list[Step], *, early: bool) -> None:
        """Let the message run its course; with `early` the first step is done before this returns."""
        settings = self._state.callbacks
        run = _Run(self._state, self._scheduler, message, settings, course)
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
    ) -> None:
        self._state = state
        self._scheduler = scheduler
        self._message = message
        self._settings = settings
        self._truth = list(course)
        self._told = _in_order(course, settings.order)

    def step(self) -> None:
        true_step, told_step = self._truth.pop(0), self._told.pop(0)
        self._state.set_status(self._message, true_step.status, true_step.error_code)
        if self._settings.enabled and self._message.status_callback:
            self._tell(told_step)
        if self._truth:
            self._scheduler.after(self._settings.delay_ms / 1000, self.step)

    def _tell(self, step: Step) -> None:
        account = self._state.accounts.get(self._message.account_sid)
        if account is None:
            # The simulator was reset while this job was under way: nobody is left to sign for.
            return
        call = Call(
            f"status:{step.status}",
            self._message.status_callback,
            callback_fields(self._message, step),
            account.auth_token,
        )

        def tell_once() -> list[Attempt]:
            return deliver(call)

        for attempts in together(1 + self._settings.duplicates, tell_once):
            self._state.add_attempts(self._message, attempts)


def callback_fields(message: Message, step: Step) -> list[tuple[str, str]]:
    """The form fields of one status callback."""
    fields = [
        ("MessageSid", message.sid),
        ("SmsSid", message.sid),
        ("MessageStatus", step.status),
        ("SmsStatus", step.status),
        ("AccountSid", message.account_sid),
        ("From", message.sender),
        ("To", message.recipient),
        ("ApiVersion", "2010-04-01"),
    ]
    if step.error_code:
        fields.append(("ErrorCode", str(step.error_code)))
    if step.status in FINAL:
        fields.append(("RawDlrDate", datetime.now(UTC).strftime("%y%m%d%H%M")))
    return fields


def _in_order(course: list[Step], order: str) -> list[Step]:
    if order == "shuffled":
        return random.sample(course, len(course))
    return list(reversed(course)) if order == "reversed" else list(course)
