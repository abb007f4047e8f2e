"""Reports on our texts: through the front door, in every order."""

from datetime import timedelta
from itertools import permutations

import pytest
import responses
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_app import leaving, status
from channels_app.accounts import inbound_address
from channels_app.models import InboundUrl, ProviderAccount
from channels_app.models_deliveries import Delivery, DeliveryEvent
from channels_app.models_receipts import OptOut, WebhookReceipt
from channels_app.providers.base import Outcome, SendResult
from channels_app.providers.twilio_webhooks import parse_report
from channels_app.reports import apply_report
from conversations import inbound
from tests.channels_app.support import MESSAGES, address, delivery_of, ids, message_json, table
from tests.path.support import report
from tests.world import post_webhook, sid, text_params

S = Delivery.State


def sent_delivery(world, state: str = "queued", external_id: str = sid(1)) -> Delivery:
    delivery = delivery_of(world)
    ours = {"pending", "leaving", "unknown"}
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state,
        external_id="" if state in ours else external_id,
        left_at=now,
        attempts=1,
        is_news=False,
        next_attempt_at=now + timedelta(hours=1),
    )
    delivery.refresh_from_db()
    return delivery


@pytest.mark.parametrize("case", table("reports"), ids=ids)
@pytest.mark.parametrize("by", ["status address", "inbound address"])
def test_what_becomes_of_each_report(case, by, world, drain):
    delivery = sent_delivery(world, case["start"])
    if by == "inbound address" and not delivery.external_id:
        Delivery.objects.update(external_id=sid(1))
    url_id = delivery.pk if by == "status address" else None
    if case.get("only"):
        url = world.inbound_url + (f"status/{url_id}/" if url_id else "")
        answer = post_webhook(url, {"MessageSid": sid(1), "MessageStatus": case["word"]})
    else:
        answer = report(world, sid(1), case["word"], delivery_id=url_id, **case.get("extra", {}))
    assert answer.status_code == 200
    assert answer.content == b"<Response/>"

    inbound.take_one()

    delivery.refresh_from_db()
    assert WebhookReceipt.objects.get().state == "done", WebhookReceipt.objects.get().reason
    assert delivery.state == case["state"]
    assert delivery.external_id == sid(1)
    moved = case["state"] != case["start"]
    if moved:
        assert (delivery.error, delivery.provider_code) == (
            case.get("error", ""),
            case.get("code", delivery.provider_code),
        )
        assert case.get("explains", "") in delivery.explanation
        assert bool(delivery.explanation) == bool(delivery.error)
    assert delivery.is_news == moved
    assert DeliveryEvent.objects.get().word == case["word"].lower()[:24]
    assert OptOut.objects.filter(ended_at=None).exists() == case.get("opt_out", False)


def test_a_report_without_an_id_is_failed_with_its_reason(world, drain):
    post_webhook(world.inbound_url, {"MessageStatus": "delivered"})
    drain()
    kept = WebhookReceipt.objects.get()
    assert (kept.state, kept.reason) == ("failed", "The report has no MessageSid.")


def test_the_same_report_twice_is_one(world, drain):
    delivery = sent_delivery(world)
    for _ in range(3):
        assert report(world, sid(1), "delivered", delivery_id=delivery.pk).status_code == 200
        drain()
    assert DeliveryEvent.objects.count() == 1


def test_a_report_on_nothing_of_ours_is_ignored_after_some_tries_and_answered_well(world, monkeypatch):
    assert report(world, sid(77), "delivered").status_code == 200
    tries = 0
    while WebhookReceipt.objects.get().state == "received":
        WebhookReceipt.objects.update(next_attempt_at=timezone.now())
        assert inbound.take_one()
        tries += 1
    kept = WebhookReceipt.objects.get()
    assert (kept.state, tries) == ("ignored", inbound.REPORT_TRIES)
    assert sid(77) in kept.reason
    assert not Delivery.objects.exists()


def test_a_report_faster_than_our_own_answer_finds_it_by_our_id(world, drain):
    delivery = delivery_of(world)
    claimed = leaving.claim_next(now=timezone.now())
    report(world, sid(1), "delivered", delivery_id=delivery.pk)
    drain()
    leaving.settle(claimed, SendResult(Outcome.ACCEPTED, "queued", sid(1)), now=timezone.now())
    delivery.refresh_from_db()
    assert (delivery.state, delivery.external_id) == ("delivered", sid(1))


def test_a_report_without_our_id_that_is_too_fast_is_taken_later(world, drain):
    delivery = delivery_of(world)
    claimed = leaving.claim_next(now=timezone.now())
    report(world, sid(1), "delivered")
    inbound.take_one()
    assert WebhookReceipt.objects.get().state == "received"
    leaving.settle(claimed, SendResult(Outcome.ACCEPTED, "queued", sid(1)), now=timezone.now())
    WebhookReceipt.objects.update(next_attempt_at=timezone.now())
    inbound.take_one()
    delivery.refresh_from_db()
    assert delivery.state == "delivered"


def test_what_was_reported_is_not_sent_again_though_it_was_taken_for_not_sent(world, twilio, drain):
    twilio.add(responses.POST, MESSAGES, status=429)
    delivery = delivery_of(world)
    drain()
    report(world, sid(1), "sent", delivery_id=delivery.pk)
    drain()
    Delivery.objects.update(next_attempt_at=timezone.now())
    drain()
    delivery.refresh_from_db()
    assert delivery.state == "sent"
    assert len(twilio.calls) == 1


