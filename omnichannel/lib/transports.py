"""How a ring travels between processes: PostgreSQL NOTIFY, Redis, or datagrams on one machine."""

import contextlib
import glob
import logging
import os
import select
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, connections

logger = logging.getLogger(__name__)

RETRY_S = 5.0
# Heard once after an ear was deaf for a while: there may have been anything.
MISSED = "*"


class Listener(Protocol):
    """The ear of one cluster."""

    def wait(self, seconds: float) -> set[str]:
        """The doorbells rung since the last call: at once when there are any, else after `seconds`."""


class Transport(Protocol):
    """One way for rings to travel."""

    is_transactional: bool

    def send(self, lane: str, name: str) -> None:
        """Send one ring. Must not raise and must not block."""

    def listen(self, lane: str) -> Listener:
        """Open an ear for a lane, in this process."""

    def broadcast(self, lane: str, name: str) -> None:
        """Send to every ear of a lane, not only to one of them. Must not raise and must not block."""

    def overhear(self, lane: str) -> Listener:
        """Open an ear that hears what is broadcast. After a gap it hears MISSED."""


def make_transport(*, vendor: str, redis_url: str, scope: str) -> Transport:
    """Redis when it is configured, else what the database offers."""
    if redis_url:
        return RedisTransport(redis_url, scope)
    if vendor == "postgresql":
        return NotifyTransport()
    return DatagramTransport(Path(tempfile.gettempdir()) / f"omnichannel-{os.getuid()}-{scope}")


class NotifyTransport:
    """PostgreSQL's NOTIFY: sent with the commit, dropped with the rollback, heard on every machine."""

    is_transactional = True

    def send(self, lane: str, name: str) -> None:
        """NOTIFY within the caller's transaction (its errors are the caller's database errors)."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [f"omnichannel_{lane}", name])

    def listen(self, lane: str) -> Listener:
        """An ear on a database connection of its own."""
        return NotifyListener(f"omnichannel_{lane}")

    broadcast, overhear = send, listen  # everybody who listens hears everything


class NotifyListener:
    """LISTEN on a connection of its own; a lost connection is opened again, the clock bridges the gap."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._connection: Any = None
        self._was_deaf = False

    def wait(self, seconds: float) -> set[str]:
        """See Listener."""
        try:
            return self._wait(seconds)
        except Exception:  # any driver error: the database went away; the clock rings meanwhile
            logger.warning("Lost the listening connection; opening it again.", exc_info=True)
            self._close()
            self._was_deaf = True
            time.sleep(seconds)
            return set()

    def _wait(self, seconds: float) -> set[str]:
        if self._connection is None:
            self._connection = self._open()
            if self._was_deaf:
                self._was_deaf = False
                return {MISSED}
        heard = self._heard()
        if not heard and select.select([self._connection], [], [], seconds)[0]:
            heard = self._heard()
        return heard

    def _open(self) -> Any:
        wrapper = connections.create_connection("default")
        wrapper.connect()
        wrapper.set_autocommit(True)
        with wrapper.cursor() as cursor:
            cursor.execute(f"LISTEN {self._channel}")
        self._wrapper = wrapper
        return wrapper.connection

    def _heard(self) -> set[str]:
        self._connection.poll()
        names = {notice.payload for notice in self._connection.notifies}
        self._connection.notifies.clear()
        return names

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._wrapper.close()
        self._connection = None


