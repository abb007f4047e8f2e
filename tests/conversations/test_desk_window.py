"""The 24 hours at the desk: the clock, the lists that sort by it, and what takes the composer's place."""

from datetime import timedelta

import pytest
from django.urls import reverse

from channels_app import window
from conversations import services, worklists
from conversations.models import Conversation, Message
from conversations.presenters import closes_in
from conversations.worklists import Seat, worklist
from tests.channels_app.whatsapp import build_whatsapp, message_params
from tests.conversations.desk import cursor_in, feed, form_id_of, statements, text_in, url
from tests.world import post_webhook

H, M = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def whatsapp(world):
    return build_whatsapp(world)


@pytest.fixture
def talking(whatsapp, drain):
    """A WhatsApp conversation of Alice's, a minute old."""
    whatsapp.hears("Hello", number=1)
    return whatsapp.picked(drain)


def move(conversation, by):
    """As if everything the customer said had been said so much earlier."""
    said = conversation.messages.filter(direction="inbound")
    for message in said:
        text = message.inbound_text
        text.received_at -= by
        text.save()
    conversation.refresh_from_db()
    conversation.window_closes_at -= by
    conversation.save()


def page(client, conversation, **query):
    return client.get(url("conversation", conversation), query).content.decode()


def composer(html):
    return html.split('id="reply-panel"')[1].split('id="note-panel"')[0]


# --- the clock --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (2 * H + 10 * M + timedelta(seconds=59), "Closes in 2 h 10 min"),
        (4 * H, "Closes in 4 h 0 min"),
        (H, "Closes in 1 h 0 min"),
        (59 * M, "Closes in 59 min"),
        (M, "Closes in 1 min"),
        (timedelta(seconds=59), "Closes in under 1 min"),
        (timedelta(0), "Closes in under 1 min"),
    ],
)
def test_what_is_left_is_said_in_words(left, words):
    assert closes_in(left) == words


@pytest.mark.parametrize(
    ("gone", "hidden", "words"),
    [
        (19 * H, True, "Closes in 4 h"),
        (21 * H, False, "Closes in 2 h 59 min"),
        (25 * H, False, "24 hours over"),
    ],
)
def test_the_clock_is_shown_from_four_hours_on_in_list_and_thread(talking, alice, gone, hidden, words):
    move(talking, gone)

    html = page(alice, talking)

    clocks = [chip.split("</span>")[0] for chip in html.split('class="chip clock')[1:]]
    assert len(clocks) == 2
    for chip in clocks:
        assert words in chip
        assert (" hidden>" in chip) == hidden
        assert 'title="Close' in chip


def test_sms_has_no_clock(alice, taken):
    assert "clock" not in page(alice, taken)


# --- lists ------------------------------------------------------------------------------------------


@pytest.fixture
def three(whatsapp, world, drain):
    """Open conversations by WhatsApp that close in 1, 3 and 20 hours, one that is over, and one by SMS."""
    found = {}
    for number, (name, gone) in enumerate(
        [("one", 23), ("three", 21), ("twenty", 4), ("over", 30)], start=901
    ):
        params = message_params(f"left {name}", number=number) | {"From": f"whatsapp:+1425555{number}"}
        assert post_webhook(whatsapp.inbound_url, params).status_code == 200
        drain()
        found[name] = Conversation.objects.latest("id")
        move(found[name], gone * H)
    text_in(world, drain, "left sms")
    return found


def order_of(client, view):
    html = client.get(reverse("desk:list", args=[view])).content.decode()
    names = ["one", "three", "twenty", "over", "sms"]
    return sorted((n for n in names if f">left {n}<" in html), key=lambda n: html.index(f">left {n}<"))


def test_closing_soon_is_what_closes_within_four_hours_the_first_first(three, alice):
    assert order_of(alice, "open;closing") == ["one", "three"]


def test_closing_first_sorts_everything_and_leaves_nothing_out(three, alice):
    assert order_of(alice, "open;order=window") == ["one", "three", "twenty", "over", "sms"]


