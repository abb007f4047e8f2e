"""The phone page without JavaScript: what it shows, what it escapes, what it says when something is wrong."""

import pytest
import requests
from twilio.rest import Client

from simulator.server import Simulator, running

from .support import ACCOUNT, COMPANY, CUSTOMER, Receiver

PAIR = {"me": CUSTOMER, "to": COMPANY}


def page(simulator: Simulator, **query: str) -> str:
    return requests.get(f"{simulator.url}/", params=query or PAIR, timeout=5).text


def send(simulator: Simulator, **fields: str) -> requests.Response:
    return requests.post(f"{simulator.url}/send", data={**PAIR, **fields}, timeout=5)


def test_first_visit_offers_a_number_and_says_what_to_do(simulator: Simulator) -> None:
    answer = requests.get(simulator.url, timeout=5)

    assert answer.status_code == 200
    assert f'value="{CUSTOMER}"' in answer.text
    assert "No texts yet" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_sending_leads_back_to_the_thread_with_the_text_delivered(
    simulator: Simulator, receiver: Receiver
) -> None:
    answer = send(simulator, body="Where is my parcel?\r\nThanks")

    assert answer.history[0].status_code == 303
    assert "Where is my parcel?\nThanks" in answer.text
    assert "delivered to the app" in answer.text
    assert receiver.received[0].fields["Body"] == "Where is my parcel?\nThanks"


def test_refusal_of_the_app_is_shown_on_the_bubble(simulator: Simulator, receiver: Receiver) -> None:
    receiver.status = 403

    assert "not delivered to the app: HTTP 403 Forbidden" in send(simulator, body="Hello").text


def test_company_texts_show_how_far_they_came(simulator: Simulator, client: Client) -> None:
    client.messages.create(to=CUSTOMER, from_=COMPANY, body="It is on its way")
    client.messages.create(to="+15005550101", from_=COMPANY, body="Never seen")
    simulator.wait_until_idle()

    assert "· delivered" in page(simulator)
    assert "never arrived: undelivered, error 30003" in page(simulator, me="+15005550101", to=COMPANY)


def test_stop_shows_twilios_answer_and_how_to_undo_it(simulator: Simulator) -> None:
    shown = send(simulator, body="STOP").text

    assert "answered by Twilio itself" in shown
    assert "Text START to hear from it again" in shown


@pytest.mark.parametrize("path", ["/", "/thread"])
def test_texts_are_escaped_everywhere(simulator: Simulator, client: Client, path: str) -> None:
    attack = "<script>alert(1)</script>\"'&<img src=x>"
    simulator.text(sender=CUSTOMER, recipient=COMPANY, body=attack, media=["https://example.org/<b>.png"])
    client.messages.create(to=CUSTOMER, from_=COMPANY, body=attack)
    simulator.text(sender="+14255550199", recipient=COMPANY, body=attack)

    shown = requests.get(simulator.url + path, params={**PAIR, "body": "</textarea>"}, timeout=5).text

    assert "<script>alert" not in shown
    assert "<img" not in shown
    assert "<b>" not in shown
    assert shown.count("</textarea>") == (1 if path == "/" else 0)
    assert "&lt;script&gt;alert(1)" in shown


def test_other_number_in_the_query_is_escaped(simulator: Simulator) -> None:
    assert '"><i>' not in page(simulator, me='"><i>', to='"><i>')


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "  "}, "Write something first."),
        ({"body": "x" * 1601}, "A text has at most 1600 characters."),
        ({"body": "kept", "me": "12"}, "Write your number with a plus"),
        ({"body": "kept", "to": "+19995550100"}, "No company here has the number"),
    ],
    ids=["blank", "too long", "no number", "unknown company"],
)
def test_wrong_form_says_what_to_do_and_keeps_the_text(
    simulator: Simulator, fields: dict[str, str], sentence: str
) -> None:
    answer = send(simulator, **fields)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f">{fields['body']}</textarea>" in answer.text
    assert simulator.messages() == []


def test_number_may_be_written_as_people_write_it(simulator: Simulator) -> None:
    send(simulator, me="00 44 (20) 7946-0123", body="Hello")

    assert simulator.messages()[0].sender == "+442079460123"


def test_slow_app_does_not_hold_the_customer_up(
    simulator: Simulator, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.phone.PATIENCE_S", 0.0)

    assert "Hello" in send(simulator, body="Hello").text


def test_other_conversations_are_offered(simulator: Simulator) -> None:
    simulator.text(sender="+14255550177", recipient=COMPANY, body="Someone else")

    assert "/?me=%2B14255550177&amp;to=%2B14252306549" in page(simulator)


def test_page_without_any_number_says_so() -> None:
    with running({}) as simulator:
        assert "No company number is set up yet" in requests.get(simulator.url, timeout=5).text


@pytest.mark.parametrize("name", ["tokens.css", "phone.css", "phone.js", "icon.svg"])
def test_static_files_are_served(simulator: Simulator, name: str) -> None:
    assert requests.get(f"{simulator.url}/static/simulator/{name}", timeout=5).status_code == 200


@pytest.mark.parametrize("name", ["..%2f..%2fphone.py", "%2e%2e/%2e%2e/phone.py", "nothing.css"])
def test_nothing_else_is_served(simulator: Simulator, name: str) -> None:
    assert requests.get(f"{simulator.url}/static/simulator/{name}", timeout=5).status_code == 404


def test_removed_account_does_not_break_the_page(simulator: Simulator) -> None:
    simulator.save_account(account_sid=ACCOUNT, friendly_name="<b>Acme</b>")

    assert "<b>Acme" not in page(simulator)
