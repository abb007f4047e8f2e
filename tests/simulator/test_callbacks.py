"""Status callbacks as the product receives them."""

from datetime import UTC, datetime

import pytest
import requests
from twilio.rest import Client

from simulator.server import Simulator
from simulator.twilio.webhook import sign, signed_url

from .support import ACCOUNT, COMPANY, CUSTOMER, MESSAGES, TOKEN, Receiver


def send(client: Client, receiver: Receiver, to: str = CUSTOMER) -> str:
    made = client.messages.create(
        to=to, from_=COMPANY, body="Hello", status_callback=f"{receiver.url}/status/?m=7&x=a%20b"
    )
    return str(made.sid)


def test_sent_and_delivered_are_told_signed_and_complete(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    sid = send(client, receiver)
    simulator.wait_until_idle()

    sent, delivered = receiver.received
    assert receiver.statuses() == ["sent", "delivered"]
    assert sent.is_signed()
    assert delivered.is_signed()
    assert not sent.is_signed("another token")
    assert sent.headers["User-Agent"] == "TwilioProxy/1.1"
    assert sent.headers["I-Twilio-Idempotency-Token"] != delivered.headers["I-Twilio-Idempotency-Token"]
    assert sent.fields == {
        "MessageSid": sid,
        "SmsSid": sid,
        "MessageStatus": "sent",
        "SmsStatus": "sent",
        "AccountSid": ACCOUNT,
        "From": COMPANY,
        "To": CUSTOMER,
        "ApiVersion": "2010-04-01",
    }
    datetime.strptime(delivered.fields["RawDlrDate"], "%y%m%d%H%M").replace(tzinfo=UTC)


def test_failure_is_told_with_its_code(simulator: Simulator, client: Client, receiver: Receiver) -> None:
    send(client, receiver, to="+15005550101")
    simulator.wait_until_idle()

    assert receiver.statuses() == ["sent", "undelivered"]
    assert receiver.received[-1].fields["ErrorCode"] == "30003"


def test_silent_number_is_never_told(simulator: Simulator, client: Client, receiver: Receiver) -> None:
    send(client, receiver, to="+15005550113")
    simulator.wait_until_idle()

    assert receiver.received == []


def test_callbacks_can_come_in_the_wrong_order(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    simulator.change_callbacks(order="reversed")

    sid = send(client, receiver)
    simulator.wait_until_idle()

    assert receiver.statuses() == ["delivered", "sent"]
    assert client.messages(sid).fetch().status == "delivered"


def test_shuffled_callbacks_are_all_told(simulator: Simulator, client: Client, receiver: Receiver) -> None:
    simulator.change_callbacks(order="shuffled")

    send(client, receiver)
    simulator.wait_until_idle()

    assert sorted(receiver.statuses()) == ["delivered", "sent"]


def test_callbacks_can_be_duplicated(simulator: Simulator, client: Client, receiver: Receiver) -> None:
    simulator.change_callbacks(duplicates=2)

    send(client, receiver)
    simulator.wait_until_idle()

    assert receiver.statuses() == ["sent"] * 3 + ["delivered"] * 3


def test_lost_callbacks_do_not_stop_the_message(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    simulator.change_callbacks(enabled=False)

    sid = send(client, receiver)
    simulator.wait_until_idle()

    assert receiver.received == []
    assert client.messages(sid).fetch().status == "delivered"


def test_callback_can_come_before_the_answer(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    simulator.change_callbacks(early=True, delay_ms=60_000)

    send(client, receiver)

    assert receiver.statuses() == ["sent"]


def test_callback_that_fails_is_not_repeated_but_noted(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    receiver.status = 503

    send(client, receiver)
    simulator.wait_until_idle()

    (message,) = simulator.messages(direction="outbound")
    assert [attempt.http_status for attempt in message.attempts] == [503, 503]
    assert [attempt.purpose for attempt in message.attempts] == ["status:sent", "status:delivered"]


def test_reset_forgets_callbacks_to_come(simulator: Simulator, client: Client, receiver: Receiver) -> None:
    simulator.change_callbacks(delay_ms=150)
    send(client, receiver)

    simulator.reset()
    simulator.wait_until_idle()

    assert receiver.received == []
    assert simulator.messages() == []


def test_status_is_true_without_any_callback_address(simulator: Simulator, client: Client) -> None:
    answer = requests.post(
        simulator.url + MESSAGES,
        data={"To": CUSTOMER, "From": COMPANY, "Body": "x"},
        auth=(ACCOUNT, TOKEN),
        timeout=5,
    )
    simulator.wait_until_idle()

    fetched = client.messages(answer.json()["sid"]).fetch()
    assert fetched.status == "delivered"
    assert fetched.date_sent is not None


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://example.org:8443/in/?a=1#rc=2", "https://example.org/in/?a=1"),
        ("http://example.org:8000/in/", "http://example.org:8000/in/"),
        ("https://user:pass@example.org/in/", "https://user:pass@example.org/in/"),
    ],
    ids=["https loses port and fragment", "http keeps its port", "credentials stay"],
)
def test_signed_address(url: str, signed: str) -> None:
    assert signed_url(url) == signed


def test_signature_counts_a_repeated_pair_once_and_sorts() -> None:
    once = sign("https://example.org/", [("b", "2"), ("a", "1"), ("a", "0")], TOKEN)
    twice = sign("https://example.org/", [("a", "0"), ("a", "1"), ("a", "1"), ("b", "2")], TOKEN)

    assert once == twice
