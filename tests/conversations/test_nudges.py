"""Who is told to look again, in which words, and how a stream carries them."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import signing
from django.urls import reverse

from conversations import nudges, services
from conversations.worklists import STREAMS
from omnichannel import nudges as server
from omnichannel.lib import nudges as lib
from omnichannel.lib import queue
from tests.conversations.desk import cursor_in, feed, statements, text_in, url

ADDRESS = "http://127.0.0.1:8002/"


@pytest.fixture
def told(monkeypatch, settings):
    """What was broadcast, as sets of topics."""
    settings.NUDGES_URL = ADDRESS
    words = []
    monkeypatch.setattr(queue, "broadcast", lambda lane, name: words.append(set(name.split())))
    return words


def topics_in(answer):
    """What the address in an answer lets a page hear."""
    return set(lib.read(parse_qs(urlsplit(answer.json()["address"]).query)["token"][0]))


# --- who is told ------------------------------------------------------------------------------------


def test_a_new_open_conversation_is_told_to_its_queue(told, world, drain):
    conversation = text_in(world, drain, "Hello")

    assert {f"c{conversation.pk}", f"q{conversation.queue_id}", f"w{conversation.queue_id}"} in told


def test_a_text_in_a_running_conversation_is_told_to_its_agent_and_not_to_the_whole_queue(
    told, world, drain, taken
):
    told.clear()
    text_in(world, drain, "And another thing")

    assert told[-1] == {f"a{taken.agent_id}", f"c{taken.pk}", f"w{taken.queue_id}"}


def test_whoever_had_it_before_is_told_too(told, world, taken, now):
    alice = world.agents["alice"]
    services.transfer_to_queue(conversation_id=taken.pk, agent=alice, queue=world.billing, now=now)

    assert {f"a{alice.pk}", f"w{taken.queue_id}", f"q{world.billing.pk}", f"w{world.billing.pk}"} <= told[-1]


def test_a_pick_is_told_to_the_queue_that_loses_it(told, world, waiting, now):
    services.pick(conversation_id=waiting.pk, agent=world.agents["bob"], now=now)

    assert {f"q{waiting.queue_id}", f"a{world.agents['bob'].pk}"} <= told[-1]


def test_without_an_address_nothing_is_told(settings, monkeypatch, world, drain):
    settings.NUDGES_URL = ""
    monkeypatch.setattr(queue, "broadcast", lambda *_: pytest.fail("somebody was told"))

    text_in(world, drain, "Hello")


# --- who may hear what ------------------------------------------------------------------------------


def test_an_agent_hears_their_own_work_and_what_waits_in_their_queues(settings, world, alice, taken):
    settings.NUDGES_URL = ADDRESS
    answer = alice.get(reverse("desk:stream"), {"view": "my", "c": taken.pk})

    topics = topics_in(answer)
    assert {f"a{world.agents['alice'].pk}", f"c{taken.pk}", f"q{taken.queue_id}"} <= topics
    assert f"q{world.billing.pk}" not in topics
    assert answer.json()["address"].startswith(ADDRESS)
    assert answer.json()["soon_ms"] == nudges.LATER_MS
    assert alice.get(reverse("desk:stream"), {"view": "open"}).json()["soon_ms"] == nudges.SOON_MS


def test_a_supervisor_hears_all_queues(settings, as_user, world):
    settings.NUDGES_URL = ADDRESS

    assert "q*" in topics_in(as_user("sam").get(reverse("desk:stream"), {"view": "open"}))


@pytest.mark.parametrize("conversation_id", ["999999", "foreign"])
def test_what_may_not_be_seen_is_not_heard(settings, world, alice, taken, now, conversation_id):
    settings.NUDGES_URL = ADDRESS
    if conversation_id == "foreign":
        services.transfer_to_queue(
            conversation_id=taken.pk, agent=world.agents["alice"], queue=world.billing, now=now
        )
        conversation_id = taken.pk

    assert alice.get(reverse("desk:stream"), {"c": conversation_id}).status_code == 404


def test_without_log_in_or_without_nudges_there_is_no_stream(settings, anonymous, alice):
    assert anonymous.get(reverse("desk:stream")).status_code == 401
    settings.NUDGES_URL = ""
    assert alice.get(reverse("desk:stream")).status_code == 204
    assert "data-stream" not in alice.get("/desk/my/").content.decode()


def test_a_page_knows_its_stream_and_its_policy_allows_it(settings, alice, taken):
    settings.NUDGES_URL = ADDRESS
    page = alice.get("/desk/my/")

    assert 'data-stream="/desk/stream/?view=my"' in page.content.decode()
    assert "connect-src 'self'" in page["Content-Security-Policy"]


def test_asking_for_a_stream_takes_few_statements(settings, alice, taken):
    settings.NUDGES_URL = ADDRESS
    asked = {"view": "my", "c": taken.pk}

    assert statements(lambda: alice.get(reverse("desk:stream"), asked)) <= 7


@pytest.mark.parametrize("view", [*STREAMS, "my;closing", "nothing"])
def test_each_view_has_a_stream(settings, alice, view):
    settings.NUDGES_URL = ADDRESS

    assert alice.get(reverse("desk:stream"), {"view": view}).status_code == 200


def test_page_and_feed_tell_up_to_which_text_each_conversation_is_known(world, drain, alice, taken):
    page = alice.get(url("conversation", taken)).content.decode()
    taken.refresh_from_db()
    assert f'data-id="{taken.pk}" data-seq="{taken.last_inbound_seq}"' in page
    text_in(world, drain, "And another thing")
    taken.refresh_from_db()

    answer = feed(alice, cursor_in(page), conversation=taken).content.decode()

    assert '<ul id="listed" hidden hx-swap-oob="true">' in answer
    assert f'data-id="{taken.pk}" data-seq="{taken.last_inbound_seq}"' in answer
    assert "And another thing" not in answer.split('id="listed"')[1]


# --- words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topics", "words", "said"),
    [
        (["a1"], ["a1 c5 q2"], lib.NOW),
        (["c5"], ["a1 c5 q2"], lib.NOW),
        (["q2"], ["a1 c5 q2"], lib.SOON),
        (["a9", "q2"], ["a1 c5 q2"], lib.SOON),
        (["a1", "q2"], ["q2", "a1"], lib.NOW),
        (["a1", "q2"], ["a1", "q2"], lib.NOW),
        (["q*"], ["q77"], lib.SOON),
        (["w*"], ["w77"], lib.SOON),
        (["q*"], ["w77"], ""),
        (["a1", "q3"], ["a2 c7 q4 w3"], ""),
        (["a1"], ["*"], lib.SOON),
        ([], ["a1"], ""),
    ],
)
def test_a_stream_hears_the_most_urgent_word_of_its_topics(topics, words, said):
    hub, stream = lib.Hub(), lib.Stream(topics)
    hub.join(stream)

    hub.tell(words)

    assert stream.take() == said
    assert stream.take() == ""


def test_a_stream_that_left_hears_nothing_and_leaves_nothing_behind():
    hub, stream = lib.Hub(), lib.Stream(["a1", "q2"])
    hub.join(stream)
    hub.leave(stream)
    hub.tell(["a1 q2 *"])

    assert stream.take() == ""
    assert len(hub) == 0
    assert hub._by_topic == {}


def test_a_token_cannot_be_forged_changed_or_kept():
    token = lib.sign(["a1", "q2"])
    assert lib.read(token) == ["a1", "q2"]
    for bad in ["", "x", token[:-1], token.replace(":", "."), signing.dumps(["a1"], salt="other")]:
        with pytest.raises(signing.BadSignature):
            lib.read(bad)
    with time_machine.travel(10**10), pytest.raises(signing.SignatureExpired):
        lib.read(token)


# --- the server -------------------------------------------------------------------------------------


class Page:
    """An ASGI client: what it was sent, and when it goes."""

    def __init__(self, token, method="GET", path="/"):
        query = f"token={token}".encode()
        self.scope = {"type": "http", "method": method, "path": path, "query_string": query}
        self.sent = asyncio.Queue()
        self.gone = asyncio.Event()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def word(self):
        while True:
            message = await asyncio.wait_for(self.sent.get(), 5)
            if message["type"] == "http.response.start":
                self.headers = dict(message["headers"])
                self.status = message["status"]
            elif message["body"]:
                return message["body"].decode().removeprefix("data: ").strip()
            else:
                return None


async def opened(page):
    task = asyncio.create_task(server.application(page.scope, page.receive, page.sent.put))
    return task, await page.word()


def test_a_stream_says_hello_then_each_nudge_and_ends_with_its_page():
    async def run():
        page = Page(lib.sign(["a1", "q2"]))
        task, first = await opened(page)
        assert (first, page.status, page.headers[b"content-type"]) == ("hello", 200, b"text/event-stream")
        assert page.headers[b"access-control-allow-origin"]
        server.hub.tell(["c9 q2"])
        assert await page.word() == "soon"
        server.hub.tell(["a1"])
        assert await page.word() == "now"
        page.gone.set()
        await asyncio.wait_for(task, 5)
        assert len(server.hub) == 0

    asyncio.run(run())


def test_many_nudges_in_a_moment_are_one_or_two():
    async def run():
        page = Page(lib.sign(["a1"]))
        task, _ = await opened(page)
        for _ in range(100):
            server.hub.tell(["a1"])
            await asyncio.sleep(0)
        await asyncio.sleep(2 * server.GAP_S)
        assert page.sent.qsize() <= 2
        page.gone.set()
        await asyncio.wait_for(task, 5)

    asyncio.run(run())


def test_a_stream_shows_life_and_ends_after_its_time(monkeypatch):
    monkeypatch.setattr(server, "PING_S", 0.01)
    monkeypatch.setattr(server, "LONGEST_S", 0.2)

    async def run():
        page = Page(lib.sign(["a1"]))
        task, _ = await opened(page)
        await asyncio.wait_for(task, 5)
        words = [await page.word() for _ in range(page.sent.qsize())]
        assert words[0] == "ping"
        assert words[-2:] == ["again", None]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (lambda: Page("forged"), 403),
        (lambda: Page(""), 403),
        (lambda: Page(lib.sign(["a1"]), method="POST"), 405),
        (lambda: Page("", path="/nudges/healthz"), 200),
    ],
)
def test_what_is_no_stream_gets_an_answer_at_once(page, status):
    async def run():
        client = page()
        task, word = await opened(client)
        await task
        assert (client.status, word) == (status, None)

    asyncio.run(run())
