"""TeleSign's callbacks: reports and customers' texts to one address, signed, repeated until exactly 200."""

import pytest
import requests
from telesign.util import verify_telesign_callback_signature

from simulator.customers import UnknownNumberError
from simulator.server import Simulator

from .support import API_KEY, CUSTOMER, CUSTOMER_ID, TELESIGN_COMPANY, Received, Receiver
from .test_telesign import post


def text(simulator: Simulator, body: str, repeat: int = 1) -> list[int | None]:
    return simulator.text(sender=CUSTOMER, recipient=TELESIGN_COMPANY, body=body, repeat=repeat)[1]


def is_signed(received: Received) -> bool:
    signature = received.headers["X-TS-Authorization"].partition(":")[2]
    return bool(verify_telesign_callback_signature(API_KEY, signature, received.body.decode()))


def test_text_of_a_customer_is_told_as_telesign_tells_it(simulator: Simulator, receiver: Receiver) -> None:
    reference_id, statuses = simulator.text(
        sender=CUSTOMER, recipient=TELESIGN_COMPANY, body="Où est ma commande ? 📦"
    )

    (received,) = receiver.received
    assert statuses == [200]
    assert received.url == f"{receiver.url}/telesign/"
    assert received.headers["Content-Type"] == "application/json"
    assert is_signed(received)
    assert received.headers["Authorization"] == received.headers["X-TS-Authorization"]
    told = received.json()
    assert (told["sub_resource"], told["status"]["code"], told["reference_id"]) == (
        "mo_sms",
        1500,
        reference_id,
    )
    assert told["user_response"] == {
        "phone_number": "14255550100",
        "sender_id": "14252306551",
        "mo_message": "Où est ma commande ? 📦",
        "iso_country_code": "US",
        "action": "generic",
        "keyword": "",
    }


@pytest.mark.parametrize(
    ("body", "action"),
    [("STOP", "stop"), (" arrêt\n", "stop"), ("Aide", "help"), ("start", "start"), ("stop it", "generic")],
)
def test_key_words_are_named_and_nothing_is_blocked(
    simulator: Simulator, receiver: Receiver, body: str, action: str
) -> None:
    text(simulator, body)

    assert receiver.received[0].json()["user_response"]["action"] == action
    assert post(simulator).status_code == 200
    assert simulator.messages(direction="automatic") == []


def test_long_text_is_one_callback(simulator: Simulator, receiver: Receiver) -> None:
    text(simulator, "L" * 20_000)

    assert receiver.received[0].json()["user_response"]["mo_message"] == "L" * 20_000


def test_repeated_callback_is_the_same_text(simulator: Simulator, receiver: Receiver) -> None:
    assert text(simulator, "Hello", repeat=3) == [200, 200, 200]

    assert len({received.json()["reference_id"] for received in receiver.received}) == 1


@pytest.mark.parametrize(("status", "calls"), [(200, 1), (204, 4), (201, 4), (500, 4), (302, 4)])
def test_only_200_ends_the_repetitions(
    simulator: Simulator, receiver: Receiver, status: int, calls: int
) -> None:
    receiver.status = status

    text(simulator, "Hello")
    simulator.wait_until_idle()

    assert len(receiver.received) == calls
    assert len({received.body for received in receiver.received}) == 1
    assert [attempt.succeeded for attempt in simulator.messages()[0].attempts] == [status == 200] * calls


def test_app_that_recovers_gets_the_text(simulator: Simulator, receiver: Receiver) -> None:
    simulator.save_telesign(customer_id=CUSTOMER_ID, callback_waits_ms=[300])
    receiver.status = 500

    assert text(simulator, "Hello") == [500]
    receiver.status = 200
    simulator.wait_until_idle()

    assert [attempt.http_status for attempt in simulator.messages()[0].attempts] == [500, 200]


