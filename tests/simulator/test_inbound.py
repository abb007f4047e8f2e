"""Customers' texts: the webhook, its retries and fallback, and Twilio's own words."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.records import Direction
from simulator.server import Simulator

from .support import ACCOUNT, COMPANY, CUSTOMER, Receiver


def text(simulator: Simulator, body: str, repeat: int = 1) -> list[int | None]:
    return simulator.text(sender=CUSTOMER, recipient=COMPANY, body=body, repeat=repeat)[1]


def set_webhook(simulator: Simulator, **values: str) -> None:
    simulator.save_account(account_sid=ACCOUNT, numbers=[{"phone_number": COMPANY, **values}])


def test_webhook_is_signed_and_has_all_the_usual_fields(simulator: Simulator, receiver: Receiver) -> None:
    sid, statuses = simulator.text(sender=CUSTOMER, recipient=COMPANY, body=" Grüezi &\n+100% 👍 ")

    (received,) = receiver.received
    assert statuses == [200]
    assert received.is_signed()
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert received.fields["Body"] == " Grüezi &\n+100% 👍 "
    assert {received.fields[name] for name in ("MessageSid", "SmsSid", "SmsMessageSid")} == {sid}
    assert received.fields["FromCountry"] == "US"
    assert received.fields["SmsStatus"] == "received"
    assert received.fields["FromCity"] == ""
    assert len(received.fields) == 19


def test_media_are_numbered_and_typed(simulator: Simulator, receiver: Receiver) -> None:
    media = ["https://example.org/a.jpg?x=1", "https://example.org/unknown"]

    sid, _ = simulator.text(sender=CUSTOMER, recipient=COMPANY, body="", media=media)

    fields = receiver.received[0].fields
    assert sid.startswith("MM")
    assert (fields["NumMedia"], fields["MediaUrl0"], fields["MediaUrl1"]) == ("2", *media)
    assert fields["MediaContentType0"] == "image/jpeg"
    assert fields["MediaContentType1"] == "application/octet-stream"


def test_repeated_webhook_is_the_same_message(simulator: Simulator, receiver: Receiver) -> None:
    assert text(simulator, "Hello", repeat=5) == [200] * 5

    assert len(receiver.received) == 5
    assert len({received.fields["MessageSid"] for received in receiver.received}) == 1
    assert len(simulator.messages(direction="inbound")) == 1


def test_failure_goes_once_to_the_fallback(simulator: Simulator, receiver: Receiver) -> None:
    receiver.special["/hooks/"] = (500, {})
    set_webhook(simulator, sms_fallback_url=f"{receiver.url}/fallback/")

    assert text(simulator, "Hello") == [200]

    first, second = receiver.received
    assert second.is_signed()
    assert (second.fields["ErrorCode"], second.fields["ErrorUrl"]) == ("11200", f"{receiver.url}/hooks/")
    assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"]


def test_failure_is_not_repeated_by_default(simulator: Simulator, receiver: Receiver) -> None:
    receiver.status = 500

    assert text(simulator, "Hello") == [500]
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("fragment", "status", "calls"),
    [("#rc=2&rp=5xx", 500, 3), ("#rc=2&rp=4xx", 500, 1), ("#rc=9&rp=all", 404, 6), ("#rc=x&rp=5xx", 500, 2)],
)
def test_fragment_asks_for_retries(
    simulator: Simulator, receiver: Receiver, fragment: str, status: int, calls: int
) -> None:
    receiver.status = status
    set_webhook(simulator, sms_url=f"{receiver.url}/hooks/{fragment}")

    text(simulator, "Hello")

    assert len(receiver.received) == calls
    assert all(received.is_signed() for received in receiver.received)


def test_redirect_is_followed_without_the_message(simulator: Simulator, receiver: Receiver) -> None:
    receiver.special["/hooks"] = (301, {"Location": "/hooks/"})
    set_webhook(simulator, sms_url=f"{receiver.url}/hooks")

    text(simulator, "Hello")

    assert [received.method for received in receiver.received] == ["POST", "GET"]
    assert receiver.received[1].fields == {}
    assert receiver.received[1].is_signed()


def test_endless_redirects_are_given_up(simulator: Simulator, receiver: Receiver) -> None:
    receiver.special["/hooks/"] = (302, {"Location": "/hooks/"})

    assert text(simulator, "Hello") == [302]
    assert len(receiver.received) == 6


def test_get_webhook_carries_the_fields_in_the_signed_address(
    simulator: Simulator, receiver: Receiver
) -> None:
    set_webhook(simulator, sms_method="GET", sms_url=f"{receiver.url}/hooks/?a=1")

    text(simulator, "Hello there")

    (received,) = receiver.received
    assert received.method == "GET"
    assert "a=1&" in received.url
    assert "Body=Hello+there" in received.url
    assert received.is_signed()


def test_unreachable_app_is_noted_in_words(simulator: Simulator) -> None:
    set_webhook(simulator, sms_url="http://127.0.0.1:9/hooks/")

    assert text(simulator, "Hello") == [None]

    (message,) = simulator.messages()
    assert [attempt.problem for attempt in message.attempts] == ["no connection", "no connection"]


def test_number_without_a_webhook_keeps_the_text(simulator: Simulator) -> None:
    set_webhook(simulator, sms_url="")

    assert text(simulator, "Hello") == [None]
    assert simulator.messages()[0].attempts[0].problem == "this number has no sms_url"


def test_plain_text_answer_reaches_the_customer(simulator: Simulator, receiver: Receiver) -> None:
    receiver.headers, receiver.body = {"Content-Type": "text/plain"}, b"OK"

    text(simulator, "Hello")

    assert [(each.direction, each.body) for each in simulator.messages(to=CUSTOMER)] == [
        (Direction.REPLY, "OK")
    ]


@pytest.mark.parametrize("word", ["STOP", " stop\r\n", "Unsubscribe", "OPTOUT", "quit"])
def test_stop_closes_the_pair_answers_and_still_calls_the_webhook(
    simulator: Simulator, client: Client, receiver: Receiver, word: str
) -> None:
    text(simulator, word)

    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=CUSTOMER, from_=COMPANY, body="Hello")
    other = client.messages.create(to=CUSTOMER, from_="+14252306550", body="From another number")
    assert refused.value.code == 21610
    assert other.status == "queued"
    assert receiver.received[0].fields["Body"] == word
    assert "unsubscribed" in simulator.messages(direction="automatic")[0].body


@pytest.mark.parametrize("body", ["STOP.", "stop please", "s t o p", "arrêt", "ＳＴＯＰ", "unsubscrıbe"])
def test_only_the_exact_word_stops(simulator: Simulator, client: Client, body: str) -> None:
    text(simulator, body)

    assert client.messages.create(to=CUSTOMER, from_=COMPANY, body="Hello").status == "queued"
    assert simulator.messages(direction="automatic") == []


@pytest.mark.parametrize("word", ["START", "yes", "Unstop "])
def test_start_opens_the_pair_again(simulator: Simulator, client: Client, word: str) -> None:
    text(simulator, "STOP")

    text(simulator, word)

    assert client.messages.create(to=CUSTOMER, from_=COMPANY, body="Hello").status == "queued"
    assert len(simulator.messages(direction="automatic")) == 2


def test_yes_is_an_ordinary_text_while_subscribed(simulator: Simulator) -> None:
    text(simulator, "YES")

    assert simulator.messages(direction="automatic") == []


def test_stop_is_answered_once_and_help_always(simulator: Simulator, receiver: Receiver) -> None:
    for word in ("STOP", "STOP", "HELP", "INFO"):
        text(simulator, word)

    assert len(simulator.messages(direction="automatic")) == 3
    assert len(receiver.received) == 4


def test_own_answers_of_twilio_are_not_in_its_list(simulator: Simulator, client: Client) -> None:
    text(simulator, "HELP")

    assert [message.direction for message in client.messages.list()] == ["inbound"]
