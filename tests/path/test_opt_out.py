"""STOP and START: what they close, what they open, and whom they wake."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app import outbox
from channels_app.models import Number
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText, OptOut, WebhookReceipt
from contacts.models import Address
from conversations import services, writing
from conversations.models import Conversation, Message
from tests.channels_app.support import delivery_of
from tests.path.support import thread, write
from tests.world import CUSTOMER


def is_closed_pair() -> bool:
    return OptOut.objects.filter(ended_at=None).exists()


def conversation_in(world, drain, state: str) -> Conversation:
    write(world, "Hello", number=1)
    drain()
    made = Conversation.objects.get()
    alice, now = world.agents["alice"], timezone.now()
    if state != "open":
        services.pick(conversation_id=made.pk, agent=alice, now=now)
    if state == "wrap_up":
        services.end(conversation_id=made.pk, agent=alice, now=now)
    if state == "waiting":
        services.close_session(conversation_id=made.pk, agent=alice, now=now)
    made.refresh_from_db()
    assert made.state == state
    return made


@pytest.mark.parametrize("state", ["open", "active", "waiting", "wrap_up"])
@pytest.mark.parametrize("word", ["STOP", "START"])
def test_a_word_joins_the_conversation_and_wakes_nobody(world, drain, state, word):
    before = conversation_in(world, drain, state)
    write(world, word, number=2)
    drain()
    after = Conversation.objects.get()
    assert (after.state, after.agent, after.state_changed_at) == (
        before.state,
        before.agent,
        before.state_changed_at,
    )
    assert thread(after, "inbound") == ["Hello", word]
    assert f"texted {word}" in thread(after, "system")[-1]
    assert after.version > before.version
    assert is_closed_pair() == (word == "STOP")


@pytest.mark.parametrize("word", ["STOP", "unsubscribe", "START"])
def test_without_a_conversation_it_makes_one_that_is_closed_at_once(world, drain, word):
    write(world, word, number=1)
    drain()
    made = Conversation.objects.get()
    assert made.state == "closed"
    assert made.closed_at is not None
    assert thread(made, "inbound") == [word]
    assert InboundText.objects.get().disposition == "conversation"
    assert [m.seq for m in made.messages.order_by("seq")] == list(range(1, made.last_seq + 1))


def test_the_next_text_after_it_makes_an_ordinary_conversation(world, drain):
    write(world, "STOP", number=1)
    write(world, "Oh, and one question", number=2)
    drain()
    assert list(Conversation.objects.order_by("id").values_list("state", flat=True)) == ["closed", "open"]
    assert is_closed_pair()


def test_stop_through_the_service_counts_whatever_was_written(world, drain):
    write(world, "ARRET", number=1, OptOutType="STOP")
    drain()
    assert OptOut.objects.get().source == "ARRET"


def test_start_opens_the_pair_again_and_the_history_stays(world, drain):
    write(world, "stop", number=1)
    drain()
    write(world, "start", number=2)
    drain()
    kept = OptOut.objects.get()
    assert kept.ended_at is not None
    write(world, "stop", number=3)
    drain()
    assert OptOut.objects.count() == 2
    assert OptOut.objects.filter(ended_at=None).count() == 1


def test_stop_twice_is_one_opt_out(world, drain):
    write(world, "stop", number=1)
    write(world, "STOP", number=2)
    drain()
    assert OptOut.objects.count() == 1


def test_yes_is_an_answer_unless_the_pair_is_closed(world, drain):
    made = conversation_in(world, drain, "waiting")
    write(world, "Yes", number=2)
    drain()
    made.refresh_from_db()
    assert made.state == "open"
    assert not any("START" in text for text in thread(made, "system"))


def test_yes_opens_a_closed_pair(world, drain):
    conversation_in(world, drain, "waiting")
    write(world, "stop", number=2)
    drain()
    write(world, "Yes", number=3)
    drain()
    assert not is_closed_pair()
    assert Conversation.objects.get().state == "waiting"


def test_help_is_an_ordinary_text(world, drain):
    made = conversation_in(world, drain, "waiting")
    write(world, "HELP", number=2)
    drain()
    made.refresh_from_db()
    assert made.state == "open"
    assert not OptOut.objects.exists()


def test_a_blocked_senders_stop_counts(world, drain):
    Address.objects.create(kind="phone", value=CUSTOMER, blocked_until=timezone.now() + timedelta(hours=1))
    write(world, "STOP", number=1)
    drain()
    assert InboundText.objects.get().disposition == "blocked"
    assert is_closed_pair()
    assert not Conversation.objects.exists()


def test_stop_to_a_number_without_a_stream_is_kept(world, drain):
    world.number.sms_number.delete()
    write(world, "STOP", number=1)
    drain()
    assert InboundText.objects.get().disposition == "kept"
    assert is_closed_pair()


def test_stop_cancels_what_is_pending_and_nothing_that_has_left(world, drain):
    now = timezone.now()
    later = now + timedelta(hours=1)
    waiting = delivery_of(world, "waits", not_before=later)
    queued = delivery_of(world, "queued", now=later)
    gone = delivery_of(world, "gone", now=later)
    Delivery.objects.filter(pk=gone.pk).update(state="sent")
    other = delivery_of(world, "somebody else", to="+14255550199", now=later)

    write(world, "STOP", number=1)
    drain()

    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {waiting.pk: "canceled", queued.pk: "canceled", gone.pk: "sent", other.pk: "pending"}
    canceled = Delivery.objects.get(pk=queued.pk)
    assert canceled.error == "opted_out"
    assert "STOP" in canceled.explanation
    assert canceled.events.get().word == "canceled"


def test_stop_to_one_number_does_not_close_another(world, drain):
    second = Number.objects.create(
        account=world.number.account, value="14252306550", messages_per_second=None
    )
    write(world, "STOP", number=1)
    drain()
    address = Address.objects.get()
    assert not outbox.verdict_for(number=second, address=address, text="x", now=timezone.now()).reason
    assert (
        outbox.verdict_for(number=world.number, address=address, text="x", now=timezone.now()).reason
        == "opted_out"
    )


def test_after_stop_a_reply_is_refused_with_a_sentence_and_nothing_is_stored(world, drain):
    made = conversation_in(world, drain, "active")
    write(world, "STOP", number=2)
    drain()
    with pytest.raises(outbox.Refused, match="STOP"):
        writing.reply(conversation_id=made.pk, agent=world.agents["alice"], text="But …", now=timezone.now())
    assert not Message.objects.filter(direction="outbound").exists()
    assert not Delivery.objects.exists()


def test_a_stop_that_comes_twice_over_the_wire_is_one_text(world, drain):
    for _ in range(2):
        write(world, "STOP", number=1)
        drain()
    assert InboundText.objects.count() == OptOut.objects.count() == 1
    assert set(WebhookReceipt.objects.values_list("state", flat=True)) == {"done"}