def test_a_list_that_is_sorted_by_closing_is_read_page_by_page(three, alice, monkeypatch, world, now):
    monkeypatch.setattr(worklists, "PAGE", 2)
    seat = Seat(world.users["alice"], world.agents["alice"])
    seen, after = [], ""
    for _ in range(3):
        got = worklists.page(worklist("open;order=window"), seat=seat, after=after, now=now)
        seen.append([row.last_text for row in got.rows])
        after = got.older

    assert seen == [["left one", "left three"], ["left twenty", "left over"], ["left sms"]]
    assert after == ""


@pytest.mark.parametrize("key", ["then~", "then~1~2", "then~then~1", "2026-01-01~1", "~", "then"])
@pytest.mark.parametrize("view", ["open;order=window", "my;closing"])
def test_a_spoilt_key_of_a_sorted_list_is_the_first_page(alice, view, key):
    assert alice.get(reverse("desk:list", args=[view]), {"after": key}).status_code == 200


def test_the_views_are_offered_where_there_is_a_limit_and_stay_chosen(whatsapp, talking, alice):
    html = alice.get("/desk/my;closing/").content.decode()

    assert 'href="/desk/my;order=window/"' in alice.get("/desk/my/").content.decode()
    assert "Nothing closes within the next 4 hours." in html
    assert alice.get("/desk/closed;order=window/").status_code == 404
    form = {"text": "Hi", "form_id": form_id_of(alice, talking)}
    answer = alice.post(url("reply", talking, "my;order=window"), form)
    assert answer.url == url("conversation", talking, "my;order=window")


def test_without_such_a_channel_nothing_is_offered(world, alice):
    assert "order=window" not in alice.get("/desk/my/").content.decode()


def test_the_feed_tells_a_list_that_something_began_to_close(talking, alice):
    cursor = cursor_in(alice.get("/desk/my;closing/").content.decode())
    assert feed(alice, cursor, view="my;closing").status_code == 204
    move(talking, 22 * H)

    assert ">Hello<" in feed(alice, cursor, view="my;closing").content.decode()


# --- when they are over -----------------------------------------------------------------------------


def test_the_exact_sentence_takes_the_composers_place(talking, alice):
    move(talking, 25 * H)

    panel = composer(page(alice, talking))

    assert f">{window.SENTENCE}</p>" in panel
    assert "<textarea" not in panel
    assert "No content template can be sent from this number" in panel


def test_a_text_that_was_begun_in_time_is_refused_with_the_sentence_and_kept(talking, alice):
    form_id = form_id_of(alice, talking)
    move(talking, 25 * H)

    answer = alice.post(url("reply", talking), {"text": "Too late", "form_id": form_id})

    assert answer.status_code == 422
    panel = composer(answer.content.decode())
    assert window.SENTENCE in panel
    assert "Too late" in panel
    assert not Message.objects.filter(direction="outbound").exists()


def test_the_composer_goes_by_itself_when_the_hours_end(talking, alice):
    cursor = cursor_in(page(alice, talking))
    assert feed(alice, cursor, conversation=talking).status_code == 204
    move(talking, 25 * H)

    answer = feed(alice, cursor, conversation=talking).content.decode()

    assert window.SENTENCE in composer(answer + 'id="note-panel"')
    assert feed(alice, cursor_in(answer), conversation=talking).status_code == 204


def test_an_asking_feed_takes_no_more_statements_for_it(talking, alice):
    cursor = cursor_in(page(alice, talking))

    # Session, person, seat, counts, rows, the thread, and who else has it open.
    assert statements(lambda: feed(alice, cursor, conversation=talking)) <= 7


# --- content templates ------------------------------------------------------------------------------


def test_the_picker_offers_approved_templates_and_finds_by_word_and_language(whatsapp, talking, alice):
    whatsapp.template(name="order_ready")
    whatsapp.template(name="order_ready", language="de", body="Hallo {{1}}, {{2}} ist fertig.")
    whatsapp.template(name="rejected_one", approval="rejected")
    move(talking, 25 * H)

    everything = composer(page(alice, talking))
    german = composer(page(alice, talking, language="de"))
    nothing = composer(page(alice, talking, find="zebra"))

    assert everything.count('class="offer"') == 2
    assert "rejected_one" not in everything
    assert "ist fertig" in german
    assert german.count('class="offer"') == 1
    assert "No content template has these words" in nothing


