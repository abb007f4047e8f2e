import pytest
from django.urls import reverse

from agents.models import User
from conversations import services
from conversations.feed import Cursor, decode, encode
from conversations.models import Message
from conversations.parts import PARTS, WATCHED, Watched
from tests.conversations.desk import cursor_in, feed, report, statements, text_in, url, write


def open_page(client, conversation, view="my"):
    return cursor_in(client.get(url("conversation", conversation, view)).content.decode())


def test_a_cursor_survives_its_way_through_the_browser():
    cursor = Cursor({"rows": "0123456789", "counts": "abcdef0123"}, 7, 1, 12, False)

    assert decode(encode(cursor)) == cursor
    assert decode(encode(Cursor({"rows": "0123456789"}))) == Cursor({"rows": "0123456789"})


def test_each_part_has_a_name_of_its_own_that_a_cursor_can_carry():
    names = [part.name for part in (*PARTS, *WATCHED)] + ["rows", "counts", "window"]

    cursor = Cursor(dict.fromkeys(names, "0123456789"))

    assert len(set(names)) == len(names)
    assert decode(encode(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1.2.3",
        "1." + "0" * 400,
        "1.0123456789.abcdef0123.0.0.0.1.-.-.-",
        "2.1.1.1.1",
        "2.1.1.1.1.rows",
        "\x00",
    ],
)
def test_garbage_is_no_cursor(text):
    assert decode(text) is None


def test_when_nothing_changed_there_is_nothing(alice, taken):
    cursor = open_page(alice, taken)

    assert feed(alice, cursor, conversation=taken).status_code == 204


@pytest.mark.parametrize("view", ["my", "open", "closed"])
def test_when_nothing_changed_in_a_list_there_is_nothing(alice, taken, view):
    cursor = cursor_in(alice.get(reverse("desk:list", args=[view])).content.decode())

    assert feed(alice, cursor, view=view).status_code == 204


@pytest.mark.parametrize("username", ["alice", "sam"])
def test_nothing_changed_takes_at_most_6_statements_and_one_for_who_else_is_here(as_user, taken, username):
    client = as_user(username)
    cursor = open_page(client, taken)
    listed = cursor_in(client.get("/desk/open/").content.decode())

    assert statements(lambda: feed(client, cursor, conversation=taken)) <= 7
    assert statements(lambda: feed(client, listed, view="open")) <= 6


def test_a_new_text_is_appended_and_the_composer_is_left_alone(world, drain, alice, taken):
    cursor = open_page(alice, taken)
    text_in(world, drain, "And another thing")

    response = feed(alice, cursor, conversation=taken)

    answer = response.content.decode()
    appended = answer.split('hx-swap-oob="beforeend:#messages"')[1].split("</ol>")[0]
    assert "And another thing" in appended
    assert "where is my parcel" not in appended
    assert "New text from" in answer
    assert "<textarea" not in answer
    assert 'id="commands"' not in answer
    assert feed(alice, cursor_in(answer), conversation=taken).status_code == 204


def test_the_day_is_said_once(world, drain, alice, taken):
    cursor = open_page(alice, taken)
    text_in(world, drain, "Same day")

    assert 'class="day"' not in feed(alice, cursor, conversation=taken).content.decode()


def test_a_changed_tick_replaces_its_bubble(alice, taken, now):
    write(alice, taken, "At noon")
    cursor = open_page(alice, taken)
    message = Message.objects.get(direction="outbound")
    report(message.delivery, "delivered", now=now)

    answer = feed(alice, cursor, conversation=taken).content.decode()

    assert f'id="m-{message.pk}" hx-swap-oob="true"' in answer
    assert "✓✓</span> delivered" in answer
    assert "beforeend:#messages" not in answer


def test_a_new_open_conversation_changes_list_and_counts(world, drain, alice, taken):
    cursor = cursor_in(alice.get("/desk/open/").content.decode())
    text_in(world, drain, "I am new here", sender="+14255550177")

    answer = feed(alice, cursor, view="open").content.decode()

    assert '<div id="rows" hx-swap-oob="innerHTML">' in answer
    assert "I am new here" in answer
    assert '<span class="count">1</span>' in answer
    assert feed(alice, cursor_in(answer), view="open").status_code == 204


def test_what_happens_in_other_lists_changes_only_the_counts(world, drain, alice, taken):
    cursor = open_page(alice, taken)
    text_in(world, drain, "I am new here", sender="+14255550177")

    answer = feed(alice, cursor, conversation=taken).content.decode()

    assert 'id="views"' in answer
    assert 'id="rows"' not in answer
    assert 'id="about"' not in answer
    assert feed(alice, cursor_in(answer), conversation=taken).status_code == 204


