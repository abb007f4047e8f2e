"""`make agents`: connected agents, texts by the second, and who sees them when. Needs PostgreSQL.

A tenth of the agents looks at Open work items, each of the others at a conversation of their own. Most texts
go to running conversations, the others begin new ones, which somebody takes and closes after some seconds.
Meanwhile the web server is started again, and some pages sleep. In the end every page must show what the
database says, without having been asked to.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from statistics import quantiles

from bench.machine import HOST, gunicorn, manage, process, recreate_database, settle

WEB_PORT, NUDGES_PORT = (int(port) for port in os.environ.get("BENCH_PORTS", "8462,8463").split(","))
settle(
    database=os.environ.get("BENCH_DATABASE", "omnichannel_bench_desk"),
    port=WEB_PORT,
    NUDGES_URL=f"http://{HOST}:{NUDGES_PORT}/",
)
WEB = f"http://{HOST}:{WEB_PORT}"
TEAM = 20
NEW_SHARE = 0.1
# What is new is taken some seconds after all who look at it have seen it.
TAKEN_AFTER_S, LONGEST_WAIT_S = 3.0, 60.0
SETTLE_S = 8.0
UVICORN = ["-m", "uvicorn", "omnichannel.nudges:application", "--port", str(NUDGES_PORT)]
QUIET = ["--no-access-log", "--log-level", "error", "--timeout-graceful-shutdown", "1"]
# Gates are counts; seconds depend on the machine and are only told.
MOST_IDLE_REQUESTS = 4.0


@dataclass
class Floor:
    """The people and their pages."""

    inbound_url: str
    agents: list = field(default_factory=list)
    pages: list = field(default_factory=list)
    # Of each text: when it was sent, and the pages that have to show it.
    sent: dict[int, float] = field(default_factory=dict)
    due: dict[int, list] = field(default_factory=dict)


def build(count: int) -> Floor:
    """Agents in teams of TEAM, each with a log-in; a queue per team, and a rule that leads there."""
    from django.conf import settings
    from django.test import Client

    from agents.models import User
    from agents.roles import AGENT, give_role
    from bench.desk_pages import Page
    from routing.conditions import Condition, all_of
    from routing.models import Queue, RoutingRule
    from routing.services import save_rule
    from tests.world import build_world

    world = build_world()
    floor = Floor(world.inbound_url)
    for number in range(count):
        user = User.objects.create(username=f"agent{number:03}", first_name=f"Agent {number:03}")
        give_role(user, AGENT)
        floor.agents.append(user.agent)
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        is_looker = number % 10 == 0
        page = Page(WEB, {name: client.cookies[name].value}, "open" if is_looker else "my")
        floor.pages.append(page)
    for team in range(-(-count // TEAM)):
        queue = Queue.objects.create(name=f"Team {team:02}")
        queue.members.set(floor.agents[team * TEAM : (team + 1) * TEAM])
        rule = RoutingRule(work_stream=world.stream, name=queue.name, queue=queue)
        save_rule(rule, all_of(Condition("first_message", "contains", f"team{team:02}")))
    return floor


def customer(number: int) -> str:
    """A phone number of each customer."""
    return f"+1425{5_000_000 + number}"


class Texts:
    """Signed texts with numbers of their own."""

    def __init__(self, floor: Floor) -> None:
        self._floor, self._numbers = floor, itertools.count(1)

    def send(self, words: str, sender: str, pages: list) -> int:
        """Post one; returns its number. Tries again while the web server is away, as a provider does."""
        from bench.load import send, signed_request

        number = next(self._numbers)
        request = signed_request(
            self._floor.inbound_url, f"{words} Bench text {number}", number=number, sender=sender
        )
        self._floor.sent[number], self._floor.due[number] = time.time(), pages
        for _ in range(60):
            try:
                send((HOST, WEB_PORT), request)
                return number
            except (OSError, RuntimeError):
                time.sleep(0.5)
        raise RuntimeError("the web server does not come back")


def prepare(floor: Floor, texts: Texts) -> None:
    """Each agent but the lookers gets a conversation of their own."""
    from django.utils import timezone

    from conversations import services
    from conversations.models import Conversation

    owners = [n for n, page in enumerate(floor.pages) if page.view == "my"]
    for number in owners:
        texts.send(f"team{number // TEAM:02}", customer(number), [])
    deadline = time.monotonic() + 120
    while Conversation.objects.count() < len(owners):
        if time.monotonic() > deadline:
            raise RuntimeError("the first texts are not routed")
        time.sleep(0.2)
    for number in owners:
        row = Conversation.objects.get(address__value=customer(number))
        services.pick(conversation_id=row.pk, agent=floor.agents[number], now=timezone.now())
        floor.pages[number].conversation_id = row.pk


class Load:
    """Texts at a fixed rate, from a thread; what is new is taken and closed by somebody of the team."""

    def __init__(self, floor: Floor, texts: Texts, *, rate: float, seconds: float) -> None:
        self._floor, self._texts, self._rate, self._seconds = floor, texts, rate, seconds
        self._customers = itertools.count(1_000_000)
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        """Until the time is up and everything is closed again."""
        chance, started = random.Random(7), time.monotonic()
        for index in range(int(self._rate * self._seconds)):
            pause = started + index / self._rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            is_new = chance.random() < NEW_SHARE
            number = chance.randrange(len(self._floor.pages))
            thread = threading.Thread(target=self._one, args=[number, is_new])
            thread.start()
            self._threads.append(thread)
        for thread in self._threads:
            thread.join()

    def _one(self, number: int, is_new: bool) -> None:
        page, team = self._floor.pages[number], number // TEAM
        if not is_new and page.conversation_id:
            self._texts.send("", customer(number), [page])
            return
        sender = customer(next(self._customers))
        mates = self._floor.pages[team * TEAM : (team + 1) * TEAM]
        lookers = [mate for mate in mates if mate.view == "open"]
        text = self._texts.send(f"team{team:02}", sender, lookers)
        deadline = time.monotonic() + LONGEST_WAIT_S
        while any(text not in mate.seen for mate in lookers) and time.monotonic() < deadline:
            time.sleep(0.5)
        time.sleep(TAKEN_AFTER_S)
        self._close(sender, number)

    def _close(self, sender: str, number: int) -> None:
        from django.db import connection
        from django.utils import timezone

        from conversations import services
        from conversations.models import Conversation

        agent = self._floor.agents[number]
        row = Conversation.objects.filter(address__value=sender).first()
        if row is not None:
            for step in (services.pick, services.end, services.close_session):
                step(conversation_id=row.pk, agent=agent, now=timezone.now())
        connection.close()


def routed_at() -> dict[int, float]:
    """When each text got into its thread (epoch seconds)."""
    from conversations.models import Message

    said = Message.objects.filter(direction="inbound").values_list("text", "created_at")
    return {int(text.rpartition(" ")[2]): at.timestamp() for text, at in said}


def differences(floor: Floor) -> list[str]:
    """Where a page does not show what the database says."""
    from django.utils import timezone

    from conversations import worklists
    from conversations.models import Message

    found = []
    for agent, page in zip(floor.agents, floor.pages, strict=True):
        seat = worklists.Seat(agent.user, agent)
        rows = worklists.page(worklists.VIEWS[page.view], seat=seat, after="", now=timezone.now()).rows
        if [row.pk for row in rows] != page.rows:
            found.append(f"{agent}: the list is {page.rows}, not {[row.pk for row in rows]}")
        said = Message.objects.filter(conversation=page.conversation_id, direction="inbound")
        numbers = {int(text.rpartition(" ")[2]) for text in said.values_list("text", flat=True)}
        if missing := numbers - page.seen.keys():
            found.append(f"{agent}: never saw {sorted(missing)}")
    return found


class Measurement:
    """One run: idle first, then under load with a restart and some pages asleep."""

    def __init__(self, floor: Floor, texts: Texts, options: argparse.Namespace) -> None:
        self._floor, self._texts, self._options = floor, texts, options
        self._sleepers = floor.pages[3 :: max(1, len(floor.pages) // 5)]
        self.figures: dict[str, float] = {}
        self.found: list[str] = []

    async def run(self) -> None:
        """Fills `figures` and `found`."""
        import aiohttp

        from bench.desk_pages import open_all

        patience, many = aiohttp.ClientTimeout(total=30), aiohttp.TCPConnector(limit=0)
        with Processes() as running:
            self._web = running.start(gunicorn("omnichannel.wsgi", WEB_PORT))
            self._nudges = running.start(process(*UVICORN, *QUIET))
            running.start(process("manage.py", "qcluster"))
            for port in (WEB_PORT, NUDGES_PORT):
                await asyncio.to_thread(wait_for, port)
            await asyncio.to_thread(prepare, self._floor, self._texts)
            async with aiohttp.ClientSession(timeout=patience, connector=many) as client:
                await open_all(self._floor.pages, client)
                await asyncio.sleep(5)
                await self._idle()
                await self._loaded(running)
                await asyncio.sleep(SETTLE_S)
                self.found = await asyncio.to_thread(differences, self._floor)
                for page in self._floor.pages:
                    await page.close()
        await asyncio.to_thread(self._count)

    async def _watched(self, seconds: float) -> dict[str, float]:
        """Questions per second and CPU in percent of a core, over some seconds."""
        from bench.load import cpu_seconds
        from tests.processes.installation import descendants

        def now() -> tuple[float, ...]:
            asked = sum(page.asked for page in self._floor.pages)
            processes = (self._web, self._nudges)
            return (time.monotonic(), asked, *(cpu_seconds(descendants(p.pid)) for p in processes))

        before = now()
        await asyncio.sleep(seconds)
        took, asked, web, nudges = (b - a for a, b in zip(before, now(), strict=True))
        return {"asked": asked / took, "web": 100 * web / took, "nudges": 100 * nudges / took}

    async def _idle(self) -> None:
        print(f"{len(self._floor.pages)} pages are open; idle for {self._options.idle} s")
        seen = await self._watched(self._options.idle)
        self.figures["idle_requests"] = 60 * seen["asked"] / len(self._floor.pages)
        self.figures["idle_web_cpu"] = seen["web"]

    async def _loaded(self, running: "Processes") -> None:
        seconds = self._options.seconds
        print(f"{self._options.rate} texts/s for {seconds} s")
        load = Load(self._floor, self._texts, rate=self._options.rate, seconds=seconds)
        working = asyncio.create_task(asyncio.to_thread(load.run))
        seen = await self._watched(seconds * 0.5)
        self.figures |= {"requests_per_s": seen["asked"], "web_cpu": seen["web"]}
        self.figures["nudges_cpu"] = seen["nudges"]
        for page in self._sleepers:
            await page.sleep()
        self._restarted_at = time.time()
        await asyncio.to_thread(running.stop, self._web)
        await asyncio.sleep(2)
        running.start(gunicorn("omnichannel.wsgi", WEB_PORT))
        await asyncio.to_thread(wait_for, WEB_PORT)
        self._back_at = time.time()
        await asyncio.sleep(seconds * 0.2)
        for page in self._sleepers:
            page.wake()
        await working

    def _count(self) -> None:
        floor, routed = self._floor, routed_at()
        waits, own, lost = [], [], 0
        for number, pages in floor.due.items():
            sent = floor.sent[number]
            for page in pages:
                at = page.seen.get(number)
                lost += at is None
                is_quiet = not self._restarted_at - 5 < sent < self._back_at + 10
                if at is not None and is_quiet and page not in self._sleepers:
                    waits.append(at - sent)
                    own.append(at - routed[number])
        for name, values in (("", waits), ("routed_", own)):
            cuts = quantiles(values, n=100)
            self.figures |= {f"{name}median_s": cuts[49], f"{name}p95_s": cuts[94], f"{name}p99_s": cuts[98]}
        self.figures |= {
            "texts": len(floor.sent), "measured": len(waits), "lost": lost, "differences": len(self.found),
            "sleepers": len(self._sleepers), "failed_requests": sum(page.failed for page in floor.pages),
        }  # fmt: skip


class Processes:
    """Processes that end with the block, or before."""

    def __init__(self) -> None:
        self._open: dict[int, object] = {}

    def __enter__(self) -> "Processes":
        return self

    def start(self, block) -> "subprocess.Popen[bytes]":
        """Enter a block of bench.machine."""
        running: subprocess.Popen[bytes] = block.__enter__()
        self._open[running.pid] = block
        return running

    def stop(self, running: "subprocess.Popen[bytes]") -> None:
        """Leave it again."""
        self._open.pop(running.pid).__exit__(None, None, None)

    def __exit__(self, *_: object) -> None:
        for block in list(self._open.values()):
            block.__exit__(None, None, None)


def wait_for(port: int) -> None:
    """Until a server answers there: a port is open before anybody works behind it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"nothing answers on port {port}")