def test_unreachable_app_is_noted_in_words(simulator: Simulator) -> None:
    simulator.save_telesign(customer_id=CUSTOMER_ID, callback_url="http://127.0.0.1:9/")

    text(simulator, "Hello")
    simulator.wait_until_idle()

    assert [attempt.problem for attempt in simulator.messages()[0].attempts] == ["no connection"] * 4


def test_account_without_an_address_keeps_the_text(simulator: Simulator) -> None:
    simulator.save_telesign(customer_id=CUSTOMER_ID, callback_url="")

    assert text(simulator, "Hello") == [None]
    assert simulator.messages()[0].attempts[0].problem == "TeleSign knows no address for this account"


def test_number_of_nobody(simulator: Simulator) -> None:
    with pytest.raises(UnknownNumberError):
        simulator.text(sender=CUSTOMER, recipient="+19995550100", body="x")


def test_reports_follow_a_text_to_the_accounts_address(simulator: Simulator, receiver: Receiver) -> None:
    reference_id = post(simulator, external_id="ours").json()["reference_id"]
    simulator.wait_until_idle()

    told = [received.json() for received in receiver.received]
    assert all(is_signed(received) for received in receiver.received)
    assert [each["status"]["code"] for each in told] == [203, 200]
    assert {(each["reference_id"], each["external_id"]) for each in told} == {(reference_id, "ours")}
    assert told[0]["additional_info"]["message_parts_count"] == 1
    assert "user_response" not in told[0]


def test_report_names_what_went_wrong(simulator: Simulator, receiver: Receiver) -> None:
    simulator.add_fault("undelivered_515", provider="telesign")
    post(simulator)
    simulator.wait_until_idle()

    assert [received.json()["status"]["code"] for received in receiver.received] == [203, 515]


@pytest.mark.parametrize(("is_enabled", "path"), [(True, "/own/"), (False, "/telesign/")])
def test_request_may_name_its_own_address(
    simulator: Simulator, receiver: Receiver, is_enabled: bool, path: str
) -> None:
    simulator.save_telesign(customer_id=CUSTOMER_ID, callback_per_request=is_enabled)
    post(simulator, callback_url=f"{receiver.url}/own/")
    simulator.wait_until_idle()

    assert {received.url for received in receiver.received} == {receiver.url + path}


def test_reports_may_come_in_any_order_more_than_once_or_never(
    simulator: Simulator, receiver: Receiver
) -> None:
    simulator.change_callbacks(order="reversed", duplicates=1)
    post(simulator)
    simulator.wait_until_idle()
    assert [received.json()["status"]["code"] for received in receiver.received] == [200, 200, 203, 203]

    simulator.change_callbacks(enabled=False)
    post(simulator)
    simulator.wait_until_idle()
    assert len(receiver.received) == 4


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ("authorization", {"Authorization": "TSA "}),
        ("x-ts-authorization", {"X-TS-Authorization": "TSA "}),
        ("bare", {"X-TS-Authorization": ""}),
    ],
)
def test_signature_comes_in_each_of_its_forms(
    simulator: Simulator, receiver: Receiver, form: str, headers: dict[str, str]
) -> None:
    simulator.save_telesign(customer_id=CUSTOMER_ID, callback_form=form)
    text(simulator, "Hello")

    sent = receiver.received[0].headers
    there = {name for name in ("Authorization", "X-TS-Authorization") if name in sent}
    assert there == set(headers)
    for name, start in headers.items():
        assert sent[name].startswith(start)
        assert ("TSA" in sent[name]) == bool(start)


def test_accounts_are_set_over_http(simulator: Simulator) -> None:
    new = {"customer_id": "NEW", "api_key": "a2V5", "numbers": [{"phone_number": "+14252306599"}]}
    made = requests.post(f"{simulator.url}/sim/telesign", json=new, timeout=5).json()
    wrong = requests.post(f"{simulator.url}/sim/telesign", json={"customer_id": "X"}, timeout=5)

    assert (made["api_key"], made["numbers"][0]["phone_number"]) == ("…a2V5", "+14252306599")
    assert (wrong.status_code, "api_key" in wrong.json()["error"]) == (400, True)
