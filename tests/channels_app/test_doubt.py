"""Texts in doubt: looked for at the provider, and never sent again by themselves."""

import json
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import responses
import time_machine
from django.utils import timezone
from requests.auth import _basic_auth_str as basic_auth

from channels_app import doubt, leaving
from channels_app.models import Number, ProviderAccount
from channels_app.models_deliveries import Delivery, ProviderCall
from tests.channels_app.support import MESSAGES, accept, delivery_of, message_json, page_json
from tests.path.support import report
from tests.world import CUSTOMER, sid

FIRST, SURELY = doubt.FIRST_SEARCH_AFTER, doubt.SURELY_NOT_AFTER
SECOND = timedelta(seconds=1)


def rfc2822(moment) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")


@pytest.fixture
def lost(world, twilio):
    """A delivery whose answer never came; and when it left."""
    twilio.add(responses.POST, MESSAGES, body=requests.ReadTimeout())
    delivery = delivery_of(world)
    assert leaving.send_one()
    delivery.refresh_from_db()
    assert delivery.state == "unknown"
    return delivery


def listed(twilio, *messages) -> None:
    """What Twilio's list shows from now on."""
    twilio.remove(responses.GET, MESSAGES)
    twilio.add(responses.GET, MESSAGES, json=page_json(*messages))


def found(delivery, number: int = 1, **values):
    return message_json(number, date_created=rfc2822(delivery.left_at), **values)


def at(moment, drain) -> int:
    with time_machine.travel(moment, tick=False):
        return drain()


def searches(twilio) -> list:
    """Looks for one text; Fetch missed messages asks for all to a number, so without From."""
    asked = [call.request for call in twilio.calls if call.request.method == "GET"]
    return [request for request in asked if "From=" in request.url]


def test_it_is_looked_for_by_customer_and_number(lost, twilio, drain):
    listed(twilio)
    at(lost.left_at + FIRST - SECOND, drain)
    assert not searches(twilio)
    at(lost.left_at + FIRST + SECOND, drain)
    [asked] = searches(twilio)
    query = dict(parse_qsl(urlsplit(asked.url).query))
    assert (query["To"], query["From"]) == (CUSTOMER, "+14252306549")
    assert ProviderCall.objects.latest("id").answer == ""


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "failed"])
def test_found(lost, twilio, drain, status):
    listed(twilio, found(lost, status=status))
    at(lost.left_at + FIRST + SECOND, drain)
    lost.refresh_from_db()
    assert (lost.state, lost.external_id) == (status, sid(1))
    assert lost.events.order_by("id").last().word == "found"


@pytest.mark.parametrize(
    "other",
    [
        {"body": "Another text."},
        {"direction": "inbound"},
        {"sid": None},
    ],
    ids=["another text", "inbound", "without an id"],
)
def test_what_is_not_it_is_not_found(lost, twilio, drain, other):
    listed(twilio, found(lost, **other))
    at(lost.left_at + FIRST + SECOND, drain)
    lost.refresh_from_db()
    assert (lost.state, lost.external_id) == ("unknown", "")


def test_a_text_of_long_before_is_not_it(lost, twilio, drain):
    listed(twilio, message_json(1, date_created=rfc2822(lost.left_at - timedelta(hours=1))))
    at(lost.left_at + FIRST + SECOND, drain)
    lost.refresh_from_db()
    assert lost.state == "unknown"


def test_a_text_that_is_still_queued_there_has_no_day_sent_and_is_found(lost, twilio, drain):
    """The list's filter by day sent would miss it, and it would be called surely not sent."""
    listed(twilio, found(lost, status="queued", date_sent=None))
    at(lost.left_at + FIRST + SECOND, drain)
    assert not [
        name for name, _ in parse_qsl(urlsplit(searches(twilio)[0].url).query) if name.startswith("DateSent")
    ]
    lost.refresh_from_db()
    assert lost.state == "queued"


def test_not_there_once_is_no_proof(lost, twilio, drain):
    listed(twilio)
    at(lost.left_at + SURELY + timedelta(hours=1), drain)
    lost.refresh_from_db()
    assert (lost.state, lost.searches) == ("unknown", 1)


