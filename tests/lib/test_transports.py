"""How rings travel: datagrams, PostgreSQL's NOTIFY, Redis."""

import os
import socket
import tempfile
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from omnichannel.lib import transports
from omnichannel.lib.transports import (
    MISSED,
    DatagramTransport,
    NotifyTransport,
    RedisTransport,
    make_transport,
)

needs_postgres = pytest.mark.skipif(
    "postgres" not in os.environ.get("DATABASE_URL", ""), reason="needs PostgreSQL"
)
needs_redis = pytest.mark.skipif(not os.environ.get("REDIS_URL"), reason="needs REDIS_URL")


@pytest.fixture
def folder():
    # Not tmp_path: a socket's path may be 107 bytes long at most.
    with tempfile.TemporaryDirectory(prefix="bells-") as path:
        yield Path(path) / "deep"


def test_the_best_transport_there_is_is_taken():
    assert isinstance(make_transport(vendor="sqlite", redis_url="", scope="x"), DatagramTransport)
    assert isinstance(make_transport(vendor="postgresql", redis_url="", scope="x"), NotifyTransport)
    for vendor in ("sqlite", "postgresql"):
        assert isinstance(make_transport(vendor=vendor, redis_url="redis://h", scope="x"), RedisTransport)


# --- datagrams ------------------------------------------------------------------------------------


def test_a_datagram_is_heard(folder):
    transport = DatagramTransport(folder)
    ear = transport.listen("desk")
    transport.send("desk", "one")
    transport.send("desk", "two")
    assert ear.wait(0) == {"one", "two"}
    assert ear.wait(0) == set()


def test_what_is_broadcast_is_heard_by_everybody(folder):
    transport = DatagramTransport(folder)
    first, second = transport.overhear("nudges"), DatagramTransport(folder)
    other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    other.bind(str(folder / "nudges.other.sock"))
    second.broadcast("nudges", "a1 q2")
    assert first.wait(0) == {"a1 q2"}
    assert other.recv(1024) == b"a1 q2"
    other.close()


def test_each_lane_hears_its_own(folder):
    transport = DatagramTransport(folder)
    desk, sending = transport.listen("desk"), transport.listen("sending")
    transport.send("sending", "one")
    assert desk.wait(0) == set()
    assert sending.wait(0) == {"one"}


def test_waiting_ends_with_the_time(folder):
    started = time.monotonic()
    assert DatagramTransport(folder).listen("desk").wait(0.05) == set()
    assert 0.04 < time.monotonic() - started < 1


def test_nobody_listening_is_no_error(folder):
    DatagramTransport(folder).send("desk", "one")


def test_a_cluster_that_is_gone_is_forgotten(folder):
    transport = DatagramTransport(folder)
    ear = transport.listen("desk")
    dead = folder / "desk.99999.sock"
    gone = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    gone.bind(str(dead))
    gone.close()
    transport.send("desk", "one")
    assert ear.wait(0) == {"one"}
    assert not dead.exists()


def test_a_full_bell_neither_blocks_nor_raises(folder):
    transport = DatagramTransport(folder)
    ear = transport.listen("desk")
    for _ in range(2000):
        transport.send("desk", "one")
    assert ear.wait(0) == {"one"}


def test_the_folder_is_the_owners_alone(folder):
    DatagramTransport(folder).listen("desk")
    assert folder.stat().st_mode & 0o077 == 0


# --- PostgreSQL -----------------------------------------------------------------------------------


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_notify_is_heard_with_the_commit_and_dropped_with_the_rollback():
    assert connection.vendor == "postgresql"
    transport = NotifyTransport()
    ear = transport.listen("desk")
    ear.wait(0)
    with transaction.atomic():
        transport.send("desk", "one")
        assert ear.wait(0.05) == set()
    assert ear.wait(1) == {"one"}
    with transaction.atomic():
        transport.send("desk", "two")
        transaction.set_rollback(True)
    transport.send("sending", "three")
    assert ear.wait(0.05) == set()
    ear._close()


@needs_postgres
@pytest.mark.django_db(transaction=True)
def test_a_lost_listening_connection_is_opened_again():
    transport = NotifyTransport()
    ear = transport.listen("desk")
    ear.wait(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [ear._connection.info.backend_pid])
    lost = ear._connection
    deadline = time.monotonic() + 5
    heard = set()
    while ear._connection in {lost, None} and time.monotonic() < deadline:
        heard |= ear.wait(0.01)
    assert heard == {MISSED}, "whoever listens is told that there was a gap"
    transport.send("desk", "one")
    assert ear.wait(1) == {"one"}
    ear._close()


# --- Redis ----------------------------------------------------------------------------------------


def test_without_redis_nobody_waits_and_nothing_is_raised(monkeypatch):
    pytest.importorskip("redis")
    transport = RedisTransport("redis://127.0.0.1:1/0", "tests")
    started = time.monotonic()
    transport.send("desk", "one")
    transport.send("desk", "one")
    assert transport.listen("desk").wait(0) == set()
    assert time.monotonic() - started < 1.5
    assert transport._down_until > started + transports.RETRY_S - 1


@needs_redis
def test_a_ring_over_redis():
    transport = RedisTransport(os.environ["REDIS_URL"], f"tests-{os.getpid()}")
    ear = transport.listen("desk")
    transport.send("desk", "one")
    transport.send("desk", "two")
    assert ear.wait(0.5) == {"one", "two"}
    assert ear.wait(0) == set()
    for _ in range(300):
        transport.send("desk", "one")
    assert transport.client().llen(transport.key("desk")) == RedisTransport.KEPT
    transport.client().delete(transport.key("desk"))


@needs_redis
def test_what_is_broadcast_over_redis_is_heard_by_everybody_and_kept_for_nobody():
    transport = RedisTransport(os.environ["REDIS_URL"], f"tests-{os.getpid()}")
    transport.broadcast("nudges", "a0")
    first, second = transport.overhear("nudges"), transport.overhear("nudges")
    assert first.wait(0.05) == second.wait(0.05) == set()
    transport.broadcast("nudges", "a1")
    transport.broadcast("nudges", "q2")
    assert [hear(first, 2), hear(second, 2)] == [{"a1", "q2"}] * 2
    assert first.wait(0.05) == set()


@needs_redis
def test_an_ear_that_was_deaf_for_a_while_hears_that_it_missed_something():
    transport = RedisTransport(os.environ["REDIS_URL"], f"tests-{os.getpid()}")
    ear = transport.overhear("nudges")
    ear.wait(0.05)
    ear._subscription.connection.disconnect()
    ear._subscription = None
    ear._was_deaf = True
    assert ear.wait(0.05) == {MISSED}
    transport.broadcast("nudges", "a1")
    assert hear(ear, 1) == {"a1"}


def hear(ear, count):
    """So many words, or what came of them within some seconds."""
    heard, deadline = set(), time.monotonic() + 5
    while len(heard) < count and time.monotonic() < deadline:
        heard |= ear.wait(0.2)
    return heard