class RedisTransport:
    """A short Redis list per lane. Redis away: nobody waits for it, the clock rings instead."""

    is_transactional = False
    KEPT = 100

    def __init__(self, url: str, scope: str) -> None:
        self._url, self._scope = url, scope
        self._client: Any = None
        self._down_until = 0.0

    def key(self, lane: str) -> str:
        """The list of a lane."""
        return f"omnichannel:{self._scope}:{lane}"

    def send(self, lane: str, name: str) -> None:
        """Push the ring."""
        self._try(lambda: self._push(self.key(lane), name))

    def _push(self, key: str, name: str) -> None:
        pipe = self.client().pipeline(transaction=False)
        pipe.lpush(key, name)
        pipe.ltrim(key, 0, self.KEPT - 1)
        pipe.execute()

    def _try(self, send: Callable[[], object]) -> None:
        """After a failure Redis is left alone for some seconds."""
        if time.monotonic() < self._down_until:
            return
        try:
            send()
        except Exception:  # redis is optional: whatever it raises, the row is already the truth
            self._down_until = time.monotonic() + RETRY_S
            logger.warning("Redis did not take a ring; the clock will ring.", exc_info=True)

    def listen(self, lane: str) -> Listener:
        """An ear on the lane's list."""
        return RedisListener(self, lane)

    def broadcast(self, lane: str, name: str) -> None:
        """Publish on the lane's channel."""
        self._try(lambda: self.client().publish(self.key(lane), name))

    def overhear(self, lane: str) -> Listener:
        """An ear on the lane's channel."""
        return RedisEar(self, lane)

    def client(self) -> Any:
        """One client per process, with short time-outs and no retries (redis is imported only here)."""
        if self._client is None:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry

            self._client = redis.Redis.from_url(
                self._url,
                socket_connect_timeout=0.25,
                socket_timeout=5.0,
                retry=Retry(NoBackoff(), 0),
                decode_responses=True,
            )
        return self._client


class RedisListener:
    """Blocks on the lane's list, then takes whatever else lies there."""

    def __init__(self, transport: RedisTransport, lane: str) -> None:
        self._transport, self._key = transport, transport.key(lane)

    def wait(self, seconds: float) -> set[str]:
        """See Listener."""
        try:
            client = self._transport.client()
            if seconds <= 0:
                return set(client.rpop(self._key, RedisTransport.KEPT) or ())
            first = client.brpop([self._key], timeout=seconds)
            return {first[1], *(client.rpop(self._key, RedisTransport.KEPT) or ())} if first else set()
        except Exception:  # redis is optional: the clock rings meanwhile
            logger.warning("Redis does not answer; the clock rings meanwhile.", exc_info=True)
            time.sleep(max(seconds, 0.2))
            return set()


class RedisEar:
    """Subscribed to the lane's channel; a lost connection is opened again."""

    def __init__(self, transport: RedisTransport, lane: str) -> None:
        self._transport, self._channel = transport, transport.key(lane)
        self._subscription: Any = None
        self._was_deaf = False

    def wait(self, seconds: float) -> set[str]:
        """See Listener."""
        try:
            return self._wait(seconds)
        except Exception:  # redis is optional: whoever waits asks by the clock meanwhile
            logger.warning("Redis does not answer; subscribing again.", exc_info=True)
            self._subscription, self._was_deaf = None, True
            time.sleep(max(seconds, 0.2))
            return set()

    def _wait(self, seconds: float) -> set[str]:
        if self._subscription is None:
            subscription = self._transport.client().pubsub(ignore_subscribe_messages=True)
            subscription.subscribe(self._channel)
            self._subscription = subscription
            if self._was_deaf:
                self._was_deaf = False
                return {MISSED}
        heard, pause = set(), seconds
        while message := self._subscription.get_message(timeout=pause):
            heard.add(message["data"])
            pause = 0
        return heard


class DatagramTransport:
    """Datagrams to every cluster of this machine: for the embedded set-up, without any server."""

    is_transactional = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket: socket.socket | None = None

    def send(self, lane: str, name: str) -> None:
        """Send to each listening cluster; one that is gone is forgotten, one that is full knows already."""
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        for path in glob.glob(f"{self._folder}/{lane}.*.sock"):
            try:
                self._socket.sendto(name.encode(), path)
            except (ConnectionRefusedError, FileNotFoundError):
                Path(path).unlink(missing_ok=True)
            except OSError:
                logger.debug("A full doorbell needs no further ring: %s", path)

    def listen(self, lane: str) -> Listener:
        """An ear in the shared folder."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return DatagramListener(self._folder / f"{lane}.{os.getpid()}.sock")

    broadcast, overhear = send, listen  # everybody who listens hears everything


class DatagramListener:
    """A datagram socket in the shared folder."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def wait(self, seconds: float) -> set[str]:
        """See Listener."""
        heard = self._heard()
        if not heard and select.select([self._socket], [], [], seconds)[0]:
            heard = self._heard()
        return heard

    def _heard(self) -> set[str]:
        names = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                names.add(self._socket.recv(1024).decode())
        return names
