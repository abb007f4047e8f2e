"""TeleSign's API as its own library uses it: who gets in, what is accepted, and every unusual answer."""

import base64
import time
import uuid
from email.utils import formatdate
from typing import Any

import pytest
import requests
from telesign.messaging import MessagingClient
from telesign.rest import RestClient
from telesign.util import AuthMethod

from simulator.server import Simulator

from .support import API_KEY, CUSTOMER, CUSTOMER_ID, SECOND_API_KEY, TELESIGN_COMPANY

GOOD = {"phone_number": CUSTOMER[1:], "message": "Hello", "message_type": "ARN"}
NOWHERE = "0" * 32


def library(simulator: Simulator, key: str = API_KEY, customer_id: str = CUSTOMER_ID, **kw: Any) -> Any:
    return MessagingClient(customer_id, key, rest_endpoint=simulator.url, timeout=5, **kw)


def post(simulator: Simulator, timeout: float = 5, **changes: str | None) -> requests.Response:
    form = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return requests.post(
        f"{simulator.url}/v1/messaging",
        data=form,
        auth=(CUSTOMER_ID, API_KEY),
        timeout=timeout,
        allow_redirects=False,
    )


def signed_headers(body: str, **changes: str) -> dict[str, str]:
    options: dict[str, str] = {"date_rfc2616": formatdate(usegmt=True), "nonce": str(uuid.uuid4()), **changes}
    headers: dict[str, str] = RestClient.generate_telesign_headers(
        CUSTOMER_ID,
        API_KEY,
        "POST",
        "/v1/messaging",
        body,
        content_type="application/x-www-form-urlencoded",
        auth_method=AuthMethod.HMAC_SHA256.value,
        **options,
    )
    return headers


BODY = "phone_number=14255550100&message=Ol%C3%A1+%F0%9F%91%8B&message_type=ARN"


def post_signed(simulator: Simulator, headers: dict[str, str], body: str = BODY) -> requests.Response:
    return requests.post(f"{simulator.url}/v1/messaging", data=body, headers=headers, timeout=5)


@pytest.mark.parametrize("method", [AuthMethod.HMAC_SHA256.value, AuthMethod.BASIC.value])
@pytest.mark.parametrize("key", [API_KEY, SECOND_API_KEY])
def test_library_sends_and_asks_with_either_key_and_method(
    simulator: Simulator, method: str, key: str
) -> None:
    client = library(simulator, key, auth_method=method)

    sent = client.message(
        CUSTOMER[1:], "Hello 👋 & welcome", "ARN", external_id="ours", sender_id="14252306551"
    )

    assert (sent.status_code, sent.json["status"]["code"], sent.json["external_id"]) == (200, 290, "ours")
    assert len(sent.json["reference_id"]) == 32
    assert simulator.accepted_by_external_id() == {"ours": 1}
    (message,) = simulator.messages(direction="outbound")
    assert (message.body, message.sender, message.recipient) == (
        "Hello 👋 & welcome",
        TELESIGN_COMPANY,
        CUSTOMER,
    )
    simulator.wait_until_idle()
    asked = client.status(sent.json["reference_id"])
    assert (asked.status_code, asked.json["status"]["code"]) == (200, 200)


@pytest.mark.parametrize(
    ("customer_id", "key", "method", "code"),
    [
        ("00000000-EEEE-DDDD-1234-AB1234567890", API_KEY, "Basic", 10015),
        ("00000000-EEEE-DDDD-1234-AB1234567890", API_KEY, "HMAC-SHA256", 10015),
        (CUSTOMER_ID, "d3Jvbmc=", "Basic", 10022),
        (CUSTOMER_ID, "d3Jvbmc=", "HMAC-SHA256", 10008),
    ],
)
def test_stranger_is_refused_with_telesigns_code(
    simulator: Simulator, customer_id: str, key: str, method: str, code: int
) -> None:
    client = library(simulator, key, customer_id, auth_method=method)

    for answer in (client.message(CUSTOMER[1:], "Hello", "ARN"), client.status(NOWHERE)):
        assert (answer.status_code, answer.json["status"]["code"]) == (401, code)
        assert ("signature_string" in answer.json) == (code == 10008)
    assert simulator.messages() == []
    assert [request.accepted for request in simulator.requests()] == [False, None]


def test_no_authorization_and_an_unknown_kind_are_refused(simulator: Simulator) -> None:
    codes = [
        post_signed(simulator, headers).json()["status"]["code"]
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic %%%"})
    ]

    assert codes == [10009, 10008, 10015]


def test_nonce_is_good_for_one_request(simulator: Simulator) -> None:
    headers = signed_headers(BODY, nonce="A1592C6F-E384-4CDB-BC42-C3AB970369E9")

    codes = [post_signed(simulator, headers).json()["status"]["code"] for _ in range(2)]

    assert codes == [290, 10002]
    assert len(simulator.accepted()) == 1


@pytest.mark.parametrize(("minutes", "code"), [(-20, 10004), (-10, 290), (10, 290), (20, 10004)])
def test_date_may_be_off_by_a_quarter_of_an_hour(simulator: Simulator, minutes: int, code: int) -> None:
    date = formatdate(time.time() + 60 * minutes, usegmt=True)

    answer = post_signed(simulator, signed_headers(BODY, date_rfc2616=date))

    assert answer.json()["status"]["code"] == code


