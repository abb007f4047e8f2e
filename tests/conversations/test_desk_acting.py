import threading

import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import opt_outs
from channels_app.models_deliveries import Delivery
from conversations import services
from conversations.forms import once
from conversations.models import Conversation, Message, State
from tests.conversations.desk import form_id_of, report, text_in, url, write


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def state_of(conversation):
    return Conversation.objects.get(pk=conversation.pk).state


# --- moving ----------------------------------------------------------------------------------------


def test_picking_leads_to_the_conversation_among_my_work_items(alice, waiting):
    response = alice.post(url("pick", waiting, "open"))

    assert response.status_code == 303
    assert response.url == url("conversation", waiting)
    assert state_of(waiting) == State.ACTIVE


def test_who_was_slower_is_told_who_has_it(alice, bob, waiting):
    alice.post(url("pick", waiting, "open"))

    response = bob.post(url("pick", waiting, "open"))

    assert response.status_code == 303
    assert response.url == reverse("desk:list", args=["open"])
    assert said(response) == ["Alice has this conversation already."]
    assert Conversation.objects.get().agent.user.username == "alice"


def test_a_parked_conversation_is_reopened_from_my_work_items(alice, taken):
    alice.post(url("close-session", taken))
    assert state_of(taken) == State.WAITING
    assert "Reopen" in alice.get(url("conversation", taken)).content.decode()

    alice.post(url("pick", taken))

    assert state_of(taken) == State.ACTIVE


def test_ending_asks_nothing_and_closing_afterwards_is_final(alice, taken):
    assert alice.post(url("end", taken)).url == url("conversation", taken)
    assert state_of(taken) == State.WRAP_UP

    response = alice.post(url("close-session", taken))

    assert response.url == reverse("desk:list", args=["my"])
    assert said(response) == [f"{taken.title}: now Closed."]
    assert state_of(taken) == State.CLOSED


def test_before_closing_one_is_told_that_the_customer_has_written_since_the_end(world, drain, alice, taken):
    alice.post(url("end", taken))
    assert "has written since" not in alice.get(url("conversation", taken)).content.decode()

    text_in(world, drain, "One more thing")

    assert (
        "The customer has written since you ended it"
        in alice.get(url("conversation", taken)).content.decode()
    )


def test_releasing_puts_it_back_into_its_queue(alice, taken):
    response = alice.post(url("release", taken))

    assert response.url == reverse("desk:list", args=["my"])
    assert said(response) == [f"{taken.title}: released to Default queue."]
    assert state_of(taken) == State.OPEN


def test_transferring_puts_it_into_another_queue(world, alice, taken):
    page = alice.get(url("conversation", taken)).content.decode().split('id="transfer"')[1]
    assert ">Billing</option>" in page
    assert ">Default queue</option>" not in page

    response = alice.post(url("transfer", taken), {"queue": world.billing.pk})

    assert said(response) == [f"{taken.title}: transferred to Billing."]
    assert Conversation.objects.get().queue == world.billing
    assert alice.get(url("conversation", taken)).status_code == 404


@pytest.mark.parametrize("queue", ["", "999999", "x"])
def test_a_transfer_without_a_queue_is_refused_at_the_field(alice, taken, queue):
    response = alice.post(url("transfer", taken), {"queue": queue})

    assert response.status_code == 422
    assert 'id="queue-error"' in response.content.decode()
    assert state_of(taken) == State.ACTIVE


@pytest.mark.parametrize("name", ["end", "close-session", "release"])
def test_what_the_state_does_not_allow_is_said_and_changes_nothing(alice, waiting, name):
    response = alice.post(url(name, waiting, "open"))

    assert response.status_code == 303
    assert said(response) == ["Pick this conversation first."]
    assert state_of(waiting) == State.OPEN


@pytest.mark.parametrize("name", ["end", "close-session", "release"])
def test_a_colleagues_conversation_cannot_be_moved(bob, taken, name):
    response = bob.post(url(name, taken))

    assert said(response) == ["Alice has this conversation."]
    assert state_of(taken) == State.ACTIVE


