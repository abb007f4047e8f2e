"""WhatsApp's 24 hours, asked when a text is written and again when it leaves."""

from datetime import UTC, datetime, timedelta

import pytest
import responses
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from channels_app import outbox, sessions, window
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText
from channels_app.providers.base import Error
from contacts.models import FOR_EVER
from contacts.services import set_block
from conversations import services, writing
from conversations.models import Conversation, Message
from tests.channels_app.support import MESSAGES, accept
from tests.channels_app.whatsapp import CUSTOMER
from tests.path.support import report, write
from tests.world import sid

SENTENCE = "This conversation has exceeded the 24 hour limit to respond to the customer."
WRITTEN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY, SECOND, HOUR = timedelta(hours=24), timedelta(seconds=1), timedelta(hours=1)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("after", "is_open", "soon"),
    [
        pytest.param(timedelta(0), True, False, id="at once"),
        pytest.param(DAY - 4 * HOUR - SECOND, True, False, id="more than four hours left"),
        pytest.param(DAY - 4 * HOUR, True, True, id="four hours left"),
        pytest.param(DAY - SECOND, True, True, id="a second left"),
        pytest.param(DAY, True, True, id="at the very moment"),
        pytest.param(DAY + timedelta(microseconds=1), False, False, id="just over"),
        pytest.param(DAY + SECOND, False, False, id="a second over"),
        pytest.param(30 * DAY, False, False, id="long over"),
    ],
)
def test_when_it_closes(after, is_open, soon):
    closes = window.closes_at(WRITTEN, DAY)
    assert window.is_open(closes, now=WRITTEN + after) is is_open
    assert window.closes_soon(closes, now=WRITTEN + after) is soon


def test_a_channel_without_the_rule_is_always_open():
    assert window.closes_at(None, None) is None
    assert window.closes_at(WRITTEN, None) is None
    assert window.is_open(None, now=WRITTEN)
    assert not window.closes_soon(None, now=WRITTEN)


def test_who_has_never_written_cannot_be_written_to():
    assert not window.is_open(window.closes_at(None, DAY), now=WRITTEN)


@given(moments, moments, st.timedeltas(timedelta(0), timedelta(days=90)))
def test_a_later_message_never_closes_it_earlier_and_time_never_opens_it(one, other, wait):
    first, last = sorted((one, other))
    early, late = window.closes_at(first, DAY), window.closes_at(last, DAY)
    assert early <= late
    if window.is_open(early, now=last + wait):
        assert window.is_open(late, now=last + wait)
    if not window.is_open(late, now=last):
        assert not window.is_open(late, now=last + wait)