def test_a_lost_conversation_changes_its_commands_and_its_composer(world, alice, bob, waiting):
    cursor = open_page(alice, waiting, "open")
    bob.post(url("pick", waiting, "open"))

    answer = feed(alice, cursor, view="open", conversation=waiting).content.decode()

    assert ">Pick<" not in answer.split('id="commands"')[1]
    assert "Bob has this conversation." in answer


def test_stop_takes_the_field_away_and_start_brings_it_back(world, drain, alice, taken):
    cursor = open_page(alice, taken)
    text_in(world, drain, "STOP")
    stopped = feed(alice, cursor, conversation=taken).content.decode()
    assert 'id="reply-panel"' in stopped
    assert "<textarea" not in stopped

    text_in(world, drain, "START")
    started = feed(alice, cursor_in(stopped), conversation=taken).content.decode()

    assert 'id="reply-text"' in started
    assert 'id="note-text"' not in started


def test_a_watched_part_is_replaced_when_what_it_shows_changed(alice, taken, monkeypatch):
    shown = ["nobody"]
    watched = Watched(name="here", template="desk/_capacity.html", look=lambda *_: shown[0])
    monkeypatch.setattr("conversations.feed.WATCHED", (watched,))
    monkeypatch.setattr("conversations.parts.WATCHED", (watched,))
    cursor = open_page(alice, taken)
    assert feed(alice, cursor, conversation=taken).status_code == 204

    shown[0] = "Bob"
    answer = feed(alice, cursor, conversation=taken).content.decode()

    assert 'id="capacity" hx-swap-oob="true"' in answer
    assert 'id="about"' not in answer
    assert 'id="rows"' not in answer
    assert feed(alice, cursor_in(answer), conversation=taken).status_code == 204


@pytest.mark.parametrize("garbage", ["", "nonsense", "1.2.3"])
def test_without_a_readable_cursor_everything_is_told_but_nothing_is_doubled(
    world, drain, alice, taken, garbage
):
    answer = feed(alice, garbage, conversation=taken).content.decode()

    assert '<ol id="messages" hx-swap-oob="innerHTML">' in answer
    assert answer.count('<div class="bubble" dir="auto">Hello, where is my parcel?</div>') == 1
    assert "<textarea" not in answer
    assert feed(alice, cursor_in(answer), conversation=taken).status_code == 204


def test_more_news_than_a_page_holds_are_told_as_a_whole(alice, taken, now, world):
    cursor = open_page(alice, taken)
    Message.objects.bulk_create(
        Message(conversation=taken, seq=taken.last_seq + n, direction="system", text=f"line {n:03}",
                version=taken.version + 1, created_at=now)
        for n in range(1, 251)
    )  # fmt: skip
    type(taken).objects.update(last_seq=taken.last_seq + 250, version=taken.version + 1)

    answer = feed(alice, cursor, conversation=taken).content.decode()

    assert '<ol id="messages" hx-swap-oob="innerHTML">' in answer
    assert "line 250" in answer
    assert "line 050" not in answer
    assert feed(alice, cursor_in(answer), conversation=taken).status_code == 204


def test_on_a_page_of_earlier_messages_nothing_is_appended(world, drain, alice, taken):
    page = alice.get(url("conversation", taken), {"before": taken.last_seq}).content.decode()
    text_in(world, drain, "And another thing")

    answer = feed(alice, cursor_in(page), conversation=taken).content.decode()

    assert "beforeend:#messages" not in answer
    assert feed(alice, cursor_in(answer), conversation=taken).status_code == 204


def test_after_logging_out_the_feed_says_401(anonymous, taken):
    assert feed(anonymous, "", conversation=taken).status_code == 401


def test_without_a_role_the_feed_says_403(client, world):
    client.force_login(User.objects.create_user("stranger"))

    assert feed(client, "").status_code == 403


def test_what_may_no_longer_be_seen_answers_as_what_does_not_exist(world, alice, taken, now):
    cursor = open_page(alice, taken)
    services.transfer_to_queue(
        conversation_id=taken.pk, agent=world.agents["alice"], queue=world.billing, now=now
    )

    gone = feed(alice, cursor, conversation=taken)
    missing = alice.get(reverse("desk:feed"), {"view": "my", "c": "999999", "cursor": cursor})

    assert gone.status_code == missing.status_code == 404
    assert gone.content == missing.content


def test_texts_in_the_feed_are_escaped(world, drain, alice, taken):
    cursor = open_page(alice, taken)
    text_in(world, drain, "<script>alert(1)</script>")

    answer = feed(alice, cursor, conversation=taken).content.decode()

    assert "<script>" not in answer
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer


def test_pages_need_no_inline_code_or_style(alice, taken):
    response = alice.get(url("conversation", taken))
    page = response.content.decode()

    assert "style=" not in page
    assert "onclick" not in page
    assert page.count("<script") == page.count("<script src=") + page.count("<script defer src=")
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
