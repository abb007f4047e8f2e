"""Somebody else is here: told while it is true, and no longer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations import viewing
from conversations.models_desk import Viewing
from conversations.worklists import Seat
from tests.conversations.desk import cursor_in, feed, url

pytestmark = pytest.mark.django_db


def open_page(client, conversation):
    return client.get(url("conversation", conversation, "open")).content.decode()


def sign(client, conversation, **said):
    return client.post(url("here", conversation, "open"), said)


def seen_by(world, who, conversation, now):
    seat = Seat(world.users[who], world.agents[who])
    return [viewer.words for viewer in viewing.others(seat, conversation.pk, now)]


def test_a_colleague_is_seen_on_a_page_that_is_open_and_gone_when_they_leave(alice, bob, taken):
    cursor = cursor_in(open_page(alice, taken))

    assert sign(bob, taken).status_code == 204
    came = feed(alice, cursor, conversation=taken).content.decode()
    sign(bob, taken, typing="1")
    typing = feed(alice, cursor_in(came), conversation=taken).content.decode()
    sign(bob, taken, left="1")
    gone = feed(alice, cursor_in(typing), conversation=taken).content.decode()

    assert "Bob is here" in came
    assert 'id="about"' not in came
    assert "Bob is typing…" in typing
    assert "Bob" not in gone
    assert feed(alice, cursor_in(gone), conversation=taken).status_code == 204


def test_nobody_is_told_of_themselves(world, alice, taken, now):
    sign(alice, taken, typing="1")

    assert seen_by(world, "alice", taken, now) == []
    assert seen_by(world, "bob", taken, now) == ["Alice is typing…"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, ["Bob is typing…"]), (7, ["Bob is typing…"]), (9, ["Bob is here"]), (39, ["Bob is here"]), (41, [])],
)
def test_signs_of_life_hold_for_some_seconds(world, taken, now, seconds, words):
    viewing.give_sign(user=world.users["bob"], conversation=taken, is_typing=True, now=now)

    assert seen_by(world, "alice", taken, now + timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("second", "is_typing", "writes"),
    [(0, False, 1), (1, True, 1), (3, True, 0), (6, True, 1), (9, False, 0), (17, False, 1)],
)
def test_signs_that_come_soon_cost_no_write(world, taken, now, second, is_typing, writes):
    bob = world.users["bob"]
    earlier = {1: [(0, False)], 3: [(1, True)], 6: [(1, True)], 9: [(6, True)], 17: [(6, True)]}.get(
        second, []
    )
    for at, typed in earlier:
        moment = now + timedelta(seconds=at)
        viewing.give_sign(user=bob, conversation=taken, is_typing=typed, now=moment)

    with CaptureQueriesContext(connection) as asked:
        moment = now + timedelta(seconds=second)
        viewing.give_sign(user=bob, conversation=taken, is_typing=is_typing, now=moment)

    written = [q["sql"] for q in asked.captured_queries if q["sql"].startswith(("INSERT", "UPDATE"))]
    assert len(written) == writes


def test_who_may_not_read_it_is_not_here(world, taken, bob, now):
    type(taken).objects.filter(pk=taken.pk).update(queue=world.billing)
    world.billing.members.clear()

    assert sign(bob, taken).status_code == 404
    assert not Viewing.objects.exists()


def test_a_sign_is_posted(alice, taken):
    assert alice.get(url("here", taken, "open")).status_code == 405


def test_the_rows_of_a_list_say_who_is_at_them_and_are_told_of_it(world, drain, alice, bob, taken):
    page = alice.get("/desk/my/").content.decode()
    assert "is here" not in page

    sign(bob, taken)
    sign(alice, taken)
    answer = feed(alice, cursor_in(page)).content.decode()

    assert '<span class="sr">Bob is here</span>' in answer
    assert "Alice is here" not in answer
    sign(bob, taken, left="1")
    assert "is here" not in feed(alice, cursor_in(answer)).content.decode()


def test_old_signs_are_removed(world, taken, now):
    viewing.give_sign(user=world.users["bob"], conversation=taken, is_typing=False, now=now)

    assert viewing.forget_old(now=now + timedelta(seconds=30)) == 0
    assert viewing.forget_old(now=now + timedelta(seconds=41)) == 1
