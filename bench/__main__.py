"""`make bench`: our webhook beside a bare Django view, then routing. Needs PostgreSQL."""

import argparse
import contextlib
import json
import os
import sys
import time
from statistics import median, quantiles

import psycopg2

from bench.machine import HOST, gunicorn, manage, process, recreate_database, settle

DATABASE = "omnichannel_bench"
GATE = 1.4
OURS_PORT, FLOOR_PORT = 8460, 8461

settle(
    database=DATABASE,
    port=OURS_PORT,
    BENCH_URL=f"http://{HOST}:{FLOOR_PORT}/floor/",
    BENCH_TOKEN="fake-auth-token-for-tests",
)


class Requests:
    """Signed requests, each with a text id of its own."""

    def __init__(self) -> None:
        self.made = 0

    def make(self, url: str, count: int) -> list[bytes]:
        """As many as asked for, from a thousand customers."""
        from bench.load import signed_request

        start = self.made
        self.made += count
        return [
            signed_request(url, f"Bench text {n}", number=n, sender=f"+1425{5_000_000 + n % 1000}")
            for n in range(start, start + count)
        ]


def measure_round(name: str, port: int, requests: list[bytes], web_pid: int) -> dict[str, float]:
    """CPU-seconds per request of web server and database, and requests per second."""
    from bench.load import closed_loop, cpu_seconds, database_pids
    from tests.processes.installation import descendants

    web, database = descendants(web_pid), database_pids()
    before_web, before_database = cpu_seconds(web), cpu_seconds(database)
    seconds = closed_loop((HOST, port), requests)
    count = len(requests)
    return {
        "web": (cpu_seconds(web) - before_web) / count,
        "database": (cpu_seconds(database) - before_database) / count,
        "rate": count / seconds,
    }


def webhook(requests: Requests, *, rounds: int, count: int, ours_url: str) -> dict[str, float]:
    """Nine alternating rounds of ours and the floor; prints and returns medians."""
    with (
        gunicorn("omnichannel.wsgi", OURS_PORT) as ours,
        gunicorn("bench.floor.wsgi", FLOOR_PORT, DJANGO_SETTINGS_MODULE="bench.floor.settings") as floor,
    ):
        time.sleep(4)
        sides = {
            "ours": (OURS_PORT, ours_url, ours.pid),
            "floor": (FLOOR_PORT, os.environ["BENCH_URL"], floor.pid),
        }
        results: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
        for number in range(rounds + 1):
            for name, (port, url, pid) in sides.items():
                made = requests.make(url, count)
                result = measure_round(name, port, made, pid)
                if number:  # the first round warms up
                    results[name].append(result)
    return told(results)