def test_signature_covers_the_exact_body(simulator: Simulator) -> None:
    answer = post_signed(simulator, signed_headers(BODY), BODY.replace("Ol%C3%A1", "Ol%c3%a1"))

    assert answer.json()["status"]["code"] == 10008


@pytest.mark.parametrize(
    ("values", "code"),
    [({"status": "suspended"}, 10010), ({"product": False}, 10011), ({"type": "Trial"}, 10033)],
)
def test_account_that_may_not_send(simulator: Simulator, values: dict[str, Any], code: int) -> None:
    simulator.save_telesign(customer_id=CUSTOMER_ID, **values)

    assert (post(simulator).status_code, post(simulator).json()["status"]["code"]) == (401, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"phone_number": None}, 12000, id="no number"),
        pytest.param({"message": None}, 12009, id="no text"),
        pytest.param({"message_type": None}, 12017, id="no type"),
        pytest.param({"phone_number": "+14255550100"}, 11000, id="plus"),
        pytest.param({"phone_number": "1425555"}, 11000, id="too short"),
        pytest.param({"phone_number": "0425555010"}, 11001, id="no country"),
        pytest.param({"message": ""}, 11009, id="empty text"),
        pytest.param({"message": "x" * 1601}, 11009, id="too long"),
        pytest.param({"message_type": "SPAM"}, 11017, id="unknown type"),
        pytest.param({"sender_id": "14252300000"}, 11013, id="sender of someone else"),
    ],
)
def test_wrong_request_is_refused_with_telesigns_code(
    simulator: Simulator, changes: dict[str, str | None], code: int
) -> None:
    answer = post(simulator, **changes)

    assert (answer.status_code, answer.json()["status"]["code"]) == (400, code)
    assert simulator.messages() == []
    assert [request.accepted for request in simulator.requests()] == [False]


@pytest.mark.parametrize(("reference_id", "status", "code"), [(NOWHERE, 404, 10017), ("short", 400, 11011)])
def test_unknown_text_is_told_only_to_who_is_let_in(
    simulator: Simulator, reference_id: str, status: int, code: int
) -> None:
    answer = library(simulator).status(reference_id)

    assert (answer.status_code, answer.json["status"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("15005550001", 400, 11000),
        ("15005550003", 400, 11001),
        ("15005550105", 500, 10000),
        ("15005550106", 500, 10000),
        ("15005550111", 200, 500),
    ],
)
def test_magic_number_that_decides_the_answer(
    simulator: Simulator, number: str, status: int, code: int
) -> None:
    answer = post(simulator, phone_number=number)

    assert (answer.status_code, answer.json()["status"]["code"]) == (status, code)
    assert len(simulator.accepted()) == (number in ("15005550106", "15005550111"))


@pytest.mark.parametrize(
    ("number", "code"),
    [("15005550101", 210), ("15005550104", 230), ("15005550113", 290), ("15005550115", 200)],
)
def test_magic_number_that_decides_the_end(simulator: Simulator, number: str, code: int) -> None:
    reference_id = post(simulator, phone_number=number).json()["reference_id"]
    simulator.wait_until_idle()

    assert library(simulator).status(reference_id).json["status"]["code"] == code


@pytest.mark.parametrize(("number", "is_accepted"), [("15005550108", True), (CUSTOMER[1:], False)])
def test_broken_connection(simulator: Simulator, number: str, is_accepted: bool) -> None:
    if not is_accepted:
        simulator.add_fault("reset_before", provider="telesign")

    with pytest.raises(requests.ConnectionError):
        post(simulator, phone_number=number)

    (seen,) = simulator.requests()
    assert (seen.accepted, seen.http_status) == (is_accepted, None)


def test_hanging_answer_was_accepted(simulator: Simulator) -> None:
    with pytest.raises(requests.ReadTimeout):
        post(simulator, phone_number="15005550107", timeout=0.2)

    assert len(simulator.accepted()) == 1


def test_throttled_number_is_let_through_the_third_time(simulator: Simulator) -> None:
    codes = [post(simulator, phone_number="15005550109").json()["status"]["code"] for _ in range(3)]

    assert codes == [10019, 10019, 290]


def test_unusual_answers(simulator: Simulator) -> None:
    without_id = post(simulator, phone_number="15005550110").json()
    half = post(simulator, phone_number="15005550112")
    moved = post(simulator, phone_number="15005550114")
    simulator.add_fault("refuse_40007", provider="telesign")
    old = post(simulator)

    assert "reference_id" not in without_id
    with pytest.raises(requests.JSONDecodeError):
        half.json()
    assert moved.status_code == 302
    assert (old.status_code, old.json()["errors"][0]["code"]) == (200, -40007)
    assert len(simulator.accepted()) == 2


def test_faults_of_one_provider_leave_the_other_alone(simulator: Simulator) -> None:
    simulator.add_fault("error_before")

    assert post(simulator).status_code == 200


@pytest.mark.parametrize(("mode", "status"), [("throttled", 429), ("broken", 500), ("normal", 404)])
def test_mode_covers_the_whole_api(simulator: Simulator, mode: str, status: int) -> None:
    simulator.change_mode(mode)

    assert library(simulator).status(NOWHERE).status_code == status


def test_state_hides_keys(simulator: Simulator) -> None:
    shown = requests.get(f"{simulator.url}/sim/state", timeout=5)

    assert API_KEY not in shown.text
    assert base64.b64decode(API_KEY).decode() not in shown.text
    assert shown.json()["telesign"][0]["customer_id"] == CUSTOMER_ID
