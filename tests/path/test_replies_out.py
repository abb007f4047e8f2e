"""From an agent's reply to what its bubble shows: out, back, and once more."""

import time
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
import requests
import responses
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from channels_app import leaving, outbox
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import OptOut
from conversations import changes, services, writing
from conversations.models import Conversation, Message
from conversations.transitions import NotAllowed
from omnichannel.lib import backoff
from tests.channels_app.support import MESSAGES, accept, delivery_of
from tests.path.support import report, thread, write
from tests.world import sid


@pytest.fixture
def talk(world, twilio, drain) -> Conversation:
    """Alice talks to a customer."""
    write(world, "Is my bike ready?", number=1)
    drain()
    made = Conversation.objects.get()
    return services.pick(conversation_id=made.pk, agent=world.agents["alice"], now=timezone.now())


@pytest.fixture
def say(world, talk):
    def reply(text: str = "Yes, come by.") -> Message:
        return writing.reply(
            conversation_id=talk.pk, agent=world.agents["alice"], text=text, now=timezone.now()
        )

    return reply


def test_a_reply_leaves_and_its_bubble_tells_how_it_went(world, twilio, drain, talk, say):
    accept(twilio, 2)
    message = say()
    assert (message.direction, message.author) == ("outbound", world.users["alice"])
    assert message.delivery.state == "pending"
    shown = Conversation.objects.get().version

    drain()
    message.refresh_from_db()
    assert (message.delivery.state, message.delivery.external_id) == ("queued", sid(2))
    assert message.version == Conversation.objects.get().version > shown
    assert not Delivery.objects.get().is_news

    for word in ("sent", "delivered"):
        before = Conversation.objects.get().version
        report(world, sid(2), word, delivery_id=message.delivery_id)
        drain()
        message.refresh_from_db()
        assert message.delivery.state == word
        assert message.version > before


def test_a_report_that_changes_nothing_shows_nothing(world, twilio, drain, say):
    accept(twilio, 2)
    message = say()
    drain()
    report(world, sid(2), "delivered", delivery_id=message.delivery_id)
    drain()
    version = Conversation.objects.get().version
    report(world, sid(2), "sent", delivery_id=message.delivery_id)
    drain()
    assert Conversation.objects.get().version == version


def test_a_delivery_without_a_bubble_is_no_news_for_ever(world, drain, twilio):

    accept(twilio, 2)
    delivery_of(world)
    drain()
    assert not Delivery.objects.filter(is_news=True).exists()


def test_an_internal_message_never_reaches_the_provider(world, twilio, drain, talk):
    writing.write_internal(
        conversation_id=talk.pk, author=world.users["alice"], text="He is difficult.", now=timezone.now()
    )
    drain()
    assert not Delivery.objects.exists()
    assert len(twilio.calls) == 0
    assert thread(talk, "internal") == ["He is difficult."]


@pytest.mark.parametrize("text", ["", "   \n", "x" * 1601])
def test_what_may_not_leave_is_not_written(talk, say, text):
    version = Conversation.objects.get().version
    with pytest.raises(outbox.Refused):
        say(text)
    assert not Message.objects.filter(direction="outbound").exists()
    assert not Delivery.objects.exists()
    assert Conversation.objects.get().version == version


@pytest.mark.parametrize("state", ["open", "waiting"])
def test_what_is_not_being_worked_on_cannot_be_replied_to(world, talk, say, state):
    end = services.release if state == "open" else services.close_session
    end(conversation_id=talk.pk, agent=world.agents["alice"], now=timezone.now())
    with pytest.raises(NotAllowed):
        say()
    assert not Delivery.objects.exists()


def test_somebody_else_cannot_reply(world, talk):
    with pytest.raises(changes.NotYours, match="Alice"):
        writing.reply(conversation_id=talk.pk, agent=world.agents["bob"], text="Hi", now=timezone.now())
    assert not Delivery.objects.exists()


def test_in_wrap_up_one_may_still_reply(world, twilio, drain, talk, say):
    accept(twilio, 2)
    services.end(conversation_id=talk.pk, agent=world.agents["alice"], now=timezone.now())
    say()
    drain()
    assert Delivery.objects.get().state == "queued"


def test_a_stop_between_writing_and_leaving_shows_on_the_bubble(world, twilio, drain, say):
    twilio.add(responses.POST, MESSAGES, status=429)
    accept(twilio, 2)
    message = say()
    leaving.send_one()
    write(world, "STOP", number=2)
    drain()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        drain()
    message.refresh_from_db()
    assert (message.delivery.state, message.delivery.error) == ("canceled", "opted_out")
    assert "STOP" in message.delivery.explanation
    assert [call.request.method for call in twilio.calls].count("POST") == 1