def test_not_there_twice_and_two_minutes_after_it_is_surely_not(lost, twilio, drain):
    listed(twilio)
    at(lost.left_at + FIRST + SECOND, drain)
    at(lost.left_at + FIRST + SURELY, drain)
    lost.refresh_from_db()
    assert lost.state == "unknown"
    at(lost.left_at + FIRST + SURELY + 2 * SECOND, drain)
    lost.refresh_from_db()
    assert (lost.state, lost.error, lost.searches) == ("failed", "unavailable", 2)
    assert "safely" in lost.explanation
    assert lost.events.order_by("id").last().word == "surely_not"
    assert len(twilio.calls) == 3


@pytest.mark.parametrize(
    "answer",
    [{"status": 500}, {"status": 401}, {"body": "<html>"}, {"json": []}, {"body": requests.ReadTimeout()}],
)
def test_no_list_is_no_answer_and_a_person_decides(lost, twilio, drain, answer):
    twilio.add(responses.GET, MESSAGES, **answer)
    moment = lost.left_at
    for _ in range(30):
        moment += timedelta(minutes=10)
        at(moment, drain)
    lost.refresh_from_db()
    assert (lost.state, lost.searches) == ("unknown", doubt.MOST_SEARCHES)
    assert len(searches(twilio)) == doubt.MOST_SEARCHES
    assert len([call for call in twilio.calls if call.request.method == "POST"]) == 1


def test_it_is_looked_for_with_the_secondary_token_when_the_primary_is_refused(lost, twilio, drain):
    account = ProviderAccount.objects.get()
    account.secondary_secret = "second-token"
    account.save()
    second = basic_auth(account.external_id, "second-token")
    page = page_json(found(lost))

    def answer(request):
        is_second = request.headers["Authorization"] == second
        return (200, {}, json.dumps(page)) if is_second else (401, {}, json.dumps({"code": 20003}))

    twilio.add_callback(responses.GET, MESSAGES, callback=answer)
    at(lost.left_at + FIRST + SECOND, drain)

    lost.refresh_from_db()
    assert (lost.state, lost.external_id) == ("queued", sid(1))


def test_a_list_that_failed_does_not_count_as_asked(lost, twilio, drain):
    twilio.add(responses.GET, MESSAGES, status=500)
    at(lost.left_at + FIRST + SECOND, drain)
    listed(twilio)
    at(lost.left_at + timedelta(minutes=10), drain)
    lost.refresh_from_db()
    assert lost.state == "unknown"
    at(lost.left_at + timedelta(minutes=30), drain)
    lost.refresh_from_db()
    assert lost.state == "failed"


def test_a_list_as_long_as_we_read_tells_nothing(lost, twilio, drain, monkeypatch):
    monkeypatch.setattr("channels_app.providers.twilio.LISTED_AT_MOST", 200)
    others = [found(lost, number, body="Another text.") for number in range(2, 302)]

    def page_of(request):
        number = int(dict(parse_qsl(urlsplit(request.url).query)).get("Page", 0))
        page = page_json(*others[number * 50 : number * 50 + 50])
        page["next_page_uri"] = f"{page['uri']}?Page={number + 1}&PageToken=x" if number < 5 else None
        return 200, {}, json.dumps(page)

    twilio.add_callback(responses.GET, MESSAGES, callback=page_of)
    for minutes in (1, 10, 30):
        at(lost.left_at + timedelta(minutes=minutes), drain)
    lost.refresh_from_db()
    assert lost.state == "unknown"


def twins(world, twilio) -> list[Delivery]:
    """Two equal texts to one customer, both in doubt."""
    twilio.add(responses.POST, MESSAGES, body=requests.ReadTimeout())
    both = [delivery_of(world), delivery_of(world)]
    while leaving.send_one():
        pass
    for one in both:
        one.refresh_from_db()
        assert one.state == "unknown"
    return both


def test_of_twins_only_one_takes_what_is_there(world, twilio, drain):
    first, second = twins(world, twilio)
    listed(twilio, found(first, 1))
    moment = second.left_at + FIRST + SECOND
    at(moment, drain)
    states = sorted(Delivery.objects.values_list("state", "external_id"))
    assert states == [("queued", sid(1)), ("unknown", "")]
    at(moment + SURELY + SECOND, drain)
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["failed", "queued"]


