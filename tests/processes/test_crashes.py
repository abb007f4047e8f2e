"""Processes killed at any moment: nothing is sent twice, nothing hangs silently, nothing is lost."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from channels_app.models_deliveries import Delivery
from conversations import services, writing
from conversations.models import Conversation, Message
from omnichannel.models import WorkerHeartbeat
from tests.processes.installation import Installation, descendants, installed, wait_until

SHORT = {
    "TASK_TIMEOUT_S": "5",
    "FROZEN_AFTER_S": "8",
    "DOUBT_FIRST_SEARCH_S": "2",
    "DOUBT_SURELY_NOT_S": "6",
}
REPLIES, KILLS = 500, 10


def accepted_ids(installation: Installation) -> dict[int, int]:
    """Our delivery ids (they are in the status URL) and how often the simulator accepted each."""
    counted = installation.simulator.accepted_by_callback()
    return {int(url.rstrip("/").rpartition("/")[2]): times for url, times in counted.items()}


def write_replies(installation: Installation, count: int) -> None:
    """One conversation, and so many replies of its agent, all due."""
    alice = installation.world.agents["alice"]
    conversation = Conversation.objects.get()
    services.pick(conversation_id=conversation.pk, agent=alice, now=timezone.now())
    for n in range(count):
        writing.reply(conversation_id=conversation.pk, agent=alice, text=f"Reply {n}", now=timezone.now())


def test_ten_kills_during_five_hundred_replies_send_nothing_twice(settings: Any, times_as_many: int) -> None:
    chance = random.Random(4)
    replies, kills = REPLIES * times_as_many, KILLS * times_as_many
    with installed(settings, **SHORT) as installation:
        installation.start_web()
        assert installation.post_text("Hello") == 200
        installation.start_worker()
        wait_until(Conversation.objects.exists, what="the conversation is there")
        write_replies(installation, replies)

        for _ in range(kills):
            sent_before = Delivery.objects.exclude(state="pending").count()
            wait_until(
                lambda before=sent_before: (
                    Delivery.objects.exclude(state="pending").count() > before + 10
                    or not Delivery.objects.filter(state="pending").exists()
                ),
                what="some more replies left",
            )
            time.sleep(chance.random() * 0.3)
            installation.kill_worker()
            installation.start_worker()
        wait_until(
            lambda: not Delivery.objects.filter(state__in=["pending", "leaving"]).exists(),
            seconds=90 * times_as_many,
            what="nothing is pending or leaving",
        )

        accepted = accepted_ids(installation)
        assert set(accepted.values()) == {1}, "a delivery was accepted twice"
        in_doubt = set(Delivery.objects.filter(state="unknown").values_list("pk", flat=True))
        found = set(
            Delivery.objects.filter(events__word__in=["found", "surely_not"]).values_list("pk", flat=True)
        )
        assert len(accepted.keys() | in_doubt | found) == replies

        print(f"accepted {len(accepted)}, in doubt after the kills {len(in_doubt | found)}")
        wait_until(
            lambda: not Delivery.objects.filter(state="unknown").exists(),
            seconds=90,
            what="all doubt is settled",
        )
        assert set(accepted_ids(installation).values()) == {1}
        failed = set(Delivery.objects.filter(state="failed").values_list("pk", flat=True))
        assert failed.isdisjoint(accepted), "called surely not sent, but it was accepted"
        assert len(failed) + len(accepted) == replies
        assert Message.objects.filter(direction="outbound").count() == replies


def worker_processes(installation: Installation, lane: str) -> list[int]:
    """The processes of a lane below its sentinel: workers, monitor, pusher."""
    everything = descendants(installation.processes["worker"].pid)
    of_lane = [pid for pid in everything if f"--lane\0{lane}" in Path(f"/proc/{pid}/cmdline").read_text()]
    return of_lane[2:]


@pytest.mark.parametrize("kill_at", range(4))
def test_an_idle_worker_killed_while_it_holds_the_queues_lock_is_noticed_and_healed(
    settings: Any, kill_at: int
) -> None:
    with installed(settings, **SHORT) as installation:
        installation.start_web()
        installation.start_worker()
        wait_until(WorkerHeartbeat.objects.filter(lane="desk").exists, what="the desk lane lives")
        time.sleep(1)

        os.kill(worker_processes(installation, "desk")[kill_at], signal.SIGKILL)
        time.sleep(0.5)
        assert installation.post_text("Hello after the kill") == 200

        wait_until(Message.objects.filter(direction="inbound").exists, seconds=60, what="the text is routed")


def test_a_killed_supervisor_leaves_no_cluster_behind(settings: Any) -> None:
    with installed(settings, **SHORT) as installation:
        installation.start_worker()
        wait_until(lambda: WorkerHeartbeat.objects.count() == len(settings.LANES), what="all lanes live")
        worker = installation.processes.pop("worker")
        below = descendants(worker.pid)[1:]

        worker.kill()
        worker.wait()

        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), what="the lanes are gone")


def test_a_supervisor_killed_while_its_lanes_start_leaves_none_behind(settings: Any) -> None:
    with installed(settings, **SHORT) as installation:
        installation.start_worker()
        worker = installation.processes.pop("worker")
        below = wait_until(lambda: descendants(worker.pid)[1:], what="the lanes are being started")

        worker.kill()
        worker.wait()

        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), what="the lanes are gone")


def test_a_text_is_routed_while_the_provider_hangs(settings: Any) -> None:
    with installed(settings, **SHORT) as installation:
        installation.start_web()
        installation.start_worker()
        assert installation.post_text("Hello") == 200
        wait_until(Conversation.objects.exists, what="the conversation is there")
        installation.simulator.add_fault("hang", times=20)
        write_replies(installation, 4)
        wait_until(Delivery.objects.filter(state="leaving").exists, what="a reply hangs at the provider")

        assert installation.post_text("Another", number=2, sender="+14255550188") == 200

        wait_until(lambda: Conversation.objects.count() == 2, seconds=5, what="the other text is routed")
        assert Delivery.objects.filter(state__in=["leaving", "pending"]).exists()


def test_texts_that_came_while_no_worker_ran_are_routed_when_one_starts(settings: Any) -> None:
    with installed(settings, **SHORT) as installation:
        installation.start_web()
        for n in range(1, 11):
            assert installation.post_text(f"Text {n}", number=n, sender=f"+142555502{n:02d}") == 200
        assert Conversation.objects.count() == 0

        installation.start_worker()

        wait_until(lambda: Conversation.objects.count() == 10, what="all ten are routed")