@pytest.mark.parametrize("name", ["pick", "reply", "note", "end", "close-session", "release", "transfer"])
def test_acting_takes_a_post_and_its_address_leads_back_to_the_conversation(alice, taken, name):
    before = Conversation.objects.values().get()

    answer = alice.get(url(name, taken))

    assert (answer.status_code, answer.url) == (303, url("conversation", taken))
    assert Conversation.objects.values().get() == before


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([], {"Pick"}),
        (["pick"], {"Transfer", "Release", "Close session", "End"}),
        (["pick", "end"], {"Close session"}),
        (["pick", "close_session"], {"Reopen"}),
        (["pick", "end", "close_session"], set()),
    ],
    ids=["open", "active", "wrap-up", "waiting", "closed"],
)
def test_only_the_commands_of_the_state_are_shown(world, alice, waiting, now, steps, shown):
    for step in steps:
        getattr(services, step)(conversation_id=waiting.pk, agent=world.agents["alice"], now=now)

    page = alice.get(url("conversation", waiting)).content.decode()

    commands = page.split('id="commands"')[1].split('id="scroll"')[0]
    found = {
        c for c in ("Pick", "Reopen", "Transfer", "Release", "Close session", "End") if f">{c}<" in commands
    }
    assert found == shown


# --- replying --------------------------------------------------------------------------------------


def test_a_reply_becomes_a_delivery_and_the_page_is_shown_again(alice, taken):
    response = write(alice, taken, "It arrives at noon.\r\nSorry!")

    assert response.status_code == 303
    assert Delivery.objects.get().text == "It arrives at noon.\nSorry!"
    assert "It arrives at noon.\nSorry!" in alice.get(response.url).content.decode()


def test_1600_characters_are_sent(alice, taken):
    assert write(alice, taken, "x" * 1600).status_code == 303
    assert len(Delivery.objects.get().text) == 1600


def test_1601_characters_are_refused_and_stay_in_the_field(alice, taken):
    text = "<b>" + "x" * 1597 + "y"

    response = write(alice, taken, text)

    page = response.content.decode()
    assert response.status_code == 422
    assert "At most 1600 characters; this text has 1 too many." in page
    assert "&lt;b&gt;" + "x" * 1597 + "y</textarea>" in page
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("kind", ["reply", "note"])
@pytest.mark.parametrize("text", ["", "   ", "\r\n"])
def test_nothing_is_not_sent(alice, taken, kind, text):
    response = write(alice, taken, text, kind)

    assert response.status_code == 422
    assert "Write something first." in response.content.decode()
    assert not Message.objects.filter(direction__in=["outbound", "internal"]).exists()


def test_the_same_form_sent_twice_sends_once(alice, taken):
    form_id = form_id_of(alice, taken)

    first = write(alice, taken, "Hello", form_id=form_id)
    second = write(alice, taken, "Hello", form_id=form_id)

    assert first.status_code == second.status_code == 303
    assert Delivery.objects.count() == 1


def test_the_same_text_may_be_sent_again_from_a_new_page(alice, taken):
    write(alice, taken, "Hello")
    write(alice, taken, "Hello")

    assert Delivery.objects.count() == 2


def test_a_refused_form_can_be_mended_and_sent(alice, taken):
    form_id = form_id_of(alice, taken)
    write(alice, taken, "x" * 1601, form_id=form_id)

    write(alice, taken, "x" * 1600, form_id=form_id)

    assert Delivery.objects.count() == 1


def test_a_form_is_remembered_even_by_a_request_that_read_its_session_earlier(taken):
    first, sent = SessionStore(), []
    first.create()
    second = SessionStore(first.session_key)
    assert not second.get("anything")  # read now, before the first request writes

    for session in (first, second):
        once(session, "the-form", conversation_id=taken.pk, do=lambda: sent.append(1))

    assert sent == [1]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="the tests' SQLite refuses where a real one waits")
@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_moment_sends_once(alice, taken):
    form_id, answers = form_id_of(alice, taken), []
    cookies = alice.cookies

    def click():
        client = Client()
        client.cookies = cookies
        answers.append(write(client, taken, "Hello", form_id=form_id).status_code)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [303] * 4
    assert Delivery.objects.count() == 1


def test_to_a_customer_who_texted_stop_there_is_an_explanation_instead_of_a_field(world, drain, alice, taken):
    form_id = form_id_of(alice, taken)
    text_in(world, drain, "STOP")

    page = alice.get(url("conversation", taken)).content.decode()
    assert "Nothing can be sent until they text START." in page
    assert 'id="reply-text"' not in page
    response = write(alice, taken, "But wait", form_id=form_id)
    assert response.status_code == 422
    assert "But wait" in response.content.decode()
    assert not Delivery.objects.exists()


def test_a_reply_to_what_a_colleague_took_over_keeps_the_text(bob, alice, taken):
    response = bob.post(url("reply", taken), {"text": "My long answer", "form_id": "f"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "Alice has this conversation." in page
    assert "My long answer" in page


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([], "Pick this conversation to reply."),
        (["pick", "close_session"], "Reopen this conversation to reply."),
        (["pick", "end", "close_session"], "This conversation is Closed: that is final."),
    ],
    ids=["open", "waiting", "closed"],
)
def test_where_no_reply_is_possible_the_page_says_why(world, alice, waiting, now, steps, sentence):
    for step in steps:
        getattr(services, step)(conversation_id=waiting.pk, agent=world.agents["alice"], now=now)

    page = alice.get(url("conversation", waiting)).content.decode()

    assert sentence in page
    assert 'id="reply-text"' not in page


