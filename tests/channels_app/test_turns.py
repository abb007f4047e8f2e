"""Whose turn is it: the gate, priority, rate, and time windows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from channels_app import deliveries, leaving, outbox
from channels_app.gate import Answer, Facts, can_send
from channels_app.models import Number, ProviderAccount
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import OptOut
from channels_app.pacing import bucket_size, tokens_at
from contacts.models import Address
from tests.channels_app.support import accept, address, delivery_of
from tests.world import CUSTOMER

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
FINE = Facts(
    length=10, text_limit=1600, is_blocked=False, is_opted_out=False, can_be_answered=True, has_sender=True
)


@pytest.mark.parametrize(
    ("facts", "answer", "reason"),
    [
        pytest.param({}, "yes", "", id="nothing in the way"),
        pytest.param({"length": 1600}, "yes", "", id="as long as may be"),
        pytest.param({"length": 1601}, "no", "too_long", id="a character too long"),
        pytest.param({"length": 0}, "no", "empty", id="empty"),
        pytest.param({"slugs_left": ("{LastName{Customer}}",)}, "no", "slug", id="a slug that is left"),
        pytest.param({"is_blocked": True}, "no", "blocked", id="blocked"),
        pytest.param({"is_opted_out": True}, "no", "opted_out", id="opted out"),
        pytest.param({"can_be_answered": False}, "no", "not_answerable", id="a name"),
        pytest.param({"has_sender": False}, "no", "no_sender", id="number gone"),
        pytest.param({"not_before": NOW + SECOND}, "later", "", id="too early"),
        pytest.param({"not_before": NOW}, "yes", "", id="just in time"),
        pytest.param({"not_after": NOW}, "yes", "", id="just still in time"),
        pytest.param({"not_after": NOW - SECOND}, "no", "too_late", id="too late"),
        pytest.param({"not_before": NOW - HOUR, "not_after": NOW + HOUR}, "yes", "", id="within its window"),
        pytest.param(
            {"is_opted_out": True, "is_blocked": True}, "no", "opted_out", id="STOP is told before blocked"
        ),
        pytest.param(
            {"is_opted_out": True, "not_before": NOW + HOUR}, "no", "opted_out", id="STOP does not wait"
        ),
        pytest.param({"length": 0, "is_blocked": True}, "no", "blocked", id="the greater hindrance first"),
    ],
)
def test_may_it_leave(facts, answer, reason):
    verdict = can_send(replace(FINE, **facts), now=NOW)
    assert (verdict.answer, verdict.reason) == (answer, reason)
    assert bool(verdict.sentence) == (answer == "no")
    assert (verdict.at == facts.get("not_before")) == (answer == "later") or not facts.get("not_before")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("Dear {LastName{Customer}}", "slug"),
        ("x" * 1601, "too_long"),
        ("x" * 1600, ""),
        ("🙂" * 1600, ""),
    ],
)
def test_the_text_itself(world, text, reason):
    verdict = outbox.verdict_for(number=world.number, address=address(), text=text, now=NOW)
    assert verdict.reason == reason


@pytest.mark.parametrize(
    ("sender", "answer"),
    [(CUSTOMER, "yes"), ("22395", "yes"), ("MYBANK", "no"), ("whatsapp:CH.4711", "no")],
)
def test_who_can_be_answered(world, sender, answer):
    verdict = outbox.verdict_for(number=world.number, address=address(sender), text="x", now=NOW)
    assert verdict.answer == answer


@pytest.mark.parametrize("gone", ["number", "account"])
def test_nothing_leaves_from_what_is_gone(world, gone):
    (Number if gone == "number" else ProviderAccount).objects.update(deleted_at=NOW)
    number = Number.objects.select_related("account").get()
    assert outbox.verdict_for(number=number, address=address(), text="x", now=NOW).reason == "no_sender"


def test_what_is_refused_is_not_stored(world):
    with pytest.raises(outbox.Refused) as refused:
        delivery_of(world, "x" * 1601)
    assert refused.value.verdict.answer is Answer.NO
    assert "1 too many" in str(refused.value)
    assert not Delivery.objects.exists()


# --- asked again at the instant of leaving --------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [("stop", "opted_out"), ("block", "blocked"), ("number", "no_sender"), ("window", "too_late")],
)
def test_what_changed_between_writing_and_leaving_cancels_it(world, twilio, drain, change, reason):
    now = timezone.now()
    delivery = delivery_of(world, not_after=now + HOUR)
    if change == "stop":
        OptOut.objects.create(number=world.number, address=address(), started_at=now, source="STOP")
    elif change == "block":
        Address.objects.update(blocked_until=now + 2 * HOUR)
    elif change == "number":
        Number.objects.update(deleted_at=now)
    with time_machine.travel(now + (2 * HOUR if change == "window" else SECOND), tick=False):
        drain()
    kept = Delivery.objects.get(pk=delivery.pk)
    assert (kept.state, kept.error) == ("canceled", reason)
    assert kept.explanation
    assert len(twilio.calls) == 0
    assert kept.attempts == 0


def test_what_is_too_early_waits_for_its_time_and_blocks_nobody(world, twilio, drain):
    accept(twilio, 1), accept(twilio, 2)
    now = timezone.now()
    early = delivery_of(world, "early", not_before=now + HOUR)
    after = delivery_of(world, "after it")
    drain()
    early.refresh_from_db(), after.refresh_from_db()
    assert (early.state, early.next_attempt_at, after.state) == ("pending", now + HOUR, "queued")
    with time_machine.travel(now + HOUR, tick=False):
        drain()
    early.refresh_from_db()
    assert early.state == "queued"


# --- priority and rate ----------------------------------------------------------------------------


def texts_left(twilio) -> list[str]:

    return [dict(parse_qsl(call.request.body))["Body"] for call in twilio.calls]


def test_replies_go_before_bulk_and_older_before_younger(world, twilio, drain):
    for number in range(1, 6):
        accept(twilio, number)
    bulk = Delivery.Priority.BULK
    for text, priority in (
        ("bulk 1", bulk),
        ("bulk 2", bulk),
        ("reply 1", 0),
        ("bulk 3", bulk),
        ("reply 2", 0),
    ):
        delivery_of(world, text, priority=priority)
    drain()
    assert texts_left(twilio) == ["reply 1", "reply 2", "bulk 1", "bulk 2", "bulk 3"]


def test_a_full_bucket_is_ten_seconds_worth_then_one_a_second(world, twilio):
    Number.objects.update(messages_per_second=1.0)
    for number in range(1, 16):
        accept(twilio, number)
        delivery_of(world, f"text {number}")
    now = timezone.now()

    def leave(at: datetime) -> int:
        with time_machine.travel(at, tick=False):
            count = 0
            while leaving.send_one():
                count += 1
            return count

    assert leave(now) == 10
    assert leave(now) == 0
    assert leave(now + timedelta(seconds=0.9)) == 0
    assert leave(now + timedelta(seconds=1)) == 1
    assert leave(now + timedelta(seconds=3.5)) == 2
    assert leave(now + timedelta(seconds=4)) == 1
    assert leave(now + timedelta(seconds=60)) == 1
    assert texts_left(twilio) == [f"text {number}" for number in range(1, 16)]


def test_one_number_at_its_limit_does_not_hold_up_another(world, twilio):
    Number.objects.update(messages_per_second=0.1)
    second = Number.objects.create(
        account=world.number.account, value="14252306550", messages_per_second=None
    )
    for number in range(1, 4):
        accept(twilio, number)
    delivery_of(world, "one"), delivery_of(world, "two")
    now = timezone.now()
    outbox.submit(number=second, address=address(), text="other number", now=now)
    with time_machine.travel(now, tick=False):
        while leaving.send_one():
            pass
    assert sorted(texts_left(twilio)) == ["one", "other number"]


@pytest.mark.parametrize(("rate", "size"), [(0.01, 1.0), (0.1, 1.0), (1.0, 10.0), (30.0, 300.0)])
def test_the_size_of_a_bucket(rate, size):
    assert bucket_size(rate) == size


def test_a_clock_that_goes_backwards_adds_nothing_and_never_overfills():
    number = Number(messages_per_second=1.0, bucket_tokens=3.0, bucket_filled_at=NOW)
    assert tokens_at(number, NOW - HOUR) == 3.0
    assert tokens_at(number, NOW + timedelta(seconds=2)) == 5.0
    assert tokens_at(number, NOW + HOUR) == 10.0


# --- cancelling -----------------------------------------------------------------------------------


def test_only_what_is_pending_can_be_cancelled(world):
    mine = [delivery_of(world, state) for state in Delivery.State.values]
    for delivery, state in zip(mine, Delivery.State.values, strict=True):
        Delivery.objects.filter(pk=delivery.pk).update(state=state)
    done = deliveries.cancel_pending(Delivery.objects.all(), reason="paused", sentence="Paused.", now=NOW)
    assert done == 1
    states = list(Delivery.objects.order_by("id").values_list("state", flat=True))
    assert states == ["canceled", *Delivery.State.values[1:]]


def test_a_delivery_is_retried_once(world):
    first = delivery_of(world)
    delivery_of(world, retry_of=first)
    with pytest.raises(IntegrityError), transaction.atomic():
        delivery_of(world, retry_of=first)