def test_a_21610_closes_the_pair_and_cancels_what_waits(world, twilio, drain, say):
    twilio.add(responses.POST, MESSAGES, status=400, json={"code": 21610, "message": "unsubscribed"})
    say("one"), say("two")
    drain()
    assert sorted(Delivery.objects.values_list("state", "error")) == [
        ("canceled", "opted_out"),
        ("failed", "opted_out"),
    ]
    assert OptOut.objects.get().source == "code 21610"
    assert len(twilio.calls) == 1
    with pytest.raises(outbox.Refused):
        say("three")


def test_replies_leave_in_the_order_in_which_they_were_written(twilio, drain, say):
    texts = [f"part {number}" for number in range(1, 6)]
    for number, text in enumerate(texts, start=2):
        accept(twilio, number)
        say(text)
    drain()

    assert [dict(parse_qsl(call.request.body))["Body"] for call in twilio.calls] == texts


def test_a_reply_while_twilio_is_away_leaves_when_it_is_back(twilio, drain, say):
    twilio.add(responses.POST, MESSAGES, body=requests.ConnectTimeout())
    message = say()
    drain()
    message.refresh_from_db()
    assert (message.delivery.state, message.delivery.error) == ("pending", "unavailable")
    twilio.remove(responses.POST, MESSAGES)
    accept(twilio, 2)
    with time_machine.travel(timezone.now() + backoff.delay(1)):
        drain()
    message.refresh_from_db()
    assert message.delivery.state == "queued"
    assert Delivery.objects.count() == 1


# --- try again ------------------------------------------------------------------------------------


def again(world, message: Message, username: str = "alice") -> Message:
    return writing.try_again(message=message, agent=world.agents[username], now=timezone.now())


def with_state(message: Message, state: str) -> Message:
    Delivery.objects.filter(pk=message.delivery_id).update(state=state, left_at=timezone.now(), searches=99)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("state", Delivery.State.values)
def test_when_a_text_may_be_tried_again(world, twilio, drain, say, state):
    accept(twilio, 3)
    message = with_state(say(), state)
    old = message.delivery
    if state not in {"failed", "undelivered", "unknown"}:
        with pytest.raises(NotAllowed):
            again(world, message)
        assert Delivery.objects.count() == 1
        return
    fresh = again(world, message)
    assert fresh.pk == message.pk
    assert (fresh.delivery.retry_of, fresh.delivery.state, fresh.delivery.text) == (
        old,
        "pending",
        message.text,
    )
    drain()
    assert Message.objects.get(pk=message.pk).delivery.state == "queued"
    old.refresh_from_db()
    assert old.state == state
    assert Message.objects.filter(direction="outbound").count() == 1


def test_who_is_second_is_told(world, say):
    message = with_state(say(), "failed")
    stale = Message.objects.get(pk=message.pk)
    again(world, message)
    with pytest.raises(NotAllowed):
        again(world, stale)
    with_state(Message.objects.get(pk=message.pk), "failed")
    with pytest.raises(services.Lost):
        again(world, stale)
    assert Delivery.objects.count() == 2


def test_only_whose_conversation_it_is_may_try_again(world, say):
    message = with_state(say(), "failed")
    with pytest.raises(changes.NotYours):
        again(world, message, "bob")


def test_a_stop_forbids_trying_again_as_well(world, say):
    message = with_state(say(), "failed")
    OptOut.objects.create(
        number=message.delivery.number,
        address=message.delivery.address,
        started_at=timezone.now(),
        source="STOP",
    )
    with pytest.raises(outbox.Refused):
        again(world, message)
    assert Delivery.objects.count() == 1


def test_an_inbound_text_cannot_be_sent(world, talk):
    with pytest.raises(NotAllowed):
        again(world, Message.objects.get(direction="inbound"))


def test_the_database_lets_a_delivery_be_retried_once(world, say):
    message = with_state(say(), "failed")
    again(world, message)
    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.submit(
            number=message.delivery.number,
            address=message.delivery.address,
            text="x",
            now=timezone.now(),
            retry_of=message.delivery,
        )


# --- the whole way --------------------------------------------------------------------------------


def test_from_the_first_text_to_the_last_report(world, twilio, drain):
    started = time.monotonic()
    accept(twilio, 2)
    write(world, "Hello", number=1)
    drain()
    talk = Conversation.objects.get()
    alice, now = world.agents["alice"], timezone.now()
    services.pick(conversation_id=talk.pk, agent=alice, now=now)
    writing.reply(conversation_id=talk.pk, agent=alice, text="Hi!", now=now)
    drain()
    report(world, sid(2), "delivered", delivery_id=Delivery.objects.get().pk)
    drain()
    services.end(conversation_id=talk.pk, agent=alice, now=now)
    services.close_session(conversation_id=talk.pk, agent=alice, now=now)

    talk.refresh_from_db()
    assert talk.state == "closed"
    assert list(
        talk.messages.order_by("seq").exclude(direction="system").values_list("direction", "text")
    ) == [
        ("inbound", "Hello"),
        ("outbound", "Hi!"),
    ]
    assert Delivery.objects.get().state == "delivered"
    assert time.monotonic() - started < 10
