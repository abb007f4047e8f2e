"""Reading a thread: its pages, the customer's earlier conversations, what was read, folds and links."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Contact
from conversations import services, writing
from conversations.models import Conversation, Message
from conversations.models_desk import Reading
from tests.conversations.desk import cursor_in, feed, report, statements, text_in, url, write

FRAGMENT = {"HX-Request": "true"}


def lines(conversation, number, *, version=None, at=None):
    """So many lines at the end of a thread; 'line 001' is the first."""
    conversation.refresh_from_db()
    Message.objects.bulk_create(
        Message(conversation=conversation, seq=conversation.last_seq + n, direction="system",
                text=f"line {n:03}", version=version or conversation.version, created_at=at or timezone.now())
        for n in range(1, number + 1)
    )  # fmt: skip
    Conversation.objects.filter(pk=conversation.pk).update(last_seq=conversation.last_seq + number)


def closed_by(agent, conversation, now):
    for step in (services.pick, services.end, services.close_session):
        step(conversation_id=conversation.pk, agent=agent, now=now)


def page_of(client, conversation, **asked):
    return client.get(url("conversation", conversation), asked).content.decode()


def older(client, conversation, **asked):
    return client.get(url("older", conversation), asked, headers=FRAGMENT).content.decode()


# --- pages -----------------------------------------------------------------------------------------


def test_a_long_thread_shows_the_latest_50_and_leads_to_the_earlier_ones(alice, taken):
    lines(taken, 120)

    page = page_of(alice, taken)
    assert "line 120" in page
    assert "line 071" in page
    assert "line 070" not in page

    before = page.split("?before=")[1].split('"')[0]
    page = page_of(alice, taken, before=before)
    assert "line 070" in page
    assert "line 021" in page
    assert "line 071" not in page
    assert "Latest messages" in page
    later = page.split('href="?before=')[1].split('"')[0]
    assert "line 071" in page_of(alice, taken, before=later)


def test_earlier_messages_come_in_above_until_the_beginning(alice, taken):
    lines(taken, 60)
    first = page_of(alice, taken).split("?before=")[1].split('"')[0]

    above = older(alice, taken, before=first, day=timezone.localdate().isoformat())

    assert "where is my parcel" in above
    assert "line 010" in above
    assert "line 011" not in above
    assert "<html" not in above
    assert f'id="day-{first}" hx-swap-oob="delete"' in above, "the day is said once"
    assert 'id="older"' not in above


def test_the_day_of_what_was_shown_stays_when_it_is_another_one(alice, taken):
    lines(taken, 60)

    assert "hx-swap-oob" not in older(alice, taken, before="30", day="2020-01-01")


def test_without_a_script_the_address_of_earlier_messages_is_a_page(alice, taken):
    answer = alice.get(url("older", taken), {"before": "30"})

    assert answer.url == f"{url('conversation', taken)}?before=30"


@pytest.mark.parametrize(
    "asked", [{"before": "x"}, {"before": "-1"}, {"of": "x"}, {"of": "9" * 30}, {"m": "\x00"}]
)
def test_a_number_that_is_none_is_not_asked_for(alice, taken, asked):
    assert alice.get(url("older", taken), asked, headers=FRAGMENT).status_code == 200
    assert alice.get(url("conversation", taken), asked).status_code == 200


def test_a_link_to_a_message_shows_what_was_said_around_it(alice, taken):
    lines(taken, 200)

    page = page_of(alice, taken, m="60")

    assert 'data-seq="60"' in page
    assert 'data-seq="40"' in page
    assert 'data-seq="80"' in page
    assert "line 200" not in page
    assert "Latest messages" in page


def test_each_text_has_its_own_address(alice, taken):
    message = Message.objects.get(direction="inbound")

    assert f'href="{url("conversation", taken)}?m={message.seq}#m-{message.pk}"' in page_of(alice, taken)


def test_the_feed_tells_changes_of_earlier_messages_that_came_in_above(world, alice, taken, now):
    write(alice, taken, "At noon")
    lines(taken, 80)
    page = page_of(alice, taken)
    message = Message.objects.get(direction="outbound")
    report(message.delivery, "delivered", now=now)
    cursor = cursor_in(page)

    unseen = feed(alice, cursor, conversation=taken).content.decode()
    seen = alice.get("/desk/feed/", {"view": "my", "cursor": cursor, "c": taken.pk, "first": "1"})

    assert f'id="m-{message.pk}"' not in unseen
    assert f'id="m-{message.pk}" hx-swap-oob="true"' in seen.content.decode()


# --- the customer's earlier conversations -----------------------------------------------------------


def test_above_the_beginning_are_the_earlier_conversations_of_the_customer(world, drain, alice, now):
    first = text_in(world, drain, "My first question")
    closed_by(world.agents["bob"], first, now)
    second = text_in(world, drain, "My second question")
    closed_by(world.agents["bob"], second, now)
    third = text_in(world, drain, "My third question")
    services.pick(conversation_id=third.pk, agent=world.agents["alice"], now=now)

    page = page_of(alice, third)
    assert f"?of={second.pk}" in page
    above = older(alice, third, of=second.pk)
    assert "My second question" in above
    assert 'class="divider"' in above
    assert "Closed by Bob" in above
    assert f"?of={first.pk}" in above
    top = older(alice, third, of=first.pk)
    assert "My first question" in top
    assert 'id="older"' not in top


def test_earlier_conversations_with_the_contact_count_whatever_number_they_came_from(
    world, drain, alice, now
):
    contact = Contact.objects.create(last_name="Keller")
    other = text_in(world, drain, "From my other phone", sender="+14255550199")
    closed_by(world.agents["bob"], other, now)
    here = text_in(world, drain, "From this phone")
    Conversation.objects.update(contact=contact)
    services.pick(conversation_id=here.pk, agent=world.agents["alice"], now=now)

    assert f"?of={other.pk}" in page_of(alice, here)


def test_earlier_conversations_that_one_may_not_read_are_not_there(world, drain, alice, waiting, now):
    closed_by(world.agents["bob"], waiting, now)
    Conversation.objects.update(queue=world.billing)
    here = text_in(world, drain, "Hello again")

    assert "?of=" not in page_of(alice, here)
    hidden = alice.get(url("older", here), {"of": waiting.pk}, headers=FRAGMENT)
    missing = alice.get(url("older", here), {"of": "999999"}, headers=FRAGMENT)
    assert hidden.status_code == missing.status_code == 404


# --- what was read ----------------------------------------------------------------------------------


def test_a_line_stands_before_the_first_unread_text(world, drain, alice, taken):
    Reading.objects.create(user=world.users["alice"], conversation=taken, seq=taken.last_seq + 1)
    taken.refresh_from_db()
    Reading.objects.update(seq=taken.last_seq)
    text_in(world, drain, "First new one")
    text_in(world, drain, "Second new one")

    page = page_of(alice, taken)

    assert page.count('class="unread"') == 1
    line = page.index('class="unread"')
    assert page.index("where is my parcel?</div>") < line < page.index("First new one</div>")


def test_without_anything_new_or_anything_read_there_is_no_line(world, alice, taken):
    assert 'class="unread"' not in page_of(alice, taken)
    taken.refresh_from_db()
    Reading.objects.create(user=world.users["alice"], conversation=taken, seq=taken.last_seq)
    assert 'class="unread"' not in page_of(alice, taken)


def test_what_one_wrote_oneself_is_not_unread(world, alice, taken):
    taken.refresh_from_db()
    Reading.objects.create(user=world.users["alice"], conversation=taken, seq=taken.last_seq)
    write(alice, taken, "My answer")

    assert 'class="unread"' not in page_of(alice, taken)


def test_what_is_unread_above_the_page_is_counted_and_led_to(world, drain, alice, taken):
    taken.refresh_from_db()
    Reading.objects.create(user=world.users["alice"], conversation=taken, seq=taken.last_seq)
    assert "unread above" not in page_of(alice, taken)
    text_in(world, drain, "First new one")
    text_in(world, drain, "Second new one")
    lines(taken, 60)

    page = page_of(alice, taken)

    link = page.split("2 unread above: go to the first")[0].rsplit('href="', 1)[1].split('"')[0]
    there = alice.get(link).content.decode()
    assert "First new one" not in page.split('id="messages"')[1]
    assert "First new one</div>" in there
    assert f'id="{link.split("#")[1]}"' in there
    assert there.count('class="unread"') == 1
    assert "unread above" not in there


def test_more_than_99_unread_above_are_not_counted(world, alice, taken):
    taken.refresh_from_db()
    Reading.objects.create(user=world.users["alice"], conversation=taken, seq=taken.last_seq)
    lines(taken, 160)
    Message.objects.filter(conversation=taken, text__startswith="line").update(direction="inbound")

    assert "99+ unread above" in page_of(alice, taken)


# --- how texts look ---------------------------------------------------------------------------------


def test_what_is_said_in_one_go_hangs_together_and_a_changed_tick_keeps_it_so(world, alice, taken, now):
    for text in ("One", "Two"):
        write(alice, taken, text)
    one, two = Message.objects.filter(direction="outbound").order_by("seq")

    page = page_of(alice, taken)
    assert f'class="msg outbound" id="m-{one.pk}"' in page
    assert f'class="msg outbound joins" id="m-{two.pk}"' in page
    cursor = cursor_in(page)
    report(two.delivery, "delivered", now=now)
    changed = feed(alice, cursor, conversation=taken).content.decode()
    assert f'class="msg outbound joins" id="m-{two.pk}"' in changed

    Message.objects.filter(pk=one.pk).update(created_at=now - timedelta(minutes=6))
    assert "joins" not in page_of(alice, taken)


def test_links_can_be_clicked_and_nothing_is_unescaped(world, drain, alice):
    text = 'See https://example.com/?a=1&b="><script>alert(1)</script> or javascript:alert(1)'
    conversation = text_in(world, drain, text)

    page = page_of(alice, conversation)

    assert '<a href="https://example.com/?a=1&amp;b=" rel="noopener noreferrer nofollow external"' in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize(
    ("text", "is_folded"), [("x" * 900, False), ("x" * 901, True), ("a\n" * 20 + "a", True)]
)
def test_long_texts_are_folded(world, drain, alice, text, is_folded):
    conversation = text_in(world, drain, text)

    assert ('class="unfold"' in page_of(alice, conversation)) is is_folded


def test_the_line_of_the_routing_leads_to_its_reason(alice, taken):
    assert 'Routed to Default queue. <a class="because" href="#why">Why?</a>' in page_of(alice, taken)


# --- the story of a text ----------------------------------------------------------------------------


@pytest.fixture
def sent(world, taken, now):
    return writing.reply(conversation_id=taken.pk, agent=world.agents["alice"], text="Hi", now=now)


@pytest.mark.parametrize(
    ("state", "error", "prospect", "step"),
    [
        ("undelivered", "unavailable", "It may work later.", "Try again."),
        ("failed", "bad_number", "It will not work", "Ask the customer for another number"),
        ("failed", "bad_credentials", "Our own fault", "Tell an administrator"),
        ("failed", "window_closed", "It may work later.", "Send a content template."),
        ("failed", "content_refused", "It will not work", "Write it differently"),
        ("failed", "erased", "", "Read what the provider says"),
        ("canceled", "opted_out", "It will not work", "Write it anew"),
        ("canceled", "taken_back", "", "There is nothing to do."),
        ("canceled", "customer_wrote", "", "There is nothing to do."),
        ("unknown", "ambiguous", "It may work later.", "Wait: it may still be settled by itself."),
        ("delivered", "", "", "There is nothing to do."),
    ],
)
def test_each_text_says_whether_it_may_work_later_and_one_next_step(
    alice, taken, sent, state, error, prospect, step
):
    type(sent.delivery).objects.update(state=state, error=error, explanation="So it was.")

    box = page_of(alice, taken).split('class="told"')[1].split("</details>")[0]

    assert prospect in box
    assert step in box
    assert box.count("Next step:") + box.count("nothing to do") == 1


def test_a_text_tells_its_story_step_by_step_over_all_attempts(world, drain, alice, taken, sent, now):
    report(sent.delivery, "undelivered", now=now, code="30003", explanation="The phone was unreachable.")
    writing.try_again(message=Message.objects.get(pk=sent.pk), agent=world.agents["alice"], now=now)
    sent.refresh_from_db()
    report(sent.delivery, "delivered", now=now)

    steps = alice.get(url("story", taken, "my", sent.pk), headers=FRAGMENT).content.decode()

    assert "Written by Alice" in steps
    assert "Twilio says: <q>undelivered</q>" in steps
    assert 'href="https://www.twilio.com/docs/api/errors/30003"' in steps
    assert "The phone was unreachable." in steps
    assert steps.index("<q>undelivered</q>") < steps.index("<q>delivered</q>")


def test_without_a_script_the_story_is_a_page_with_it(alice, taken, sent, now):
    report(sent.delivery, "delivered", now=now)

    page = alice.get(url("story", taken, "my", sent.pk), follow=True).content.decode()

    assert "<html" in page
    assert "Twilio says: <q>delivered</q>" in page


def test_only_texts_of_ours_in_this_conversation_have_a_story(world, drain, alice, bob, taken, sent):
    inbound = Message.objects.get(direction="inbound")
    other = text_in(world, drain, "Hello", sender="+14255550188")
    Conversation.objects.filter(pk=taken.pk).update(queue=world.billing, agent=world.agents["bob"])

    assert bob.get(url("story", taken, "my", inbound.pk)).status_code == 404
    assert bob.get(url("story", other, "my", sent.pk)).status_code == 404
    assert alice.get(url("story", taken, "my", sent.pk)).status_code == 404


def test_a_thread_of_one_page_takes_as_many_statements_as_a_short_one(world, drain, alice, taken, now):
    short = statements(lambda: page_of(alice, taken))
    for n in range(20):
        text_in(world, drain, f"text {n}")
        writing.reply(conversation_id=taken.pk, agent=world.agents["alice"], text="Hi", now=now)

    assert statements(lambda: page_of(alice, taken)) == short
    assert statements(lambda: older(alice, taken, before="30")) <= 12
