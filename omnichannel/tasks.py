"""Signs of life, and how long the audit log is kept."""

import os
import socket
import time

from django.utils import timezone

from omnichannel.audit_log.keeping import delete_old
from omnichannel.lib.queue import drain
from omnichannel.models import WorkerHeartbeat

BEAT_EVERY_S = 2.0
LANE = "Q_CLUSTER_NAME"
_last = {"at": float("-inf")}


def cluster_name() -> str:
    """Which cluster this process works for: named by its supervisor, else by host and process."""
    return os.environ.get("OMNICHANNEL_CLUSTER") or f"{socket.gethostname()}.{os.getpid()}"[:64]


def beat() -> int:
    """Note that this worker lives, at most every two seconds. Returns 0: it is no piece of work.

    Outside a cluster (a web process, a test) it does nothing.
    """
    now = time.monotonic()
    if LANE in os.environ and now - _last["at"] >= BEAT_EVERY_S:
        _last["at"] = now
        WorkerHeartbeat.objects.update_or_create(
            cluster=cluster_name(),
            defaults={
                "lane": os.environ[LANE],
                "host": socket.gethostname()[:120],
                "pid": os.getpid(),
                "beat_at": timezone.now(),
            },
        )
    return 0


def sweep_audit_log() -> int:
    """Delete entries that are older than what is kept; returns how many."""
    return drain(lambda: delete_old(now=timezone.now()) > 0)
