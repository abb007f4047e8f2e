"""Pages of the desk as browsers keep them: real connections, the rules of desk-live.js, nothing drawn."""

import asyncio
import json
import random
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import aiohttp

LIVE_S, LOST_S = 30.0, 20.0
TEXT = re.compile(r"Bench text (\d+)")
ROW = re.compile(r'id="row-(\d+)"')
CURSOR = re.compile(r'cursor=([^"]+)"')


@dataclass
class Page:
    """One agent's page: what it has seen, when, and how often it asked."""

    web: str
    cookie: dict[str, str]
    view: str
    conversation_id: int | None = None
    cursor: str = ""
    rows: list[int] = field(default_factory=list)
    # Epoch seconds at which each text was first seen.
    seen: dict[int, float] = field(default_factory=dict)
    asked: int = 0
    failed: int = 0
    connected: int = 0
    is_asleep: bool = False
    _due: float = 0.0
    _is_streaming: bool = False
    _failures: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: "list[asyncio.Task[None]]" = field(default_factory=list)

    async def open(self, client: aiohttp.ClientSession) -> None:
        """Load the page, then keep it new until close()."""
        self._client = client
        place = f"{self.conversation_id}/" if self.conversation_id else ""
        async with client.get(f"{self.web}/desk/{self.view}/{place}", cookies=self.cookie) as answer:
            answer.raise_for_status()
            self._take(await answer.text(), is_page=True)
        self._start()

    def _start(self) -> None:
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._ask_when_due())]

    async def sleep(self) -> None:
        """The lid is closed."""
        self.is_asleep, self._is_streaming = True, False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """The lid is opened."""
        self.is_asleep = False
        self._start()
        self.ask(0)

    close = sleep

    # --- asking ---------------------------------------------------------------------------------

    def ask(self, seconds: float) -> None:
        """Ask in so many seconds, or earlier if that was agreed already."""
        due = time.monotonic() + seconds
        if due < self._due:
            self._due = due
            self._wake.set()

    def _pause(self) -> float:
        if self._failures:
            return float(min(LOST_S, 0.5 * 2**self._failures))
        return LIVE_S if self._is_streaming else LOST_S

    async def _ask_when_due(self) -> None:
        self._due = time.monotonic() + self._pause()
        while True:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), max(0.0, self._due - time.monotonic()))
                continue
            except TimeoutError:
                self._due = float("inf")
            started = time.monotonic()
            await self._ask()
            took = time.monotonic() - started
            self._due = max(self._due, time.monotonic() + 3 * took)
            self.ask(self._pause() * random.uniform(0.85, 1.15))

    async def _ask(self) -> None:
        self.asked += 1
        params = {"view": self.view, "cursor": self.cursor}
        if self.conversation_id:
            params["c"] = str(self.conversation_id)
        address = f"{self.web}/desk/feed/"
        try:
            async with self._client.get(address, params=params, cookies=self.cookie) as answer:
                answer.raise_for_status()
                if answer.status == 200:
                    self._take(await answer.text(), is_page=False)
            self._failures = 0
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.failed += 1
            self._failures = min(self._failures + 1, 8)

    def _take(self, text: str, *, is_page: bool) -> None:
        now = time.time()
        for number in TEXT.findall(text):
            self.seen.setdefault(int(number), now)
        if is_page or '<div id="rows"' in text:
            self.rows = [int(pk) for pk in ROW.findall(text)]
        self.cursor = CURSOR.findall(text)[-1]

    # --- nudges ---------------------------------------------------------------------------------

    async def _listen(self) -> None:
        losses = 0
        while True:
            try:
                async for word in self._words():
                    losses = 0
                    self._hear(word)
                    if word == "again":
                        break
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                losses += 1
            self._is_streaming = False
            if losses:
                self.ask(3.5)
                await asyncio.sleep(min(30.0, 0.5 * 2**losses) * random.uniform(0.85, 1.15))

    async def _words(self):  # type: ignore[no-untyped-def]
        params = {"view": self.view} | ({"c": str(self.conversation_id)} if self.conversation_id else {})
        async with self._client.get(f"{self.web}/desk/stream/", params=params, cookies=self.cookie) as answer:
            answer.raise_for_status()
            told = json.loads(await answer.text())
        self._soon_s = told["soon_ms"] / 1000
        silent = aiohttp.ClientTimeout(total=None, sock_read=45)
        async with self._client.get(told["address"], timeout=silent) as stream:
            stream.raise_for_status()
            self.connected += 1
            async for line in stream.content:
                if line.startswith(b"data: "):
                    yield line[6:].strip().decode()
        raise OSError("the stream ended")

    def _hear(self, word: str) -> None:
        if word == "hello":
            self._is_streaming = True
            self.ask(0.05)
        elif word == "now":
            self.ask(0)
        elif word == "soon":
            self.ask(self._soon_s * random.uniform(0.85, 1.15))


async def open_all(pages: Iterable[Page], client: aiohttp.ClientSession, *, at_once: int = 8) -> None:
    """Open them as people come to work: a few at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(page: Page) -> None:
        async with gate:
            await page.open(client)

    await asyncio.gather(*(one(page) for page in pages))