def other_account(world) -> ProviderAccount:
    return ProviderAccount.objects.create(
        provider="twilio",
        external_id="AC" + "9" * 32,
        base_url="https://api.twilio.com",
        secret="their-token",
    )


@pytest.mark.parametrize("external_id", ["", sid(1)])
def test_our_id_behind_another_accounts_token_does_nothing(world, external_id):
    delivery = sent_delivery(world)
    Delivery.objects.update(external_id=external_id)
    theirs = InboundUrl.objects.create(account=other_account(world))

    params = {"MessageSid": sid(1), "MessageStatus": "delivered"}
    url = f"{inbound_address(theirs)}status/{delivery.pk}/"
    assert post_webhook(url, params, token="their-token").status_code == 200
    inbound.take_one()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.external_id) == ("queued", external_id)
    assert not DeliveryEvent.objects.exists()


def test_our_id_of_another_text_is_not_followed(world, drain):
    """The id in the URL counts only while it does not contradict the provider's."""
    first, second = sent_delivery(world, external_id=sid(1)), sent_delivery(world, external_id=sid(2))
    report(world, sid(2), "delivered", delivery_id=first.pk)
    drain()
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.state, second.state) == ("queued", "delivered")


def test_an_unsigned_report_changes_nothing(world):
    delivery = sent_delivery(world)
    url = f"{world.inbound_url}status/{delivery.pk}/"
    assert (
        post_webhook(url, {"MessageSid": sid(1), "MessageStatus": "failed"}, token="wrong").status_code == 403
    )
    assert not inbound.take_one()
    delivery.refresh_from_db()
    assert delivery.state == "queued"


def test_a_text_at_the_status_address_of_a_delivery_changes_it_not(world, drain):
    delivery = sent_delivery(world)
    post_webhook(f"{world.inbound_url}status/{delivery.pk}/", text_params("Thanks!", number=5))
    drain()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.events.count()) == ("queued", 0)


# --- every order ends alike -----------------------------------------------------------------------

WORDS = [
    "accepted",
    "scheduled",
    "queued",
    "sending",
    "sent",
    "canceled",
    "failed",
    "undelivered",
    "delivered",
    "read",
]


def test_the_ranks():
    assert [word for word in S.values if word in WORDS] == WORDS
    assert S.values[:3] == ["pending", "leaving", "unknown"]
    assert status.lower("pending") == []
    assert status.lower("sent") == S.values[: S.values.index("sent")]
    assert set(S.values) >= status.RETRYABLE


def told(word: str, code: str = "") -> object:
    return parse_report({"MessageSid": sid(1), "MessageStatus": word, "ErrorCode": code})


def run(world, steps) -> tuple:
    """One delivery, claimed, through these steps; what it ends as."""
    DeliveryEvent.objects.all().delete()
    Delivery.objects.all().delete()
    now = timezone.now()
    Delivery.objects.create(
        number=world.number,
        account=world.number.account,
        address=world.customer,
        text="x",
        next_attempt_at=now,
        state="leaving",
        left_at=now,
        attempts=1,
    )
    for step in steps:
        delivery = Delivery.objects.select_related("number__account", "address").get()
        if isinstance(step, SendResult):
            leaving.settle(delivery, step, now=now)
        else:
            apply_report(delivery=delivery, report=step, now=now)
    kept = Delivery.objects.get()
    return kept.state, kept.external_id


QUEUED = SendResult(Outcome.ACCEPTED, "queued", sid(1))
DOUBT = SendResult(Outcome.AMBIGUOUS)
REPORTS = st.lists(st.sampled_from([*WORDS, "partially_delivered", "levitating"]), min_size=1, max_size=5)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    data=st.data(),
    words=REPORTS,
    outcome=st.sampled_from([QUEUED, DOUBT, SendResult(Outcome.ACCEPTED, "accepted", sid(1))]),
)
def test_every_order_of_reports_and_outcome_ends_alike(world, data, words, outcome):
    world.customer = address()
    steps = [outcome, *(told(word, "30008" if word in {"failed", "undelivered"} else "") for word in words)]
    steps += data.draw(
        st.lists(st.sampled_from(steps[1:]), max_size=2)
    )  # reports are repeated, outcomes are not
    shuffled = data.draw(st.permutations(steps))
    highest = max(
        (step.status for step in steps if step.status), key=lambda word: status.RANK[word], default="unknown"
    )
    assert run(world, steps) == run(world, shuffled) == (highest, sid(1))


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_undelivered_then_delivered_is_delivered_in_any_order(world, order):
    world.customer = address()
    steps = [QUEUED, told("undelivered", "30003"), told("delivered")]
    assert run(world, [steps[i] for i in order]) == ("delivered", sid(1))
    assert Delivery.objects.get().error == ""


def test_a_late_sent_does_not_undo_delivered(world):
    world.customer = address()
    assert run(world, [QUEUED, told("delivered"), told("sent")]) == ("delivered", sid(1))
    assert [e.word for e in DeliveryEvent.objects.order_by("id")] == ["queued", "delivered", "sent"]


def test_an_answer_that_says_failed_is_not_undone_by_a_late_sent(world, twilio, drain):
    twilio.add(responses.POST, MESSAGES, status=201, json=message_json(1, status="failed", error_code=30007))
    delivery = delivery_of(world)
    drain()
    report(world, sid(1), "sent", delivery_id=delivery.pk)
    drain()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.provider_code) == ("failed", "30007")
