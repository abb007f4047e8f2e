"""How fast a ring wakes a worker, and what waiting costs, with the engines of the environment.

python -m bench.doorbell                          SQLite
DATABASE_URL=postgres://… python -m bench.doorbell   PostgreSQL (an empty database)
DATABASE_URL=… REDIS_URL=… python -m bench.doorbell  rings through Redis
"""

import os
import subprocess
import sys
import tempfile
import time
from statistics import quantiles

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "omnichannel.settings",
    "SECRET_KEY": "bench-only-not-a-secret",
    "FIELD_KEYS": "dGVzdHMtb25seS1ub3QtYS1zZWNyZXQtMzItYnl0ZXM=",
    "LOG_LEVEL": "ERROR",
    "VAR_DIR": tempfile.mkdtemp(prefix="omnichannel-bench-"),
}
IDLE_S, TEXTS = 20, 100


def main() -> None:
    """Idle CPU first, then the time from a stored webhook to its routed text."""
    import django

    django.setup()
    from django.core.management import call_command

    from bench.load import cpu_seconds
    from tests.processes.installation import descendants
    from tests.world import build_world

    call_command("migrate", verbosity=0)
    world = build_world()
    cluster = subprocess.Popen([sys.executable, "manage.py", "qcluster"])
    try:
        time.sleep(8)
        pids = descendants(cluster.pid)
        before = cpu_seconds(pids)
        time.sleep(IDLE_S)
        idle = 100 * (cpu_seconds(pids) - before) / IDLE_S
        waits = [one(world.sms_settings.account_id, n) for n in range(TEXTS)]
    finally:
        cluster.terminate()
        cluster.wait()
    cuts = quantiles(waits, n=100)
    print(f"idle {idle:.1f} % of a core; stored to routed p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")


def one(account_id: int, number: int) -> float:
    """Milliseconds from the stored receipt to its end."""
    from urllib.parse import urlencode

    from channels_app import receipts
    from channels_app.models_receipts import WebhookReceipt
    from tests.world import text_params

    time.sleep(0.1)
    params = text_params("Hello", number=number + 1, sender=f"+1425555{number:04d}")
    form = "application/x-www-form-urlencoded"
    raw = receipts.Raw("POST", "/hooks/bench/", form, {}, urlencode(params).encode(), "")
    receipts.store(account_id=account_id, raw=raw)
    started = time.perf_counter()
    while not WebhookReceipt.objects.filter(digest=raw.digest, state="done").exists():
        time.sleep(0.0005)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
