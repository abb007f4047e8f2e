"""The task queue under supervision: one cluster per lane, watched, restarted, and never orphaned.

django-q2 freezes silently when a worker is killed while it holds the queue's lock, and does not come back
after a start without database. So each lane runs as a child process group; a lane whose workers show no life
for FROZEN_AFTER_S is killed and started again, and one that exits is started again with back-off.
"""

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from omnichannel.models import WorkerHeartbeat

logger = logging.getLogger("omnichannel.supervisor")

LOOK_EVERY_S = 2.0
SHUTDOWN_S = 45.0
LONGEST_PAUSE_S = 10.0
FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass
class Lane:
    """One cluster: its process group, and since when it has had the chance to show life."""

    name: str
    cluster: str = ""
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    start_again_at: float = 0.0
    failures: int = field(default=0)

    def start(self) -> None:
        """Start the cluster in a process group of its own, so that nothing of it survives a kill."""
        self.cluster = f"{self.name}-{uuid4().hex[:12]}"
        environment = os.environ | {
            "Q_CLUSTER_NAME": self.name,
            "OMNICHANNEL_CLUSTER": self.cluster,
            "OMNICHANNEL_SUPERVISOR": str(os.getpid()),
        }
        command = [sys.executable, sys.argv[0], "qcluster", "--lane", self.name]
        self.process = subprocess.Popen(command, env=environment, start_new_session=True)
        self.started = time.monotonic()
        logger.info("Lane %s started as %s (process %s).", self.name, self.cluster, self.process.pid)

    def signal(self, number: int) -> None:
        """Signal the whole process group."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                logger.debug("Lane %s is gone already.", self.name)

    def silent_for_s(self) -> float:
        """Seconds since a worker of this cluster last showed life, or since its start."""
        beat = WorkerHeartbeat.objects.filter(cluster=self.cluster).values_list("beat_at", flat=True).first()
        since_start = time.monotonic() - self.started
        return min(since_start, (timezone.now() - beat).total_seconds()) if beat else since_start


class Supervisor:
    """Keeps the lanes running until it is told to stop."""

    def __init__(self, names: list[str]) -> None:
        self._lanes = [Lane(name) for name in names]
        self._stopping = threading.Event()

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; then let the lanes finish what they have begun."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for lane in self._lanes:
            lane.start()
        while not self._stopping.wait(LOOK_EVERY_S):
            for lane in self._lanes:
                self._look_after(lane)
        self._shut_down()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _look_after(self, lane: Lane) -> None:
        assert lane.process is not None
        if lane.process.poll() is not None:
            self._start_again(lane, f"exited with {lane.process.returncode}")
        elif self._is_frozen(lane):
            self._start_again(lane, f"has shown no life for {settings.FROZEN_AFTER_S} s")

    def _is_frozen(self, lane: Lane) -> bool:
        try:
            close_old_connections()
            return lane.silent_for_s() > settings.FROZEN_AFTER_S
        except DatabaseError:
            # Without the database nobody can show life: that is no reason to kill anybody.
            lane.started = time.monotonic()
            return False

    def _start_again(self, lane: Lane, why: str) -> None:
        now = time.monotonic()
        if lane.start_again_at == 0.0:
            lived = now - lane.started
            lane.failures = lane.failures + 1 if lived < 60 else 0
            lane.start_again_at = now + min(LONGEST_PAUSE_S, lane.failures)
            logger.error("Lane %s %s: starting it again.", lane.name, why)
            lane.signal(signal.SIGKILL)
        if now >= lane.start_again_at:
            lane.start_again_at = 0.0
            assert lane.process is not None
            lane.process.wait()
            self._forget_old_beats()
            lane.start()

    def _forget_old_beats(self) -> None:
        try:
            WorkerHeartbeat.objects.filter(beat_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
        except DatabaseError:
            logger.warning("The database does not answer.")

    def _shut_down(self) -> None:
        for lane in self._lanes:
            if lane.process is not None and lane.process.poll() is None:
                lane.process.terminate()
        deadline = time.monotonic() + SHUTDOWN_S
        for lane in self._lanes:
            try:
                assert lane.process is not None
                lane.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.error("Lane %s did not stop in time: killed.", lane.name)
            lane.signal(signal.SIGKILL)


def end_with_parent(parent: int) -> None:
    """Stop this cluster when its supervisor is gone, so that no cluster works on unwatched.

    Asked first, so that it finishes what it has begun; after a task's longest time the whole process group
    is killed: a signal that comes while a cluster starts can be lost. Exits when the parent is gone already.
    """
    if os.getppid() != parent:
        raise SystemExit("The supervisor is gone: not starting.")

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        logger.error("The supervisor is gone: stopping.")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(settings.TASK_TIMEOUT_S)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


class Command(BaseCommand):
    """Replaces django-q2's command of the same name."""

    help = "Runs the task queue: every lane under supervision, or with --lane one of them alone."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """One option."""
        parser.add_argument("--lane", choices=settings.LANES, help="Run this lane alone, unsupervised.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until told to stop."""
        lane = options["lane"]
        if lane is None:
            Supervisor(settings.LANES).run()
            return
        if os.environ.get("Q_CLUSTER_NAME") != lane:
            # django-q2 reads the name when it is imported, which is before this line.
            os.environ["Q_CLUSTER_NAME"] = lane
            os.execv(sys.executable, [sys.executable, *sys.argv])
        from django_q.cluster import Cluster

        # Told by the supervisor, because it may be gone before this line is reached.
        if supervisor := os.environ.get("OMNICHANNEL_SUPERVISOR"):
            end_with_parent(int(supervisor))
        Cluster().start()
