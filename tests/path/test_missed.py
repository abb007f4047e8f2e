"""Fetch missed messages: what never arrived is taken in, once, whatever the webhook does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app import incidents, missed
from channels_app.models import ProviderAccount
from channels_app.models_deliveries import ProviderCall
from channels_app.models_health import AccountWatch, Incident
from channels_app.models_receipts import InboundText, WebhookReceipt
from conversations.models import Conversation
from simulator.server import running
from tests.path.support import write
from tests.world import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, OUR_NUMBER, post_webhook, text_params

LATER = timedelta(minutes=5)


@pytest.fixture
def simulator(world):
    numbers = [{"phone_number": f"+{OUR_NUMBER}", "sms_url": "http://127.0.0.1:1/hooks/x/"}]
    account = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "numbers": numbers}
    with running({"accounts": [account]}) as simulator:
        ProviderAccount.objects.update(base_url=simulator.url)
        world.sms_settings.account.refresh_from_db()
        simulator.state.plan_drops(1000)
        yield simulator


def lost(simulator, text="Did you get this?", sender=CUSTOMER):
    return simulator.text(sender=sender, recipient=f"+{OUR_NUMBER}", body=text)[0]


def fetch(world, *, after=LATER, **options):
    return missed.fetch(ProviderAccount.objects.get(), now=timezone.now() + after, **options)


def test_a_text_whose_webhook_was_lost_is_taken_in_like_any_other(world, simulator, drain):
    external_id = lost(simulator, "Grüße 👋 & more=?")

    result = fetch(world)
    drain()

    assert result.sentence == (
        "The provider lists 1 text of the last 3 days: 0 here already, 1 was missing and is taken in now. "
        "Texts of the last two minutes are not compared yet."
    )
    text = InboundText.objects.get()
    assert (text.external_id, text.text, text.is_fetched) == (external_id, "Grüße 👋 & more=?", True)
    assert text.sent_at is not None
    conversation = Conversation.objects.get()
    assert list(conversation.messages.filter(direction="inbound").values_list("text", flat=True)) == [
        text.text
    ]
    assert WebhookReceipt.objects.get().number == world.number


def test_fetching_twice_takes_nothing_twice(world, simulator, drain):
    lost(simulator)
    fetch(world)
    again_before = fetch(world)
    drain()
    again_after = fetch(world)
    drain()
    assert (again_before.missing, again_after.missing) == (0, 0)
    assert again_after.sentence == (
        "The provider lists 1 text of the last 3 days: all are here. Texts of the last two minutes are not "
        "compared yet."
    )
    assert InboundText.objects.count() == 1


@pytest.mark.parametrize("taken_in_between", [True, False])
def test_a_webhook_that_comes_late_changes_nothing(world, simulator, drain, taken_in_between):
    external_id = lost(simulator)
    fetch(world)
    if taken_in_between:
        drain()
    params = text_params("Did you get this?") | {"MessageSid": external_id, "SmsMessageSid": external_id}
    assert post_webhook(world.inbound_url, params).status_code == 200
    drain()
    assert InboundText.objects.get().is_fetched
    assert Conversation.objects.get().messages.filter(direction="inbound").count() == 1
    assert set(WebhookReceipt.objects.values_list("state", "reason")) == {
        ("done", ""),
        ("ignored", "This text was here before."),
    }


@pytest.mark.parametrize("state", ["received", "failed"])
def test_a_text_whose_webhook_waits_or_has_failed_is_not_missing(world, simulator, drain, state):
    external_id = lost(simulator)
    write(world, "Did you get this?", number=1, MessageSid=external_id, SmsMessageSid=external_id)
    WebhookReceipt.objects.update(state=state)
    assert fetch(world).missing == 0


def test_a_text_may_be_on_its_way_for_two_minutes(world, simulator):
    lost(simulator)
    assert fetch(world, after=timedelta(minutes=1)).listed == 0


def test_only_the_last_days_are_looked_at(world, simulator):
    lost(simulator)
    simulator.state.messages[0].created_at -= timedelta(days=2)
    assert fetch(world, days=1).listed == 0
    assert fetch(world, days=3).missing == 1


def test_the_texts_of_one_customer_keep_their_order(world, simulator, drain):
    for n in range(5):
        lost(simulator, f"Text {n}")
    fetch(world)
    drain()
    texts = Conversation.objects.get().messages.filter(direction="inbound").order_by("seq")
    assert list(texts.values_list("text", flat=True)) == [f"Text {n}" for n in range(5)]


def test_a_provider_that_does_not_answer_is_told_and_nothing_is_lost(world):
    result = fetch(world)
    assert result.problem
    assert AccountWatch.objects.get().fetched_at is None
    assert AccountWatch.objects.get().fetch_result == result.sentence


def test_what_was_missed_is_an_incident_that_ends_after_a_day(world, simulator, drain):
    lost(simulator)
    fetch(world)
    drain()
    now = timezone.now()
    incidents.look(now=now)
    assert Incident.objects.get().kind == "missed"
    incidents.look(now=now + timedelta(hours=25))
    assert Incident.objects.get(kind="missed").ended_at is not None


def test_the_log_of_calls_keeps_no_customers_texts(world, simulator):
    lost(simulator, "private words")
    fetch(world)
    assert ProviderCall.objects.get().answer == ""


def test_one_worker_asks_every_ten_minutes(world):
    now = timezone.now()
    assert missed.claim_due(now=now) is None
    assert missed.claim_due(now=now + missed.EVERY) is not None
    assert missed.claim_due(now=now + missed.EVERY) is None
    assert missed.claim_due(now=now + 2 * missed.EVERY) is not None
