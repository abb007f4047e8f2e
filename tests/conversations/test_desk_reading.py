from datetime import timedelta

import pytest
from django.urls import reverse

from agents.models import User
from channels_app.models_media import Media
from contacts.models import Contact
from conversations import services, writing
from conversations.models import Conversation
from routing.conditions import Condition, all_of
from routing.models import RoutingRule
from routing.services import save_rule
from tests.conversations.desk import report, statements, text_in, url
from tests.world import CUSTOMER


def page_of(client, view):
    return client.get(reverse("desk:list", args=[view])).content.decode()


def to_billing(world):
    rule = RoutingRule(work_stream=world.stream, name="Invoices", queue=world.billing)
    save_rule(rule, all_of(Condition("first_message", "contains", "invoice")))


# --- who may ---------------------------------------------------------------------------------------


def test_the_desk_begins_with_my_work_items(alice):
    assert alice.get("/desk/").url == "/desk/my/"


@pytest.mark.parametrize("path", ["/desk/my/", "/desk/open/", "/desk/closed/", "/desk/my/1/"])
def test_without_log_in_one_is_sent_to_log_in(world, anonymous, path):
    response = anonymous.get(path)

    assert response.status_code == 302
    assert response.url == f"/login/?next={path}"


def test_somebody_without_a_role_is_told_whom_to_ask(client, world):
    client.force_login(User.objects.create_user("stranger"))

    response = client.get("/desk/my/")

    assert response.status_code == 403
    assert "You have no role yet" in response.content.decode()


def test_an_agent_outside_the_queue_gets_what_a_missing_conversation_gets(world, drain, alice, bob):
    to_billing(world)
    conversation = text_in(world, drain, "My invoice is wrong")
    missing = reverse("desk:conversation", args=["my", 999_999])

    assert bob.get(url("conversation", conversation)).status_code == 200
    forbidden, absent = alice.get(url("conversation", conversation)), alice.get(missing)
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.content == absent.content
    assert alice.post(url("pick", conversation)).status_code == 404


def test_an_unknown_list_is_not_found(alice):
    assert alice.get("/desk/everything/").status_code == 404


# --- lists -----------------------------------------------------------------------------------------


def test_open_work_items_are_those_of_my_queues(world, drain, as_user, alice, bob):
    to_billing(world)
    text_in(world, drain, "Please check my invoice")

    assert "Please check my invoice" not in page_of(alice, "open")
    assert "Please check my invoice" in page_of(bob, "open")
    assert "Please check my invoice" in page_of(as_user("sam"), "open")


def test_open_work_items_come_by_priority_of_queue_then_longest_waiting(world, drain, bob):
    to_billing(world)
    text_in(world, drain, "first", sender="+14255550101")
    text_in(world, drain, "second", sender="+14255550102")
    text_in(world, drain, "invoice", sender="+14255550103")

    page = page_of(bob, "open")

    assert page.index(">invoice<") < page.index(">first<") < page.index(">second<")


def test_my_work_items_tell_their_states_apart(world, drain, alice, now):
    for number, then in enumerate([[], [services.end], [services.close_session]]):
        conversation = text_in(world, drain, "Hello", sender=f"+1425555010{number}")
        for step in [services.pick, *then]:
            step(conversation_id=conversation.pk, agent=world.agents["alice"], now=now)

    page = page_of(alice, "my")

    for state in ("Active", "Wrap-up", "Waiting"):
        assert f">{state}</span>" in page


def test_closed_work_items_are_mine_of_the_past_24_hours(world, drain, alice, bob, now, taken):
    services.end(conversation_id=taken.pk, agent=world.agents["alice"], now=now)
    services.close_session(conversation_id=taken.pk, agent=world.agents["alice"], now=now)

    assert "where is my parcel" in page_of(alice, "closed")
    assert "where is my parcel" not in page_of(bob, "closed")
    Conversation.objects.update(closed_at=now - timedelta(hours=25))
    assert "where is my parcel" not in page_of(alice, "closed")