@pytest.fixture
def clock():
    with time_machine.travel(WRITTEN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def talk(whatsapp, drain, clock) -> Conversation:
    """A customer has written at noon, and Alice took it."""
    whatsapp.hears("Is my bike ready?", number=1)
    return whatsapp.picked(drain)


@pytest.fixture
def say(whatsapp, talk):
    def reply(text="Yes, come by.", **parts) -> Message:
        agent, now = whatsapp.world.agents["alice"], datetime.now(tz=UTC)
        return writing.reply(conversation_id=talk.pk, agent=agent, text=text, now=now, **parts)

    return reply


def posted(twilio: responses.RequestsMock) -> int:
    return sum(call.request.method == "POST" for call in twilio.calls)


def closing() -> datetime | None:
    return Conversation.objects.get(number__channel="whatsapp").window_closes_at


def test_a_reply_within_the_day_leaves_and_does_not_extend_it(twilio, drain, clock, say):
    assert closing() == WRITTEN + DAY
    clock.move_to(WRITTEN + DAY)
    accept(twilio, 2)
    message = say()
    drain()
    assert Delivery.objects.get(message=message).state == "queued"
    assert closing() == WRITTEN + DAY


def test_a_second_later_the_exact_sentence_is_told_and_nothing_is_stored(twilio, drain, clock, say, talk):
    clock.move_to(WRITTEN + DAY + SECOND)
    with pytest.raises(outbox.Refused) as refused:
        say()
    assert (str(refused.value), refused.value.verdict.reason) == (SENTENCE, "window_closed")
    verdict = writing.reply_verdict(talk, now=datetime.now(tz=UTC))
    assert (verdict.reason, verdict.sentence) == ("window_closed", SENTENCE)
    assert not Delivery.objects.exists()
    assert not Message.objects.filter(direction="outbound").exists()


def test_written_before_and_leaving_after_it_is_cancelled_with_the_sentence(twilio, drain, clock, say):
    clock.move_to(WRITTEN + DAY - 2 * SECOND)
    message = say()
    clock.move_to(WRITTEN + DAY + 5 * SECOND)
    drain()
    message.refresh_from_db()
    assert (message.delivery.state, message.delivery.error) == ("canceled", "window_closed")
    assert message.delivery.explanation == SENTENCE
    assert posted(twilio) == 0


def test_a_new_message_opens_it_again(whatsapp, twilio, drain, clock, say):
    clock.move_to(WRITTEN + 3 * DAY)
    with pytest.raises(outbox.Refused, match="24 hour limit"):
        say()
    whatsapp.hears("Hello?", number=2)
    drain()
    assert closing() == WRITTEN + 4 * DAY
    accept(twilio, 3)
    say()
    drain()
    assert posted(twilio) == 1


def test_a_text_on_another_channel_opens_nothing(whatsapp, drain, clock, say):
    clock.move_to(WRITTEN + 2 * DAY)
    write(whatsapp.world, "By SMS", number=7, sender=CUSTOMER)
    drain()
    with pytest.raises(outbox.Refused, match="24 hour limit"):
        say()
    assert closing() == WRITTEN + DAY


def test_by_sms_there_is_no_such_limit(whatsapp, twilio, drain, clock):
    write(whatsapp.world, "By SMS", number=7)
    drain()
    talk = Conversation.objects.get()
    assert talk.window_closes_at is None
    assert not writing.reply_verdict(talk, now=WRITTEN + 30 * DAY).reason


@pytest.mark.parametrize("what", ["blocked", "stop and start", "closed conversation"])
def test_every_text_to_the_number_counts(whatsapp, twilio, drain, clock, say, talk, what):
    clock.move_to(WRITTEN + DAY - HOUR)
    if what == "blocked":
        set_block(talk.address, until=None, reason="", by="sam", now=datetime.now(tz=UTC))
        assert talk.address.blocked_until == FOR_EVER
        whatsapp.hears("Still there?", number=2)
        drain()
        talk.address.blocked_until = None
        talk.address.save()
    elif what == "stop and start":
        whatsapp.hears("STOP", number=2)
        whatsapp.hears("START", number=3)
        drain()
    else:
        alice = whatsapp.world.agents["alice"]
        whatsapp.hears("Thanks", number=2)
        drain()
        now = datetime.now(tz=UTC)
        services.end(conversation_id=talk.pk, agent=alice, now=now)
        services.close_session(conversation_id=talk.pk, agent=alice, now=now)
    assert sessions.window_closes_at(whatsapp.number, talk.address) == WRITTEN + 2 * DAY - HOUR


def test_a_fetched_text_counts_from_when_it_was_sent(whatsapp, drain, clock, talk):
    clock.move_to(WRITTEN + 2 * DAY)
    whatsapp.hears("Late", number=2)
    drain()
    InboundText.objects.filter(external_id=sid(2)).update(sent_at=WRITTEN + HOUR, is_fetched=True)
    assert sessions.window_closes_at(whatsapp.number, talk.address) == WRITTEN + DAY + HOUR


def test_a_text_that_came_late_does_not_shorten_it(whatsapp, drain, clock, talk):
    clock.move_to(WRITTEN + HOUR)
    whatsapp.hears("Was lost", number=2, DateSent=(WRITTEN - HOUR).isoformat())
    drain()
    assert closing() == WRITTEN + DAY


@pytest.mark.parametrize("how", ["answer", "report"])
def test_when_whatsapp_says_that_it_is_closed_it_is(whatsapp, twilio, drain, clock, say, talk, how):
    clock.move_to(WRITTEN + HOUR)
    if how == "answer":
        error = {"code": 63016, "message": "outside the allowed window", "status": 400}
        twilio.add(responses.POST, MESSAGES, json=error, status=400)
        message = say()
        drain()
    else:
        accept(twilio, 2)
        message = say()
        drain()
        report(whatsapp.world, sid(2), "failed", delivery_id=message.delivery_id, ErrorCode="63016")
        drain()
    message.refresh_from_db()
    delivery = message.delivery
    assert (delivery.state, delivery.error, delivery.explanation) == ("failed", Error.WINDOW_CLOSED, SENTENCE)
    assert posted(twilio) == 1, "it is not tried again by itself"

    assert closing() == WRITTEN + HOUR, "the composer offers what still can be sent"
    clock.shift(SECOND)
    with pytest.raises(outbox.Refused, match="24 hour limit"):
        say("Once more")
    with pytest.raises(outbox.Refused, match="24 hour limit"):
        writing.try_again(message=message, agent=whatsapp.world.agents["alice"], now=datetime.now(tz=UTC))

    clock.shift(HOUR)
    whatsapp.hears("I am back", number=3)
    drain()
    assert closing() == WRITTEN + 2 * HOUR + SECOND + DAY
    accept(twilio, 4)
    say("Welcome back")
    drain()
    assert posted(twilio) == 2


def test_a_fresh_window_is_not_closed_by_an_old_refusal(whatsapp, drain, talk):
    Delivery.objects.create(
        number=whatsapp.number,
        account=whatsapp.number.account,
        address=talk.address,
        text="old",
        state="failed",
        error=Error.WINDOW_CLOSED,
        left_at=WRITTEN - DAY,
        next_attempt_at=WRITTEN,
    )
    assert sessions.window_closes_at(whatsapp.number, talk.address) == WRITTEN + DAY
