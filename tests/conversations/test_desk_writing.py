import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from channels_app.models_deliveries import Delivery
from conversations import writing
from conversations.models import Conversation, Message
from conversations.models_desk import DeskSettings, Draft
from tests.conversations.desk import form_id_of, text_in, url, write


@pytest.fixture
def held(db, world):
    """Replies can be taken back for five seconds."""
    DeskSettings.objects.update(undo_seconds=5)


def page_of(client, conversation):
    return client.get(url("conversation", conversation)).content.decode()


def post(client, conversation, **typed):
    return client.post(
        url("reply", conversation), {"form_id": form_id_of(client, conversation), "text": "Hi", **typed}
    )


def keep(client, conversation, text, *, kind="reply", known="", form_id="x"):
    typed = {"kind": kind, "text": text, "known": known, "form_id": form_id}
    return client.post(url("draft", conversation), typed)


def on_the_clock(moment):
    """As a date field of the browser has it."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


# --- taking back -----------------------------------------------------------------------------------


def test_a_reply_can_be_taken_back_on_the_page_and_is_in_the_composer_again(alice, taken, held):
    before = timezone.now()
    write(alice, taken, "It arrives <b>at noon")
    sent = Message.objects.get(direction="outbound")
    assert before + timedelta(seconds=5) <= sent.delivery.not_before <= timezone.now() + timedelta(seconds=5)
    page = page_of(alice, taken)
    assert url("take-back", taken, "my", sent.pk) in page

    answer = alice.post(url("take-back", taken, "my", sent.pk))

    assert (answer.status_code, answer.url) == (303, url("conversation", taken))
    page = page_of(alice, taken)
    assert "It arrives &lt;b&gt;at noon</textarea>" in page
    assert url("take-back", taken, "my", sent.pk) not in page
    assert Delivery.objects.get().state == "canceled"


def test_what_has_left_cannot_be_taken_back_and_one_is_told(alice, taken, held):
    write(alice, taken, "Hi")
    Delivery.objects.update(state="leaving")
    sent = Message.objects.get(direction="outbound")

    answer = alice.post(url("take-back", taken, "my", sent.pk))

    assert answer.status_code == 303
    assert [str(m) for m in get_messages(answer.wsgi_request)] == [
        "It has left already: it cannot be taken back."
    ]


@pytest.mark.parametrize("name", ["take-back", "send-now", "change-time"])
def test_only_texts_of_this_conversation_that_one_may_act_on_can_be_changed(alice, bob, world, taken, name):
    inbound = taken.messages.get(direction="inbound")
    assert alice.post(url(name, taken, "my", inbound.pk)).status_code == 404
    assert alice.post(url(name, taken, "my", 10**9)).status_code == 404


def test_a_colleague_sees_what_waits_and_no_button(bob, world, taken, now):
    writing.reply(
        conversation_id=taken.pk,
        agent=world.agents["alice"],
        text="Tomorrow then",
        now=now,
        not_before=now + timedelta(hours=1),
    )

    panel = page_of(bob, taken).split('id="planned"')[1].split('class="compose"')[0]

    assert "Tomorrow then" in panel
    assert "<form" not in panel


# --- later -----------------------------------------------------------------------------------------


def test_a_text_is_scheduled_on_the_persons_own_clock(alice, world, taken):
    world.users["alice"].time_zone = "Asia/Kolkata"
    world.users["alice"].save()
    at = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    said = at.astimezone(ZoneInfo("Asia/Kolkata")).strftime("%Y-%m-%dT%H:%M")

    answer = post(alice, taken, later="1", send_at=said, cancel_if_customer_writes="on")

    assert answer.status_code == 303
    assert Delivery.objects.get().not_before == at
    assert Message.objects.get(direction="outbound").cancel_if_customer_writes
    page = page_of(alice, taken)
    assert "Send now" in page
    assert f'value="{said}"' in page


@pytest.mark.parametrize(
    ("send_at", "sentence"),
    [
        ("", "Choose date and time."),
        ("soon", "Write date and time like 2026-11-24 09:00."),
        ("2026-13-01T00:00", "Write date and time like 2026-11-24 09:00."),
        ("0001-01-01T00:00", "This time is over: choose a later one."),
        ("2020-01-01T09:00", "This time is over: choose a later one."),
        ("9999-12-31T23:59", "Choose a time within the next 90 days."),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_the_text_stays(alice, taken, send_at, sentence):
    answer = post(alice, taken, text="See you", later="1", send_at=send_at)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "See you</textarea>" in page
    assert '<details class="later" id="later" open>' in page
    assert not Delivery.objects.exists()


def test_without_the_button_for_later_its_fields_mean_nothing(alice, taken):
    post(alice, taken, send_at="2020-01-01T09:00", cancel_if_customer_writes="on")

    assert Delivery.objects.get().not_before is None
    assert not Message.objects.get(direction="outbound").cancel_if_customer_writes


def test_a_scheduled_text_is_sent_now_or_at_another_time(alice, world, taken, now):
    sent = writing.reply(
        conversation_id=taken.pk,
        agent=world.agents["alice"],
        text="Hi",
        now=now,
        not_before=now + timedelta(hours=1),
        cancel_if_customer_writes=True,
    )
    at = (now + timedelta(days=1)).replace(second=0, microsecond=0)

    alice.post(url("change-time", taken, "my", sent.pk), {"send_at": on_the_clock(at)})
    assert Delivery.objects.get().not_before == at
    assert not Message.objects.get(pk=sent.pk).cancel_if_customer_writes

    refused = alice.post(url("change-time", taken, "my", sent.pk), {"send_at": "2020-01-01T00:00"})
    assert [str(m) for m in get_messages(refused.wsgi_request)][
        -1
    ] == "This time is over: choose a later one."
    assert Delivery.objects.get().not_before == at

    alice.post(url("send-now", taken, "my", sent.pk))
    assert Delivery.objects.get().not_before is None


# --- somebody wrote meanwhile ----------------------------------------------------------------------


def test_what_the_customer_wrote_meanwhile_is_shown_and_the_reply_is_sent_on_the_second_press(
    world, drain, alice, taken
):
    page = page_of(alice, taken)
    seen = page.split('name="last_seen_seq" value="')[1].split('"')[0]
    form_id = form_id_of(alice, taken)
    text_in(world, drain, "<i>Never mind")

    refused = alice.post(
        url("reply", taken), {"form_id": form_id, "text": "On its way", "last_seen_seq": seen}
    )

    page = refused.content.decode()
    assert refused.status_code == 409
    assert "&lt;i&gt;Never mind" in page.split('id="reply-error"')[1].split("</div>")[0]
    assert ">Send anyway</button>" in page
    assert "On its way</textarea>" in page
    assert not Delivery.objects.exists()
    assert Draft.objects.get().text == "On its way"

    seen = page.split('name="last_seen_seq" value="')[1].split('"')[0]
    assert (
        alice.post(
            url("reply", taken), {"form_id": form_id, "text": "On its way", "last_seen_seq": seen}
        ).status_code
        == 303
    )
    assert Delivery.objects.get().text == "On its way"
    assert not Draft.objects.exists()


# --- drafts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_what_was_begun_is_in_the_composer_on_any_machine(as_user, alice, taken, kind):
    answer = keep(alice, taken, "Dear </textarea> you\r\nand", kind=kind)

    assert answer.status_code == 200
    page = page_of(as_user("alice"), taken)
    panel = page.split(f'id="{kind}-panel"')[1]
    assert "Dear &lt;/textarea&gt; you\nand</textarea>" in panel
    assert f'name="known" autocomplete="off" value="{json.loads(answer.content)["version"]}"' in panel
    checked = page.split(f'id="write-{kind}"')[1].split(">")[0]
    assert "checked" in checked
    assert "Dear" not in page_of(as_user("sam"), taken).split('id="reply-panel"')[1]


def test_another_windows_words_are_told(alice, taken):
    keep(alice, taken, "Hello")

    answer = keep(alice, taken, "Good day", known="")

    assert json.loads(answer.content)["replaced"] == "Hello"
    assert Draft.objects.get().text == "Good day"


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_a_reply_that_is_refused_tells_of_another_windows_words(alice, taken, kind):
    kept = keep(alice, taken, "Hello", kind=kind).json()
    refused = {"text": "Good\0day", "form_id": "x"}

    knows = alice.post(url(kind, taken), {**refused, "known": kept["version"]})
    keep(alice, taken, "Hello <b>", kind=kind)
    other = alice.post(url(kind, taken), {**refused, "known": kept["version"]})

    assert knows.status_code == other.status_code == 422
    assert "Another window" not in knows.content.decode()
    assert "Another window had other words, which yours replace: Hello &lt;b&gt;" in other.content.decode()


def test_a_draft_that_comes_after_its_form_was_sent_is_not_kept(alice, taken):
    form_id = form_id_of(alice, taken)
    write(alice, taken, "Hi", form_id=form_id)

    assert keep(alice, taken, "Hi", form_id=form_id).json() == {"version": "", "replaced": ""}

    assert not Draft.objects.exists()


def test_what_was_begun_stays_readable_when_somebody_else_has_it(world, alice, bob, taken):
    keep(alice, taken, "Dear you")
    alice.post(url("release", taken))
    bob.post(url("pick", taken, "open"))

    assert "You had begun: Dear you" in page_of(alice, taken)


@pytest.mark.parametrize(
    "typed", [{"kind": "poem"}, {"form_id": ""}, {"text": "x" * 50_001}, {"known": "x" * 41}, {"text": "\0"}]
)
def test_a_draft_that_makes_no_sense_is_a_bad_request(alice, taken, typed):
    answer = alice.post(
        url("draft", taken), {"kind": "reply", "text": "x", "known": "", "form_id": "x", **typed}
    )

    assert answer.status_code == 400
    assert not Draft.objects.exists()


def test_the_meter_has_its_tables_on_sms_alone(alice, taken):
    assert "data-meter=" in page_of(alice, taken)
    assert Conversation.objects.get().number.channel == "sms"


def test_a_draft_in_a_closed_conversation_is_not_kept(alice, taken):
    Conversation.objects.filter(pk=taken.pk).update(state="closed")

    assert keep(alice, taken, "Too late").status_code == 409
    assert not Draft.objects.exists()
