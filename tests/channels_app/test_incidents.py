"""Incidents: which facts are trouble, and how they start, are kept up, and end."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from channels_app import incidents
from channels_app.health import (
    AccountFacts,
    Drift,
    NumberFacts,
    in_words,
    troubles_of_account,
    troubles_of_number,
)
from channels_app.models import ProviderAccount
from channels_app.models_health import Incident
from channels_app.models_receipts import Refusal, WebhookReceipt
from tests.channels_app.support import delivery_of

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.get_fixed_timezone(0))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def ago(*spans: timedelta) -> tuple[datetime, ...]:
    return tuple(NOW - span for span in spans)


HOURLY = tuple(NOW - 30 * HOUR - n * HOUR for n in range(20))


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        (AccountFacts(), []),
        (AccountFacts(validation="success: fine"), []),
        (AccountFacts(validation="warning: trial"), []),
        (AccountFacts(validation="error: wrong token"), ["validation"]),
        (
            AccountFacts(drift=(Drift("14252306549", "https://else.example/", "https://us/"),)),
            ["webhook_drift"],
        ),
        (AccountFacts(drift=(Drift("14252306549", "", "https://us/"),)), ["webhook_drift"]),
        (AccountFacts(drift=(Drift("14252306549", None, "https://us/"),)), ["number_lost"]),
        (AccountFacts(refused_at=ago(MINUTE, 2 * MINUTE)), []),
        (AccountFacts(refused_at=ago(MINUTE, 2 * MINUTE, 3 * MINUTE)), ["refusals"]),
        (AccountFacts(refused_at=ago(MINUTE, 2 * HOUR, 3 * HOUR)), []),
        (AccountFacts(oldest_receipt_at=NOW - 4 * MINUTE), []),
        (AccountFacts(oldest_receipt_at=NOW - 6 * MINUTE), ["inbound_backlog"]),
        (AccountFacts(missed=1), ["missed"]),
    ],
)
def test_which_facts_are_trouble_of_an_account(facts, kinds):
    assert [t.kind for t in troubles_of_account(facts, is_open=set(), now=NOW)] == kinds


@pytest.mark.parametrize(
    ("facts", "is_open", "kinds"),
    [
        (NumberFacts(), set(), []),
        (NumberFacts(finished=9, failed=9), set(), []),
        (NumberFacts(finished=10, failed=1), set(), []),
        (NumberFacts(finished=10, failed=2), set(), ["error_rate"]),
        (NumberFacts(finished=100, failed=15), set(), []),
        (NumberFacts(finished=100, failed=15), {"error_rate"}, ["error_rate"]),
        (NumberFacts(finished=100, failed=9), {"error_rate"}, []),
        (NumberFacts(waits_since=NOW - 4 * MINUTE), set(), []),
        (NumberFacts(waits_since=NOW - 6 * MINUTE), set(), ["outbound_backlog"]),
        (NumberFacts(most_tries=3), set(), ["outbound_backlog"]),
        (NumberFacts(texts_in_at=HOURLY, delivered=5), set(), ["silent"]),
        (NumberFacts(texts_in_at=HOURLY, delivered=4), set(), []),
        (NumberFacts(texts_in_at=HOURLY[:9], delivered=5), set(), []),
        (NumberFacts(texts_in_at=tuple(NOW - n * 25 * HOUR for n in range(1, 20)), delivered=5), set(), []),
    ],
)
def test_which_facts_are_trouble_of_a_number(facts, is_open, kinds):
    assert [t.kind for t in troubles_of_number(facts, is_open=is_open, now=NOW)] == kinds


def test_refusals_stay_an_incident_until_an_hour_is_quiet():
    facts = AccountFacts(refused_at=ago(59 * MINUTE))
    assert troubles_of_account(facts, is_open={"refusals"}, now=NOW)
    assert not troubles_of_account(facts, is_open={"refusals"}, now=NOW + 2 * MINUTE)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (30, "less than a minute"),
        (60, "1 minute"),
        (7200, "2 hours"),
        (86_400, "1 day"),
        (-5, "less than a minute"),
    ],
)
def test_spans_are_told_in_their_largest_unit(span, words):
    assert in_words(timedelta(seconds=span)) == words


def test_an_incident_starts_is_kept_up_and_ends(world):
    account, now = world.sms_settings.account, timezone.now()
    ProviderAccount.objects.update(last_validation_status="error: Twilio does not accept this.")

    assert incidents.look(now=now) == 1
    assert incidents.look(now=now + MINUTE) == 0
    [incident] = Incident.objects.all()
    assert (incident.kind, incident.account, incident.number) == ("validation", account, None)
    assert (incident.started_at, incident.last_seen_at, incident.ended_at) == (now, now + MINUTE, None)
    assert incident.details == "Twilio does not accept this."

    ProviderAccount.objects.update(last_validation_status="success: valid")
    assert incidents.look(now=now + HOUR) == 1
    incident.refresh_from_db()
    assert incident.ended_at == now + HOUR


def test_the_same_trouble_later_is_another_incident(world):
    now = timezone.now()
    for at, status in [(0, "error: x"), (1, "success: y"), (2, "error: x")]:
        ProviderAccount.objects.update(last_validation_status=status)
        incidents.look(now=now + at * HOUR)
    assert list(Incident.objects.order_by("id").values_list("ended_at", flat=True)) == [now + HOUR, None]


def test_what_came_in_and_waits_and_what_was_refused_is_seen(world):
    account, now = world.sms_settings.account, timezone.now()
    WebhookReceipt.objects.create(
        account=account, digest="d", method="POST", path="/", body=b"", next_attempt_at=now, received_at=now
    )
    Refusal.objects.bulk_create([Refusal(account=account, reason="No.") for _ in range(3)])
    delivery_of(world, now=now)

    incidents.look(now=now + 10 * MINUTE)

    kinds = set(Incident.objects.values_list("kind", "number__value"))
    assert kinds == {("inbound_backlog", None), ("refusals", None), ("outbound_backlog", "14252306549")}


def test_an_account_that_nobody_uses_has_no_open_incident(world):
    now = timezone.now()
    ProviderAccount.objects.update(last_validation_status="error: x")
    incidents.look(now=now)
    ProviderAccount.objects.update(deleted_at=now)
    incidents.look(now=now + MINUTE)
    assert Incident.objects.get().ended_at == now + MINUTE