def test_a_row_shows_who_spoke_last_and_what_failed(world, alice, taken, now):
    assert 'class="badge">1<' in page_of(alice, "my")

    sent = writing.reply(conversation_id=taken.pk, agent=world.agents["alice"], text="At noon", now=now)
    report(sent.delivery, "undelivered", now=now, code="30003")

    page = page_of(alice, "my")
    assert "You: <bdi>At noon</bdi>" in page
    assert "not delivered" in page


def test_a_long_list_is_read_page_by_page_and_misses_nobody(world, drain, alice):
    for number in range(53):
        text_in(world, drain, f"text {number:02}", sender=f"+1425555{2000 + number}")

    first = page_of(alice, "open")
    older = first.split('class="more"')[1].split('href="')[1].split('"')[0]
    second = alice.get(older.replace("&amp;", "&")).content.decode()

    assert [n for n in range(53) if f">text {n:02}<" in first] == list(range(50))
    assert [n for n in range(53) if f">text {n:02}<" in second] == [50, 51, 52]
    assert "Older" not in second


@pytest.mark.parametrize(
    "key", ["x", "1~2~3", "1~2026-01-01~3", "~~", "9" * 40 + "~2026-01-01T00:00:00+00:00~1"]
)
def test_a_spoilt_key_shows_the_first_page(alice, waiting, key):
    response = alice.get(reverse("desk:list", args=["open"]), {"after": key})

    assert response.status_code == 200
    assert "where is my parcel" in response.content.decode()


def test_counts_stop_at_99(world, waiting, alice, drain, monkeypatch):
    from conversations import list_counts, navigation

    monkeypatch.setattr(list_counts, "MOST_COUNTED", 3)
    monkeypatch.setattr(navigation, "MOST_COUNTED", 3)
    for number in range(4):
        text_in(world, drain, "Hello", sender=f"+1425555300{number}")

    assert '<span class="count">2+</span>' in page_of(alice, "open")


# --- the thread ------------------------------------------------------------------------------------


def test_markup_in_texts_and_names_is_shown_as_it_was_typed(world, drain, alice):
    evil = "<script>alert(1)</script>"
    Contact.objects.create(last_name=evil, mobile_phone=CUSTOMER)
    RoutingRule.objects.create(work_stream=world.stream, name=evil, queue=world.default_queue)
    conversation = text_in(world, drain, evil)

    page = alice.get(url("conversation", conversation, "open")).content.decode()

    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4


def test_blanks_and_line_ends_of_a_text_are_kept(world, drain, alice):
    conversation = text_in(world, drain, "one\n\n  two")

    page = alice.get(url("conversation", conversation, "open")).content.decode()

    assert '<div class="bubble" dir="auto">one\n\n  two</div>' in page


@pytest.mark.parametrize(
    ("contacts", "sentence"),
    [
        (
            0,
            "No records found. Search for an existing customer record or create a new one to link to this "
            "conversation",
        ),
        (2, "One or more records found. Select a record or create new"),
    ],
)
def test_identification_is_told_in_the_documents_words(world, drain, alice, contacts, sentence):
    for number in range(contacts):
        Contact.objects.create(last_name=f"Twin {number}", mobile_phone=CUSTOMER)
    conversation = text_in(world, drain, "Hello")

    assert sentence in alice.get(url("conversation", conversation, "open")).content.decode()


def test_the_page_says_why_the_conversation_is_in_its_queue(world, drain, bob):
    to_billing(world)
    RoutingRule.objects.create(work_stream=world.stream, position=2, name="All", queue=world.default_queue)
    conversation = text_in(world, drain, "My invoice")

    page = bob.get(url("conversation", conversation, "open")).content.decode()

    assert "Rule “Invoices” was true." in page
    assert "<bdi>Invoices</bdi>: true" in page
    assert "<bdi>All</bdi>: not asked, an earlier one was true" in page