def tell(figures: dict[str, float]) -> None:
    """Print the figures in words."""
    f = figures
    print(
        f"\ntext sent -> seen by its agent ({f['measured']} of {f['texts']} texts): "
        f"median {f['median_s']:.2f} s, p95 {f['p95_s']:.2f} s, p99 {f['p99_s']:.2f} s"
    )
    print(
        f"of that, in its thread -> seen: median {f['routed_median_s']:.2f} s, p95 {f['routed_p95_s']:.2f} s"
    )
    print(
        f"web processes {f['web_cpu']:.0f} % of a core under load, {f['idle_web_cpu']:.1f} % idle; "
        f"nudges {f['nudges_cpu']:.1f} %; {f['requests_per_s']:.0f} questions/s under load"
    )
    print(f"questions of an idle agent: {f['idle_requests']:.1f} a minute")
    print(
        f"lost {f['lost']}, pages that differ from the database {f['differences']} (one restart of the web "
        f"server, {f['sleepers']} pages asleep meanwhile, {f['failed_requests']} failed questions)"
    )


def main() -> int:
    """Run, print, and fail where something was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    recreate_database()
    manage("migrate", "--verbosity", "0")
    import django

    django.setup()
    floor = build(options.agents)
    measurement = Measurement(floor, Texts(floor), options)
    asyncio.run(measurement.run())
    for line in measurement.found[:20]:
        print(line)
    figures = measurement.figures
    tell(figures)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(figures, file, indent=2)
    broken = figures["lost"] or figures["differences"]
    is_failed = bool(broken) or figures["idle_requests"] > MOST_IDLE_REQUESTS
    if is_failed:
        print("FAILED")
    return int(is_failed)


if __name__ == "__main__":
    sys.exit(main())
