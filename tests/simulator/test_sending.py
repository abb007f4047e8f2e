"""POST Messages.json: what is accepted, what is refused, and every unusual answer."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.server import Simulator
from simulator.twilio import faults
from simulator.twilio.faults import MAGIC_NUMBERS
from simulator.twilio.segments import count_segments

from .support import ACCOUNT, COMPANY, CUSTOMER, MESSAGES, TOKEN

GOOD = {"To": CUSTOMER, "From": COMPANY, "Body": "Hello"}


def post(simulator: Simulator, timeout: float = 5, **changes: Any) -> requests.Response:
    form = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return requests.post(
        simulator.url + MESSAGES, data=form, auth=(ACCOUNT, TOKEN), timeout=timeout, allow_redirects=False
    )


def test_accepted_message_is_queued_and_can_be_fetched(simulator: Simulator, client: Client) -> None:
    simulator.change_callbacks(delay_ms=60_000)

    made = client.messages.create(
        to=CUSTOMER, from_=COMPANY, body="Hello 👍", status_callback="https://example.org/s/?m=1"
    )

    assert made.sid.startswith("SM")
    assert len(made.sid) == 34
    assert (made.status, made.direction, made.body) == ("queued", "outbound-api", "Hello 👍")
    assert (made.num_segments, made.date_sent, made.error_code) == ("1", None, None)
    assert client.messages(made.sid).fetch().status == "queued"
    assert simulator.accepted_by_callback() == {"https://example.org/s/?m=1": 1}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"To": None}, 21604, id="no recipient"),
        pytest.param({"From": None}, 21603, id="no sender"),
        pytest.param({"From": None, "MessagingServiceSid": "MG" + "0" * 32}, 21703, id="empty service"),
        pytest.param({"Body": ""}, 21602, id="no text"),
        pytest.param({"Body": "x" * 1601}, 21617, id="too long"),
        pytest.param({"To": "4255550100"}, 21211, id="no country code"),
        pytest.param({"To": "+1425555"}, 21211, id="too short"),
        pytest.param({"To": "+10005550100"}, 21211, id="no such area"),
        pytest.param({"From": "+14252300000"}, 21606, id="number of someone else"),
        pytest.param({"StatusCallback": "/status/"}, 21609, id="relative callback"),
        pytest.param({"StatusCallback": "http://web_1:8000/"}, 21609, id="underscore in the host"),
        pytest.param({"MediaUrl": "picture.png"}, 21620, id="bad media"),
        pytest.param({"MediaUrl": ["https://example.org/p.png"] * 11}, 21623, id="too many media"),
    ],
)
def test_wrong_request_is_refused_with_twilios_code(
    simulator: Simulator, changes: dict[str, Any], code: int
) -> None:
    answer = post(simulator, **changes)

    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (400, code, 400)
    assert simulator.messages() == []
    assert [request.accepted for request in simulator.requests()] == [False]


def test_media_may_come_without_a_text(simulator: Simulator) -> None:
    answer = post(simulator, Body=None, MediaUrl=["https://example.org/a.png", "https://example.org/b.png"])

    assert (answer.status_code, answer.json()["num_media"]) == (201, "2")
    assert answer.json()["sid"].startswith("MM")


def test_number_that_cannot_text_is_refused(simulator: Simulator) -> None:
    simulator.save_account(account_sid=ACCOUNT, numbers=[{"phone_number": COMPANY, "sms": False}])

    assert post(simulator).json()["code"] == 21606


def test_trial_account_texts_verified_numbers_only(simulator: Simulator) -> None:
    simulator.save_account(account_sid=ACCOUNT, type="Trial", verified=["+14255550111"])

    assert post(simulator).json()["code"] == 21608
    assert post(simulator, To="+14255550111").json()["body"].endswith("Hello")


def test_wrong_token_counts_as_a_request_that_was_not_accepted(simulator: Simulator) -> None:
    requests.post(simulator.url + MESSAGES, data=GOOD, auth=(ACCOUNT, "wrong"), timeout=5)

    assert [(request.accepted, request.http_status) for request in simulator.requests()] == [(False, 401)]


@pytest.mark.parametrize(
    ("number", "http_status", "code"),
    [
        ("+15005550001", 400, 21211),
        ("+15005550003", 400, 21408),
        ("+15005550004", 400, 21610),
        ("+15005550009", 400, 21614),
        ("+15005550105", 500, 20500),
    ],
)
def test_magic_number_that_refuses(
    simulator: Simulator, client: Client, number: str, http_status: int, code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=number, from_=COMPANY, body="Hello")

    assert (refused.value.status, refused.value.code) == (http_status, code)
    assert simulator.accepted() == []


@pytest.mark.parametrize(
    ("number", "status", "error_code"),
    [
        ("+15005550101", "undelivered", 30003),
        ("+15005550102", "undelivered", 30005),
        ("+15005550103", "failed", 30008),
        ("+15005550104", "failed", 21610),
        ("+15005550111", "failed", 30007),
        ("+15005550113", "queued", None),
        ("+15005550115", "delivered", None),
    ],
)
def test_magic_number_that_decides_the_end(
    simulator: Simulator, client: Client, number: str, status: str, error_code: int | None
) -> None:
    made = client.messages.create(to=number, from_=COMPANY, body="Hello")
    simulator.wait_until_idle()

    fetched = client.messages(made.sid).fetch()
    assert (fetched.status, fetched.error_code) == (status, error_code)


def test_failed_at_once_says_so_in_the_answer(simulator: Simulator) -> None:
    answer = post(simulator, To="+15005550111")

    assert (answer.status_code, answer.json()["status"], answer.json()["error_code"]) == (
        201,
        "failed",
        30007,
    )


def test_server_error_after_accepting_leaves_a_message(simulator: Simulator, client: Client) -> None:
    answer = post(simulator, To="+15005550106")

    assert (answer.status_code, answer.json()["code"]) == (500, 20500)
    assert len(client.messages.list(to="+15005550106")) == 1


def test_hanging_answer_leaves_a_message_and_ends_some_day(simulator: Simulator) -> None:
    with pytest.raises(requests.ReadTimeout):
        post(simulator, To="+15005550107", timeout=0.2)
    started = time.monotonic()
    answer = post(simulator, To="+15005550107")

    assert answer.status_code == 201
    assert time.monotonic() - started >= 0.5
    assert len(simulator.accepted()) == 2


def test_broken_connection_leaves_a_message(simulator: Simulator) -> None:
    with pytest.raises(requests.ConnectionError, match="reset"):
        post(simulator, To="+15005550108")

    assert len(simulator.messages(to="+15005550108")) == 1


def test_throttled_number_accepts_the_third_time_and_then_begins_again(simulator: Simulator) -> None:
    answers = [post(simulator, To="+15005550109") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [429, 429, 201, 429]
    assert answers[0].json()["code"] == 20429
    assert len(simulator.accepted()) == 1


def test_answer_without_a_sid(simulator: Simulator) -> None:
    answer = post(simulator, To="+15005550110")

    assert answer.status_code == 201
    assert "sid" not in answer.json()
    assert len(simulator.accepted()) == 1


def test_answer_that_is_no_json(simulator: Simulator) -> None:
    answer = post(simulator, To="+15005550112")

    assert answer.status_code == 201
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(simulator.accepted()) == 1


def test_redirect_accepts_nothing(simulator: Simulator) -> None:
    answer = post(simulator, To="+15005550114")

    assert answer.status_code == 302
    assert simulator.accepted() == []


@pytest.mark.parametrize(
    ("kind", "problem"), [("reset_before", requests.ConnectionError), ("hang_before", requests.ReadTimeout)]
)
def test_fault_before_accepting_leaves_no_message(
    simulator: Simulator, kind: str, problem: type[Exception]
) -> None:
    simulator.add_fault(kind)

    with pytest.raises(problem):
        post(simulator, timeout=0.2)

    assert simulator.messages() == []
    assert [request.accepted for request in simulator.requests()] == [False]


def test_planned_fault_hits_only_its_number_and_only_so_often(simulator: Simulator) -> None:
    simulator.add_fault("refuse_21611", times=2, match_to=CUSTOMER)

    other = post(simulator, To="+14255550199")
    codes = [post(simulator).json().get("code") for _ in range(3)]

    assert other.status_code == 201
    assert codes == [21611, 21611, None]


def test_planned_fault_goes_before_a_magic_number(simulator: Simulator) -> None:
    simulator.add_fault("none")

    assert post(simulator, To="+15005550001").status_code == 201


def test_many_requests_at_once_are_each_counted_once(simulator: Simulator) -> None:
    with ThreadPoolExecutor(max_workers=40) as pool:
        calls = [
            pool.submit(post, simulator, StatusCallback=f"http://127.0.0.1:9/s/?m={each}")
            for each in range(120)
        ]
        sids = {call.result().json()["sid"] for call in calls}

    assert len(sids) == 120
    assert set(simulator.accepted_by_callback().values()) == {1}


def test_every_magic_number_stands_in_the_documentation() -> None:
    lines = [line.split()[:2] for line in str(faults.__doc__).splitlines()]

    assert all([magic.number, magic.fault] in lines for magic in MAGIC_NUMBERS)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        pytest.param("", 1, id="empty"),
        pytest.param("a" * 160, 1, id="160 letters"),
        pytest.param("a" * 161, 2, id="161 letters"),
        pytest.param("a" * 306, 2, id="two full parts"),
        pytest.param("€" * 80, 1, id="euro takes two"),
        pytest.param("a" * 152 + "€" + "a" * 20, 2, id="euro is not cut"),
        pytest.param("ж" * 70, 1, id="70 others"),
        pytest.param("ж" * 71, 2, id="71 others"),
        pytest.param("👍" * 36, 2, id="emoji takes two"),
    ],
)
def test_segments_are_counted_as_operators_cut(text: str, segments: int) -> None:
    assert count_segments(text) == segments