def test_in_wrap_up_one_can_still_reply(alice, taken):
    alice.post(url("end", taken))

    assert write(alice, taken, "Bye").status_code == 303
    assert Delivery.objects.count() == 1


def test_after_logging_out_a_posted_reply_leads_back_to_its_conversation(client, taken):
    response = client.post(url("reply", taken), {"text": "Hi", "form_id": "x"})

    assert response.url == f"/login/?next={url('conversation', taken)}"


# --- internal messages -----------------------------------------------------------------------------


def test_an_internal_message_never_becomes_a_delivery(alice, taken, drain):
    response = write(alice, taken, "Third broken lamp", "note")
    drain()

    assert response.status_code == 303
    assert not Delivery.objects.exists()
    assert Message.objects.get(text="Third broken lamp").direction == "internal"
    assert "<strong>internal</strong>" in alice.get(response.url).content.decode()


def test_colleagues_of_the_queue_may_write_internally(bob, taken):
    assert write(bob, taken, "I know her", "note").status_code == 303


def test_a_closed_conversation_takes_no_internal_message(alice, taken):
    form_id = form_id_of(alice, taken, "note")
    alice.post(url("end", taken))
    alice.post(url("close-session", taken))

    response = write(alice, taken, "Too late", "note", form_id=form_id)

    assert response.status_code == 422
    assert "Too late" in response.content.decode()
    assert not Message.objects.filter(direction="internal").exists()


# --- trying again ----------------------------------------------------------------------------------


@pytest.fixture
def failed(alice, taken):
    write(alice, taken, "Hello")
    message = Message.objects.get(direction="outbound")
    report(message.delivery, "undelivered", now=timezone.now(), code="30003")
    return message


def again(client, message, delivery_id=None):
    return client.post(
        url("try-again", message.conversation, "my", message.pk),
        {"delivery": delivery_id or message.delivery_id},
    )


def test_trying_again_makes_a_new_delivery_on_the_same_bubble(alice, failed):
    response = again(alice, failed)

    assert response.status_code == 303
    fresh = Message.objects.get(direction="outbound")
    assert fresh.delivery.retry_of_id == failed.delivery_id


def test_pressing_try_again_twice_sends_one_more(alice, failed):
    again(alice, failed)

    response = again(alice, failed)

    assert said(response) == ["This text is on its way or has arrived: there is nothing to try again."]
    assert Delivery.objects.count() == 2


def test_a_stale_try_again_is_refused_when_the_second_attempt_failed_too(alice, failed):
    again(alice, failed)
    report(Message.objects.get(pk=failed.pk).delivery, "undelivered", now=timezone.now())

    response = again(alice, failed)

    assert said(response) == ["Somebody has tried this text again already."]
    assert Delivery.objects.count() == 2


def test_trying_again_is_refused_after_stop(world, alice, failed):
    conversation = failed.conversation
    opt_outs.opt_out(
        number=conversation.number, address=conversation.address, source="STOP", now=timezone.now()
    )

    response = again(alice, failed)

    assert said(response) == ["The customer has texted STOP. Nothing can be sent until they text START."]


def test_a_colleague_cannot_try_again(bob, failed):
    assert said(again(bob, failed)) == ["Alice has this conversation."]
    assert Delivery.objects.count() == 1


def test_a_message_of_another_conversation_is_not_found(world, drain, alice, failed):
    other = text_in(world, drain, "Hello", sender="+14255550177")

    response = alice.post(url("try-again", other, "my", failed.pk), {"delivery": failed.delivery_id})

    assert response.status_code == 404


def test_what_was_meant_as_parking_does_not_close_for_good(alice, taken):
    page = alice.get(url("conversation", taken)).content.decode()
    assert 'name="seen" value="active"' in page
    alice.post(url("end", taken))

    alice.post(url("close-session", taken), {"seen": "active"})

    taken.refresh_from_db()
    assert taken.state == "wrap_up"


def test_parking_warns_of_a_text_that_is_unanswered(alice, taken):
    assert "is unanswered" in alice.get(url("conversation", taken)).content.decode()
    write(alice, taken, "Here is your answer")

    assert "is unanswered" not in alice.get(url("conversation", taken)).content.decode()
