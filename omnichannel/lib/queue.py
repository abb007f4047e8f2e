"""The task queue seen as doorbells: rows carry the truth, a ring only says that something is due.

`ring(name)` wakes the lane of that doorbell; a worker then runs its task, which drains what its rows say is
due. Rings travel by PostgreSQL NOTIFY (part of the caller's transaction), by Redis when REDIS_URL is set, or
by datagram between processes of one machine (SQLite). A lost ring costs at most `every_s` of the doorbell,
because each cluster also rings its own bells by the clock. Measured in docs/decisions/0003.
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.brokers.orm import ORM
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from omnichannel.lib import audit
from omnichannel.lib.doorbells import EVERY_LANE, Doorbell
from omnichannel.lib.transports import Listener, Transport, make_transport

logger = logging.getLogger(__name__)

STORED = "stored"  # rung for tasks that lie in django-q's own table
LONGEST_WAIT_S = 0.5
CLAIMED_AT_ONCE = 10


def lane_doorbells(lane: str) -> dict[str, Doorbell]:
    """The doorbells that a lane answers."""
    return {name: bell for name, bell in settings.DOORBELLS.items() if bell.lane in (lane, EVERY_LANE)}


@cache
def transport() -> Transport:
    """How rings travel in this installation."""
    return make_transport(
        vendor=connection.vendor, redis_url=settings.REDIS_URL, scope=settings.DOORBELL_SCOPE
    )


def ring(name: str) -> None:
    """Wake whoever answers doorbell `name`, once the caller's transaction (if any) is committed.

    Never raises for want of a listener and never blocks for long: the row that is due is already the truth.
    """
    send(settings.DOORBELLS[name].lane, name)


def send(lane: str, name: str) -> None:
    """Send one ring to a lane, with the caller's transaction."""
    if transport().is_transactional:
        transport().send(lane, name)
    else:
        transaction.on_commit(lambda: transport().send(lane, name), robust=True)


def broadcast(lane: str, name: str) -> None:
    """Tell every listener of a lane, with the caller's transaction. Nothing is kept for who is not there."""
    if transport().is_transactional:
        transport().broadcast(lane, name)
    else:
        transaction.on_commit(lambda: transport().broadcast(lane, name), robust=True)


def drain(step: Callable[[], bool]) -> int:
    """Call `step` until it says that nothing is left or the time is up; returns how often it did something.

    The time is a quarter of TASK_TIMEOUT_S, so that one more step (a slow provider) still fits in. What is
    left then is rung for again by the clock. Between two steps the worker says that it is alive.
    """
    deadline = time.monotonic() + settings.TASK_TIMEOUT_S / 4
    done = 0
    while time.monotonic() < deadline and step():
        done += 1
        still_alive()
    return done


def still_alive() -> None:
    """Say that this worker lives, between two things that may take long. Costs nothing elsewhere."""
    import_string(settings.WORKER_BEAT)()


class Clock:
    """Which doorbells are due by the clock, each at its own pace; all of them at the start."""

    def __init__(self, bells: dict[str, Doorbell]) -> None:
        self._bells = bells
        self._next = dict.fromkeys(bells, 0.0)

    def due(self, now: float) -> set[str]:
        """The names that are due at `now` (monotonic seconds); each is then due again after its pace."""
        names = {name for name, at in self._next.items() if at <= now}
        for name in names:
            self._next[name] = now + self._bells[name].every_s
        return names

    def wait_s(self, now: float) -> float:
        """Seconds until the next one is due."""
        return max(0.0, min(self._next.values(), default=now + LONGEST_WAIT_S) - now)


class DoorbellBroker(ORM):
    """django-q's ORM broker, woken by rings, with a ticker of its own (django-q's ticks every 30 s).

    Doorbell tasks are never stored: they carry nothing that could be lost. Tasks with arguments
    (`async_task`) lie in django-q's table as usual, and are claimed in one statement.
    """

    _listener: Listener | None = None
    _clock: Clock | None = None

    def enqueue(self, task: str) -> Any:
        """Store a task of `async_task` in the caller's transaction, and ring."""
        stored = super().enqueue(task)
        send(self.list_key, STORED)
        return stored

    def dequeue(self) -> list[tuple[Any, str]]:
        """What is to be run now: rung or due doorbells, then stored tasks. Waits half a second at most."""
        if self._clock is None or self._listener is None:
            self._clock = Clock(lane_doorbells(self.list_key))
            self._listener = transport().listen(self.list_key)
        names = self._clock.due(time.monotonic())
        wait = 0.0 if names else min(LONGEST_WAIT_S, self._clock.wait_s(time.monotonic()))
        rung = self._listener.wait(wait)
        known = lane_doorbells(self.list_key)
        tasks: list[tuple[Any, str]] = [
            (None, package(name)) for name in sorted((names | rung) & known.keys())
        ]
        if STORED in rung or names:
            tasks += self._claim_stored()
        return tasks

    def _claim_stored(self) -> list[tuple[Any, str]]:
        now = timezone.now()
        due = self.get_connection().filter(key=self.list_key, lock__lt=now).order_by("id")
        if not due.exists():
            return []
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            rows = list(due[:CLAIMED_AT_ONCE])
            if rows:
                until = now + timedelta(seconds=settings.TASK_RETRY_S)
                OrmQ.objects.filter(pk__in=[row.pk for row in rows]).update(lock=until)
        return [(row.pk, row.payload) for row in rows]


def package(name: str) -> str:
    """A doorbell as a task that a django-q worker understands."""
    task = {
        "id": uuid4().hex,
        "name": name,
        "func": settings.DOORBELLS[name].task,
        "args": (),
        "kwargs": {},
        "started": timezone.now(),
        "ack_failure": True,
    }
    packed: str = SignedPackage.dumps(task)
    return packed


def run_all(lanes: Iterable[str]) -> int:
    """Run every doorbell of the lanes in this process until nothing is due; for tests and maintenance."""
    total = 0
    names = [n for lane in lanes for n in lane_doorbells(lane)]
    with audit.unlogged():
        while did := sum(import_string(settings.DOORBELLS[name].task)() or 0 for name in names):
            total += did
    return total