def test_a_chosen_template_has_a_field_for_each_variable_with_its_example(whatsapp, talking, alice):
    template = whatsapp.template()

    panel = composer(page(alice, talking, template=template.pk, **{"v-1": "<b>Ana"}))

    assert '<details class="templates" id="templates" open>' in panel
    assert 'placeholder="bike"' in panel
    assert 'value="&lt;b&gt;Ana"' in panel
    assert 'data-variable="1">&lt;b&gt;Ana</span>' in panel
    assert 'data-variable="2">{{2}}</span>' in panel


def test_the_picker_alone_is_given_to_htmx_and_the_page_to_everybody_else(whatsapp, talking, alice):
    template = whatsapp.template()
    address = url("templates", talking)

    part = alice.get(address, {"template": template.pk}, headers={"HX-Request": "true"})

    assert part.content.decode().lstrip().startswith('<div class="picker"')
    assert (
        alice.get(address, {"template": template.pk}).url
        == f"{url('conversation', talking)}?template={template.pk}"
    )


def send(client, conversation, template, **values):
    form_id = composer(page(client, conversation, template=template.pk)).split('class="fill"')[1]
    form_id = form_id.split('name="form_id" value="')[1].split('"')[0]
    return client.post(
        url("send-template", conversation), {"template": template.pk, "form_id": form_id, **values}
    )


def test_a_template_goes_out_when_the_hours_are_over_and_says_that_it_is_one(whatsapp, talking, alice):
    template = whatsapp.template()
    move(talking, 25 * H)

    assert send(alice, talking, template, **{"v-1": "Ana", "v-2": "bike"}).status_code == 303

    message = Message.objects.get(direction="outbound")
    assert message.text == "Hello Ana, your bike is ready."
    assert "Content template: order_ready (en)" in page(alice, talking)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"v-1": "Ana"}, "Fill in {{2}}."),
        ({"v-1": "Ana", "v-2": "   "}, "Fill in {{2}}."),
        ({"v-1": "Ana", "v-2": "one\ttwo"}, "WhatsApp takes no new lines, tabs or rows of blanks in {{2}}."),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field_and_nothing_is_sent(
    whatsapp, talking, alice, values, told
):
    answer = send(alice, talking, whatsapp.template(), **values)

    assert answer.status_code == 422
    panel = composer(answer.content.decode())
    field = panel.split('name="v-2"')[1].split("</p>")[0]
    assert told in field
    assert 'aria-invalid="true"' in panel
    assert 'value="Ana"' in panel
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_template_that_was_withdrawn_meanwhile_is_refused(whatsapp, talking, alice, now):
    template = whatsapp.template()
    whatsapp.template(name="another")
    form = {"template": template.pk, "form_id": "x", "v-1": "Ana", "v-2": "bike"}
    template.gone_at = now
    template.save()

    answer = alice.post(url("send-template", talking), form)

    assert answer.status_code == 422
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_preview_without_a_script_sends_nothing(whatsapp, talking, alice):
    template = whatsapp.template()

    answer = send(alice, talking, template, preview="1", **{"v-1": "Ana"})

    assert answer.status_code == 200
    assert 'data-variable="1">Ana</span>' in answer.content.decode()
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_double_click_sends_one_template(whatsapp, talking, alice):
    form = {"template": whatsapp.template().pk, "form_id": "twice", "v-1": "Ana", "v-2": "bike"}

    for _ in range(2):
        assert alice.post(url("send-template", talking), form).status_code == 303

    assert Message.objects.filter(direction="outbound").count() == 1


def test_whoever_has_not_got_it_is_told_to_pick_it_first(whatsapp, talking, alice, world, now):
    whatsapp.template()
    services.release(conversation_id=talking.pk, agent=world.agents["alice"], now=now)
    move(talking, 25 * H)

    panel = composer(page(alice, talking))

    assert window.SENTENCE in panel
    assert "Pick this conversation to send a content template." in panel
    assert 'id="picker"' not in panel