def told(results: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    """Print the table, return the ratios."""
    print("\nWebhook: CPU per request (ms) and requests per second, medians")
    print(f"{'':8}{'web':>8}{'database':>10}{'both':>8}{'requests/s':>12}")
    for name, rows in results.items():
        web, database = (1000 * median(row[key] for row in rows) for key in ("web", "database"))
        rate = median(row["rate"] for row in rows)
        print(f"{name:8}{web:8.3f}{database:10.3f}{web + database:8.3f}{rate:12.0f}")
    pairs = list(zip(results["ours"], results["floor"], strict=True))
    ratio = median((a["web"] + a["database"]) / (b["web"] + b["database"]) for a, b in pairs)
    web_ratio = median(a["web"] / b["web"] for a, b in pairs)
    print(f"ratio ours/floor, median of {len(pairs)} pairs: {ratio:.2f} (web server alone: {web_ratio:.2f})")
    return {"ratio": ratio, "web_ratio": web_ratio}


def routing(requests: Requests, url: str, *, count: int) -> dict[str, float]:
    """A backlog drained, then the latency at half of the saturation rate."""
    from bench.load import closed_loop, cpu_seconds, database_pids
    from tests.processes.installation import descendants

    with gunicorn("omnichannel.wsgi", OURS_PORT):
        time.sleep(3)
        drain_left_over()
        closed_loop((HOST, OURS_PORT), requests.make(url, count))
        with process("manage.py", "qcluster") as cluster:
            started = wait_for_routed(1)
            pids = [*descendants(cluster.pid), *database_pids()]
            cpu, first = cpu_seconds(pids), routed()
            wait_for_routed(count)
            took = time.perf_counter() - started
            done = count - first
            per_text, rate = (cpu_seconds(pids) - cpu) / done, done / took
            print(
                f"\nRouting a backlog of {count}: {rate:.0f} texts/s, {1000 * per_text:.2f} ms CPU per text"
            )
            saturation = find_saturation(requests, url, count)
            latency = measure_latency(requests, url, rate=saturation / 2, seconds=10)
    return {"texts_per_s": rate, "cpu_ms_per_text": 1000 * per_text, "saturation": saturation, **latency}


def find_saturation(requests: Requests, url: str, count: int) -> float:
    """Texts per second from webhook to routed when as many come as are taken."""
    from bench.load import closed_loop

    before = routed()
    started = time.perf_counter()
    closed_loop((HOST, OURS_PORT), requests.make(url, count))
    wait_for_routed(before + count)
    rate = count / (time.perf_counter() - started)
    print(f"Saturation, web server and workers on the same cores: {rate:.0f} texts/s")
    return rate


def measure_latency(requests: Requests, url: str, *, rate: float, seconds: float) -> dict[str, float]:
    """Webhook sent to routing committed, at a fixed rate, by the database's clock at commit."""
    from bench.load import open_loop
    from tests.world import sid

    first = requests.made
    made = requests.make(url, int(rate * seconds))
    before = routed()
    sent = open_loop((HOST, OURS_PORT), made, rate=rate)
    wait_for_routed(before + len(made))
    committed = commit_times()
    waits = sorted(1000 * (committed[sid(first + index)] - at) for index, at in enumerate(sent))
    cuts = quantiles(waits, n=100)
    print(f"Webhook to routed at {rate:.0f}/s: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")
    return {"p50_ms": cuts[49], "p99_ms": cuts[98]}


COMMIT_CLOCK = """
CREATE TABLE bench_commit (external_id text, at timestamptz);
CREATE FUNCTION bench_note() RETURNS trigger AS $$
BEGIN INSERT INTO bench_commit VALUES (NEW.external_id, clock_timestamp());
RETURN NULL; END $$ LANGUAGE plpgsql;
CREATE CONSTRAINT TRIGGER bench_note AFTER INSERT ON channels_app_inboundtext
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bench_note();
"""


def query(statement: str) -> list[tuple]:
    """One statement on the bench's database."""
    with (
        contextlib.closing(psycopg2.connect(os.environ["DATABASE_URL"])) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
        return rows


def routed() -> int:
    """How many texts are in conversations."""
    return int(query("SELECT count(*) FROM channels_app_inboundtext")[0][0])


def drain_left_over() -> None:
    """Forget the receipts of the webhook rounds."""
    query("DELETE FROM channels_app_webhookreceipt")


def wait_for_routed(count: int) -> float:
    """Wait until so many texts are routed; returns when that was seen."""
    deadline = time.perf_counter() + 300
    while routed() < count:
        if time.perf_counter() > deadline:
            raise RuntimeError(f"only {routed()} of {count} texts were routed")
        time.sleep(0.02)
    return time.perf_counter()


def commit_times() -> dict[str, float]:
    """When each text's routing was committed (epoch seconds)."""
    return dict(query("SELECT external_id, extract(epoch FROM at)::float8 FROM bench_commit"))


def main() -> int:
    """Run, print, and fail above the gate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--backlog", type=int, default=1500)
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    recreate_database()
    manage("migrate", "--verbosity", "0")
    import django

    django.setup()
    from tests.world import build_world

    url = build_world().inbound_url
    query(COMMIT_CLOCK)
    query(
        "CREATE TABLE floor_text (id bigserial PRIMARY KEY, sid varchar(64) UNIQUE NOT NULL, "
        "sender varchar(40) NOT NULL, recipient varchar(40) NOT NULL, body text NOT NULL, "
        "created_at timestamptz NOT NULL)"
    )
    requests = Requests()
    figures = webhook(requests, rounds=options.rounds, count=options.count, ours_url=url)
    figures |= routing(requests, url, count=options.backlog)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(figures, file, indent=2)
    if figures["ratio"] > GATE:
        print(f"FAILED: ratio {figures['ratio']:.2f} is above the gate of {GATE}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
