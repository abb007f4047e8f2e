"""Work that is due later, done by a few threads in the background."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
Job = Callable[[], None]
# A slow webhook holds one worker for up to fifteen seconds, so there are some to spare.
WORKERS = 16


class Scheduler:
    """Runs jobs when they are due. Its threads never keep the process alive."""

    def __init__(self) -> None:
        self._jobs: list[tuple[float, int, Job]] = []
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._running = 0
        self._stopped = False
        for _ in range(WORKERS):
            threading.Thread(target=self._work, daemon=True).start()

    def after(self, delay_s: float, job: Job) -> None:
        """Do the job in `delay_s` seconds, or as soon after as a worker is free."""
        with self._changed:
            heapq.heappush(self._jobs, (time.monotonic() + delay_s, next(self._order), job))
            self._changed.notify()

    def clear(self) -> None:
        """Forget what has not begun."""
        with self._changed:
            self._jobs.clear()
            self._changed.notify_all()

    def stop(self) -> None:
        """Begin nothing more; the workers end."""
        with self._changed:
            self._stopped = True
            self._jobs.clear()
            self._changed.notify_all()

    def wait_until_idle(self, timeout_s: float) -> bool:
        """True when nothing waits or runs any more; False when the time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs and not self._running, timeout_s)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:
                # The worker must outlive a faulty job; the log is where the fault is seen.
                logger.exception("A scheduled job failed.")
            finally:
                self._finish()

    def _next(self) -> Job | None:
        with self._changed:
            while not self._stopped:
                wait_s = self._jobs[0][0] - time.monotonic() if self._jobs else None
                if wait_s is not None and wait_s <= 0:
                    self._running += 1
                    return heapq.heappop(self._jobs)[2]
                self._changed.wait(wait_s)
        return None

    def _finish(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()


def together(times: int, work: Callable[[], Result]) -> list[Result]:
    """Do the same thing several times at once and wait for all of them."""
    if times == 1:
        return [work()]
    with ThreadPoolExecutor(max_workers=times) as pool:
        return [future.result() for future in [pool.submit(work) for _ in range(times)]]