def test_twins_that_are_both_there_take_one_each(world, twilio, drain):
    first, second = twins(world, twilio)
    listed(twilio, found(first, 1), found(second, 2))
    at(second.left_at + FIRST + SECOND, drain)
    assert sorted(Delivery.objects.values_list("external_id", flat=True)) == [sid(1), sid(2)]


def test_what_a_report_already_claimed_is_not_taken(world, twilio, drain):
    first, second = twins(world, twilio)
    assert report(world, sid(1), "sent", delivery_id=second.pk).status_code == 200
    drain()
    listed(twilio, found(first, 1))
    at(second.left_at + FIRST + SECOND, drain)
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {first.pk: "unknown", second.pk: "sent"}


def test_a_report_corrects_what_a_search_mistook(world, twilio, drain):
    first, second = twins(world, twilio)
    listed(twilio, found(first, 1, status="sent"))
    at(second.left_at + FIRST + SECOND, drain)
    taker = Delivery.objects.exclude(external_id="").get()
    owner = Delivery.objects.exclude(pk=taker.pk).get()
    assert report(world, sid(1), "delivered", delivery_id=owner.pk).status_code == 200
    drain()
    taker.refresh_from_db(), owner.refresh_from_db()
    assert (owner.state, owner.external_id) == ("delivered", sid(1))
    assert (taker.state, taker.external_id, taker.searches, taker.searched_at) == ("unknown", "", 0, None)


def test_while_a_twin_is_leaving_nothing_is_taken(world, lost, twilio, drain):
    twin = delivery_of(world)
    left = leaving.claim_next(now=timezone.now())
    assert left == twin
    listed(twilio, found(lost, 1))
    at(lost.left_at + FIRST + SECOND, drain)
    lost.refresh_from_db()
    assert (lost.state, lost.external_id) == ("unknown", "")


def test_a_report_settles_it_without_any_search(world, lost, twilio, drain):
    assert report(world, sid(9), "delivered", delivery_id=lost.pk).status_code == 200
    drain()
    lost.refresh_from_db()
    assert (lost.state, lost.external_id, lost.error, lost.explanation) == ("delivered", sid(9), "", "")
    at(lost.left_at + timedelta(hours=1), drain)
    assert not searches(twilio)


def test_two_searchers_do_not_count_twice(lost):
    moment = lost.left_at + FIRST + SECOND
    assert doubt.next_doubtful(now=moment) == lost
    assert doubt.next_doubtful(now=moment) is None
    lost.refresh_from_db()
    assert lost.searches == 1


def test_trying_again_is_a_new_delivery_and_the_old_one_stays_in_doubt(world, lost, twilio, drain):
    accept(twilio, 2)
    again = delivery_of(world, lost.text, retry_of=lost)
    twilio.remove(responses.POST, MESSAGES)
    accept(twilio, 2)
    drain()
    again.refresh_from_db(), lost.refresh_from_db()
    assert (again.state, again.external_id) == ("queued", sid(2))
    assert lost.state == "unknown"
    listed(twilio, found(lost, 2))
    at(lost.left_at + FIRST + SECOND, drain)
    lost.refresh_from_db()
    assert (lost.state, lost.external_id) == ("unknown", "")


def test_a_text_is_looked_for_at_the_account_that_it_left_through(lost, world, twilio, drain):
    elsewhere = ProviderAccount.objects.create(
        provider="twilio", external_id="AC" + "e" * 32, base_url="https://other.example", secret="other"
    )
    Number.objects.update(account=elsewhere)
    listed(twilio, found(lost))

    at(lost.left_at + FIRST + SECOND, drain)

    lost.refresh_from_db()
    assert (lost.state, lost.external_id) == ("queued", sid(1))


def test_a_report_in_flight_counts_after_the_number_moved_to_another_account(lost, world, drain):
    elsewhere = ProviderAccount.objects.create(
        provider="twilio", external_id="AC" + "e" * 32, base_url="https://other.example", secret="other"
    )
    Number.objects.update(account=elsewhere)

    assert report(world, sid(1), "delivered", delivery_id=lost.pk).status_code == 200
    drain()

    lost.refresh_from_db()
    assert lost.state == "delivered"