def test_attachments_from_before_files_were_kept_are_counted(world, drain, alice):
    conversation = text_in(world, drain, "See here", NumMedia="2")
    Media.objects.all().delete()

    assert "2 attachments (not kept)" in alice.get(url("conversation", conversation)).content.decode()


@pytest.mark.parametrize(
    ("state", "words", "may_retry"),
    [
        ("pending", "waiting to leave", False),
        ("sent", "sent", False),
        ("delivered", "delivered", False),
        ("read", "read", False),
        ("undelivered", "Not delivered: The phone was unreachable.", True),
        ("failed", "Not delivered: The phone was unreachable.", True),
        ("unknown", "Nobody knows whether it arrived: The phone was unreachable.", True),
        ("canceled", "Not sent: The phone was unreachable.", False),
    ],
)
def test_the_story_of_a_delivery_is_told_in_words(world, alice, taken, now, state, words, may_retry):
    sent = writing.reply(conversation_id=taken.pk, agent=world.agents["alice"], text="Hi", now=now)
    explanation = "" if state == "pending" else "The phone was unreachable."
    type(sent.delivery).objects.update(state=state, explanation=explanation)

    page = alice.get(url("conversation", taken)).content.decode()

    assert words in page
    assert ("Try again" in page) is may_retry
    assert ("it may arrive twice" in page) is (state == "unknown")


def test_a_failure_links_to_the_providers_explanation(world, alice, taken, now):
    sent = writing.reply(conversation_id=taken.pk, agent=world.agents["alice"], text="Hi", now=now)
    report(sent.delivery, "undelivered", now=now, code="30003")

    page = alice.get(url("conversation", taken)).content.decode()

    assert 'href="https://www.twilio.com/docs/api/errors/30003"' in page


def test_earlier_conversations_can_be_read_by_who_talks_to_the_customer_and_not_acted_on(
    world, drain, alice, bob, now
):
    to_billing(world)
    earlier = text_in(world, drain, "My first invoice")
    for step in (services.pick, services.end, services.close_session):
        step(conversation_id=earlier.pk, agent=world.agents["bob"], now=now)
    current = text_in(world, drain, "Hello again")
    assert alice.get(url("conversation", earlier)).status_code == 404

    alice.post(url("pick", current, "open"))

    assert url("conversation", earlier) in alice.get(url("conversation", current)).content.decode()
    page = alice.get(url("conversation", earlier))
    assert page.status_code == 200
    assert "<textarea" not in page.content.decode()
    for name in ("pick", "reply", "note", "end", "close-session", "release", "transfer"):
        assert alice.post(url(name, earlier), {"text": "x", "form_id": "x"}).status_code == 404


def test_times_are_in_the_readers_zone_and_it_is_named(world, alice, taken):
    User.objects.filter(username="alice").update(time_zone="Asia/Tokyo")

    assert "Times in Asia/Tokyo" in alice.get(url("conversation", taken)).content.decode()


# --- budgets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "view"), [("bob", "my"), ("bob", "open"), ("bob", "closed"), ("sam", "open")]
)
@pytest.mark.parametrize("size", [3, 60])
def test_a_list_takes_at_most_12_statements_at_any_size(world, drain, as_user, now, view, size, username):
    for number in range(size):
        conversation = text_in(world, drain, "Hello", sender=f"+1425555{2000 + number}")
        steps = {
            "open": [],
            "my": [services.pick],
            "closed": [services.pick, services.end, services.close_session],
        }
        for step in steps[view]:
            step(conversation_id=conversation.pk, agent=world.agents[username], now=now)
    client = as_user(username)

    assert statements(lambda: client.get(reverse("desk:list", args=[view]))) <= 12


def test_a_thread_takes_no_more_statements_when_it_is_long(world, drain, alice, taken, now):
    short = statements(lambda: alice.get(url("conversation", taken)))

    for number in range(30):
        text_in(world, drain, f"text {number}")
        writing.reply(conversation_id=taken.pk, agent=world.agents["alice"], text="Hi", now=now)

    assert statements(lambda: alice.get(url("conversation", taken))) <= short <= 26
