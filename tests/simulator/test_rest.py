"""Twilio's REST API as Twilio's own library sees it: account, numbers, lists."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.server import Simulator

from .support import ACCOUNT, COMPANY, CUSTOMER, MESSAGES, TOKEN, twilio_client


def test_account_shows_status_type_and_its_token(client: Client) -> None:
    account = client.api.accounts(ACCOUNT).fetch()

    assert (account.sid, account.status, account.type) == (ACCOUNT, "active", "Full")
    assert account.auth_token == TOKEN
    assert account.date_created.tzinfo is not None


@pytest.mark.parametrize("token", ["wrong", "second", ""], ids=["wrong", "secondary", "empty"])
def test_any_token_but_the_primary_is_refused(simulator: Simulator, token: str) -> None:
    answer = requests.get(
        f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}.json", auth=(ACCOUNT, token), timeout=5
    )

    assert answer.status_code == 401
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


@pytest.mark.parametrize("header", [None, "Basic", "Basic ###", "Bearer abc"])
def test_unreadable_credentials_are_refused_and_never_a_crash(
    simulator: Simulator, header: str | None
) -> None:
    headers = {"Authorization": header} if header else {}

    answer = requests.get(f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}.json", headers=headers, timeout=5)

    assert answer.status_code == 401


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_inactive_account_can_be_looked_at_but_does_not_send(
    simulator: Simulator, client: Client, status: str
) -> None:
    simulator.save_account(account_sid=ACCOUNT, status=status)

    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=CUSTOMER, from_=COMPANY, body="Hello")

    assert client.api.accounts(ACCOUNT).fetch().status == status
    assert (refused.value.status, refused.value.code) == (401, 20005)


def test_numbers_are_found_by_a_part_of_them(client: Client) -> None:
    one = client.incoming_phone_numbers.list(phone_number=COMPANY, limit=5)
    both = client.incoming_phone_numbers.list(phone_number="425230", limit=5)
    none = client.incoming_phone_numbers.list(phone_number="+4179", limit=5)

    assert [number.phone_number for number in one] == [COMPANY]
    assert (len(both), len(none)) == (2, 0)
    assert one[0].capabilities["sms"] is True
    assert one[0].status == "in-use"


def test_webhook_of_a_number_can_be_changed(client: Client) -> None:
    number = client.incoming_phone_numbers.list(phone_number=COMPANY, limit=1)[0]

    changed = client.incoming_phone_numbers(number.sid).update(
        sms_url="https://example.org/in/", sms_method="GET", sms_fallback_url="https://example.org/else/"
    )

    assert changed.sms_url == "https://example.org/in/"
    again = client.incoming_phone_numbers(number.sid).fetch()
    assert (again.sms_method, again.sms_fallback_url) == ("GET", "https://example.org/else/")


@pytest.mark.parametrize("url", ["example.org", "ftp://example.org/", "http://under_score.example/"])
def test_bad_webhook_address_is_refused_with_21402(client: Client, url: str) -> None:
    number = client.incoming_phone_numbers.list(phone_number=COMPANY, limit=1)[0]

    with pytest.raises(TwilioRestException) as refused:
        client.incoming_phone_numbers(number.sid).update(sms_url=url)

    assert refused.value.code == 21402


def test_unknown_resources_are_20404(client: Client) -> None:
    for fetch in (client.messages("SM" + "0" * 32).fetch, client.incoming_phone_numbers("PN0").fetch):
        with pytest.raises(TwilioRestException) as missing:
            fetch()
        assert (missing.value.status, missing.value.code) == (404, 20404)


def test_list_is_paged_newest_first_even_when_messages_arrive_between(client: Client) -> None:
    for number in range(5):
        client.messages.create(to=CUSTOMER, from_=COMPANY, body=f"text {number}")

    first = client.messages.page(page_size=2)
    first_bodies = [message.body for message in first]
    client.messages.create(to=CUSTOMER, from_=COMPANY, body="late")
    second_bodies = [message.body for message in first.next_page()]

    assert first_bodies == ["text 4", "text 3"]
    assert second_bodies == ["text 2", "text 1"]
    assert len(client.messages.list(page_size=2)) == 6


def test_list_is_filtered_by_parties_and_date(client: Client) -> None:
    now = datetime.now(UTC)
    client.messages.create(to=CUSTOMER, from_=COMPANY, body="wanted")
    client.messages.create(to="+14255550199", from_=COMPANY, body="other")

    found = client.messages.list(to=CUSTOMER, from_=COMPANY, date_sent_after=now - timedelta(seconds=5))
    later = client.messages.list(date_sent_after=now + timedelta(minutes=1))
    before = client.messages.list(date_sent_before=now - timedelta(minutes=1))
    today = client.messages.list(date_sent=now)

    assert [message.body for message in found] == ["wanted"]
    assert (later, before, len(today)) == ([], [], 2)


def test_date_filter_works_as_written_in_a_plain_url(simulator: Simulator, client: Client) -> None:
    client.messages.create(to=CUSTOMER, from_=COMPANY, body="wanted")
    today = datetime.now(UTC).date()

    answer = requests.get(
        f"{simulator.url}{MESSAGES}?DateSent>={today}&To={CUSTOMER.replace('+', '%2B')}",
        auth=(ACCOUNT, TOKEN),
        timeout=5,
    )

    assert [message["body"] for message in answer.json()["messages"]] == ["wanted"]


def test_planned_fault_can_hit_the_requests_that_do_not_send(simulator: Simulator, client: Client) -> None:
    simulator.add_fault("refuse_20429", target="other")

    with pytest.raises(TwilioRestException) as throttled:
        client.api.accounts(ACCOUNT).fetch()

    assert (throttled.value.status, throttled.value.code) == (429, 20429)
    assert client.api.accounts(ACCOUNT).fetch().status == "active"


def test_another_token_works_once_the_account_was_changed(simulator: Simulator) -> None:
    simulator.save_account(account_sid=ACCOUNT, auth_token="promoted")

    assert twilio_client(simulator.url, "promoted").api.accounts(ACCOUNT).fetch().sid == ACCOUNT
    with pytest.raises(TwilioRestException):
        twilio_client(simulator.url).api.accounts(ACCOUNT).fetch()
