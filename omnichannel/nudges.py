"""What an ASGI server runs for the desk: server-sent nudges. No database, session or thread per stream.

`uvicorn omnichannel.nudges:application`. One thread of the process listens (PostgreSQL NOTIFY, Redis, or
datagrams on one machine); a stream is a coroutine. Who may hear what is signed into the address that the desk
gave to the page; nudges say only that something changed. Why so: docs/decisions/0016-nudges.md.
"""

import asyncio
import logging
import os
import random
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")

from django.conf import settings
from django.core import signing
from django.db import connection
from django.utils.log import configure_logging

from omnichannel.lib import environment, nudges
from omnichannel.lib.transports import Listener, make_transport

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

logger = logging.getLogger(__name__)

# Seconds: a sign of life; between two nudges of a stream; how long one lasts, so that lost rights end it.
PING_S, GAP_S, LONGEST_S = 20.0, 0.25, 600.0
HEARD_AT_LEAST_EVERY_S = 1.0

hub = nudges.Hub()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Streams, and a sign of health."""
    if scope["type"] == "lifespan":
        return await _life(receive, send)
    if scope["type"] != "http":
        return None
    if scope["path"].endswith("/healthz"):
        return await _answer(send, 200)
    if scope["method"] != "GET":
        return await _answer(send, 405)
    token = parse_qs(scope["query_string"].decode("ascii", "replace")).get("token", [""])[0]
    try:
        topics = nudges.read(token)
    except signing.BadSignature:
        return await _answer(send, 403)
    return await _stream(nudges.Stream(topics), receive, send)


async def _life(receive: Receive, send: Send) -> None:
    """Listen from the start to the end of the server."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
            loop = asyncio.get_running_loop()
            threading.Thread(target=_listen, args=[_ear(), loop], daemon=True).start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return


def _ear() -> Listener:
    transport = make_transport(
        vendor=connection.vendor, redis_url=settings.REDIS_URL, scope=settings.DOORBELL_SCOPE
    )
    return transport.overhear(nudges.LANE)


def _listen(ear: Listener, loop: asyncio.AbstractEventLoop) -> None:
    """Hand on what is heard, for ever."""
    while not loop.is_closed():
        words = ear.wait(HEARD_AT_LEAST_EVERY_S)
        if words and not loop.is_closed():
            loop.call_soon_threadsafe(hub.tell, words)


async def _stream(stream: nudges.Stream, receive: Receive, send: Send) -> None:
    """Nudges until the page goes, or the time is up: then it asks for a new stream."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + LONGEST_S * random.uniform(0.8, 1)  # noqa: S311 (only spreads them)
    hub.join(stream)
    watch = asyncio.create_task(_until_gone(stream, receive))
    try:
        await _start(send, 200, b"text/event-stream")
        await _say(send, "hello")
        while not stream.is_over and loop.time() < ends:
            try:
                await asyncio.wait_for(stream.news.wait(), PING_S)
            except TimeoutError:
                await _say(send, "ping")
                continue
            if word := stream.take():
                await _say(send, word)
                await asyncio.sleep(GAP_S)
        if not stream.is_over:
            await _say(send, "again")
            await send({"type": "http.response.body", "body": b""})
    finally:
        hub.leave(stream)
        watch.cancel()


async def _until_gone(stream: nudges.Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


async def _say(send: Send, word: str) -> None:
    await send({"type": "http.response.body", "body": f"data: {word}\n\n".encode(), "more_body": True})


async def _start(send: Send, status: int, content_type: bytes) -> None:
    headers = [
        (b"content-type", content_type),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"access-control-allow-origin", environment.origin(settings.PUBLIC_BASE_URL).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _answer(send: Send, status: int) -> None:
    await _start(send, status, b"text/plain")
    await send({"type": "http.response.body", "body": b""})
