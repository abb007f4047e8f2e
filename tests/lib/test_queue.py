"""Doorbells: rung with the commit, heard by the lane, run by a django-q worker."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from omnichannel.checks import doorbells
from omnichannel.lib import queue
from omnichannel.lib.doorbells import EVERY_LANE, Doorbell
from omnichannel.lib.transports import DatagramTransport

BELLS = {
    "a": Doorbell(task="time.monotonic", lane="desk", every_s=1),
    "b": Doorbell(task="time.monotonic", lane="sending", every_s=10),
    "c": Doorbell(task="time.monotonic", lane=EVERY_LANE, every_s=5),
}


class Recorded:
    """A transport that only notes what is sent."""

    is_transactional = False

    def __init__(self):
        self.sent = []

    def send(self, lane, name):
        self.sent.append((lane, name))


@pytest.fixture
def recorded(monkeypatch):
    transport = Recorded()
    monkeypatch.setattr(queue, "transport", lambda: transport)
    return transport


@pytest.fixture
def datagrams(monkeypatch):
    # A socket's path may be 107 bytes long at most.
    with tempfile.TemporaryDirectory(prefix="bells-") as folder:
        transport = DatagramTransport(Path(folder))
        monkeypatch.setattr(queue, "transport", lambda: transport)
        yield transport


def broker(lane: str = "desk") -> queue.DoorbellBroker:
    return queue.DoorbellBroker(list_key=lane)


def names_of(tasks) -> list[str]:
    return [SignedPackage.loads(payload)["name"] for _, payload in tasks]


# --- the clock ------------------------------------------------------------------------------------


def test_at_the_start_everything_is_due_then_each_at_its_own_pace():
    clock = queue.Clock(BELLS)
    assert clock.due(100.0) == {"a", "b", "c"}
    assert clock.due(100.5) == set()
    assert clock.wait_s(100.5) == 0.5
    assert clock.due(101.0) == {"a"}
    assert clock.due(105.0) == {"a", "c"}
    assert clock.due(110.0) == {"a", "b", "c"}


def test_a_late_clock_rings_once_and_not_for_each_missed_time():
    clock = queue.Clock(BELLS)
    clock.due(100.0)
    assert clock.due(500.0) == {"a", "b", "c"}
    assert clock.due(500.1) == set()
    assert clock.wait_s(1000.0) == 0.0


def test_a_clock_without_bells_waits():
    assert queue.Clock({}).wait_s(5.0) == queue.LONGEST_WAIT_S
    assert queue.Clock({}).due(5.0) == set()


def test_a_lane_answers_its_own_bells_and_everybodys(settings):
    settings.DOORBELLS = BELLS
    assert set(queue.lane_doorbells("desk")) == {"a", "c"}
    assert set(queue.lane_doorbells("sending")) == {"b", "c"}


# --- the table of bells ---------------------------------------------------------------------------


def test_each_bell_of_the_installation_leads_to_a_task(settings):
    assert doorbells() == []
    settings.DOORBELLS = {"x": Doorbell(task="conversations.tasks.nothing", lane="nowhere", every_s=1)}
    assert {found.id for found in doorbells()} == {"omnichannel.E001", "omnichannel.E002"}


@pytest.mark.parametrize("name", ["webhook.received", "delivery.due", "delivery.changed", "worker.beat"])
def test_a_package_is_a_task_that_django_q_reads(name, settings):
    task = SignedPackage.loads(queue.package(name))
    assert task["name"] == name
    assert task["func"] == settings.DOORBELLS[name].task
    assert callable(import_string(task["func"]))
    assert task["args"] == ()
    assert task["ack_failure"]
    assert task["id"] != SignedPackage.loads(queue.package(name))["id"]


# --- ringing --------------------------------------------------------------------------------------


def test_an_unknown_bell_cannot_be_rung(recorded):
    with pytest.raises(KeyError):
        queue.ring("no.such.bell")


def test_a_ring_goes_out_with_the_commit(recorded, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        queue.ring("webhook.received")
    assert recorded.sent == []
    callbacks[0]()
    assert recorded.sent == [("desk", "webhook.received")]


@pytest.mark.django_db(transaction=True)
def test_a_ring_is_dropped_with_the_rollback(recorded):
    with transaction.atomic():
        queue.ring("webhook.received")
        transaction.set_rollback(True)
    assert recorded.sent == []


@pytest.mark.django_db(transaction=True)
def test_a_broken_transport_does_not_break_the_caller(monkeypatch):
    class Broken(Recorded):
        def send(self, lane, name):
            raise OSError("no bell")

    monkeypatch.setattr(queue, "transport", Broken)
    with transaction.atomic():
        queue.ring("webhook.received")


# --- draining -------------------------------------------------------------------------------------


def test_a_drain_goes_on_until_nothing_is_left(db):
    left = iter([True, True, True, False, True])
    assert queue.drain(lambda: next(left)) == 3


def test_a_drain_stops_when_its_time_is_up(db, monkeypatch, settings):
    settings.TASK_TIMEOUT_S = 4
    now = {"at": 100.0}
    monkeypatch.setattr(queue.time, "monotonic", lambda: now["at"])

    def step():
        now["at"] += 0.4
        return True

    # A quarter of the time-out is one second: three steps begin in it.
    assert queue.drain(step) == 3


def test_a_drain_shows_life_between_two_steps(db, settings, monkeypatch):
    beats = []
    settings.WORKER_BEAT = "tests.lib.test_queue.beat_for_tests"
    monkeypatch.setattr("tests.lib.test_queue.beat_for_tests", lambda: beats.append(1))
    left = iter([True, True, False])
    queue.drain(lambda: next(left))
    assert beats == [1, 1]


def beat_for_tests() -> int:
    return 0


def test_an_error_in_a_step_rises(db):
    def step():
        raise RuntimeError("defect")

    with pytest.raises(RuntimeError, match="defect"):
        queue.drain(step)


# --- the broker -----------------------------------------------------------------------------------


def test_at_the_start_a_cluster_rings_all_its_bells(datagrams, db, settings):
    assert names_of(broker().dequeue()) == sorted(queue.lane_doorbells("desk"))


def test_a_ring_wakes_the_lane(datagrams, db):
    desk = broker()
    desk.dequeue()
    assert desk.dequeue() == []
    datagrams.send("desk", "webhook.received")
    started = time.monotonic()
    assert names_of(desk.dequeue()) == ["webhook.received"]
    assert time.monotonic() - started < 0.4


def test_many_rings_are_one_task(datagrams, db):
    desk = broker()
    desk.dequeue()
    for _ in range(20):
        datagrams.send("desk", "webhook.received")
    assert names_of(desk.dequeue()) == ["webhook.received"]


def test_a_ring_for_another_lane_or_of_an_unknown_name_is_ignored(datagrams, db):
    desk = broker()
    desk.dequeue()
    datagrams.send("sending", "delivery.due")
    datagrams.send("desk", "delivery.due")
    datagrams.send("desk", "no.such.bell")
    assert desk.dequeue() == []


def test_a_stored_task_is_claimed_once(datagrams, db):
    desk, other = broker(), broker()
    desk.dequeue()
    async_task("time.monotonic", broker=desk)
    datagrams.send("desk", queue.STORED)
    [(row_id, payload)] = [task for task in desk.dequeue() if task[0] is not None]
    assert SignedPackage.loads(payload)["func"] == "time.monotonic"
    other._claim_stored()
    assert other._claim_stored() == []
    desk.acknowledge(row_id)
    assert not OrmQ.objects.exists()


def test_a_stored_task_whose_worker_died_is_claimed_again(datagrams, db, settings):
    desk = broker()
    async_task("time.monotonic", broker=desk)
    assert len(desk._claim_stored()) == 1
    assert desk._claim_stored() == []
    late = timezone.now() - timedelta(seconds=1)
    assert OrmQ.objects.get().lock > timezone.now() + timedelta(seconds=settings.Q_CLUSTER["retry"] - 5)
    OrmQ.objects.update(lock=late)
    assert len(desk._claim_stored()) == 1


def test_a_stored_task_belongs_to_its_lane(datagrams, db):
    async_task("time.monotonic", broker=broker("sending"))
    assert broker("desk")._claim_stored() == []
    assert len(broker("sending")._claim_stored()) == 1


def test_a_stored_task_is_rolled_back_with_its_caller(datagrams, db):
    with transaction.atomic():
        async_task("time.monotonic", broker=broker())
        transaction.set_rollback(True)
    assert not OrmQ.objects.exists()
