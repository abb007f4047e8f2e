"""The phone page on each channel: files, places, cards, buttons, what was read, what the provider is told."""

import json
from typing import Any

import pytest
import requests
from twilio.rest import Client

from simulator import multipart, samples
from simulator.server import Simulator

from .support import (
    ACCOUNT,
    COMPANY,
    CUSTOMER,
    CUSTOMER_ID,
    TELESIGN_COMPANY,
    WHATSAPP,
    WHATSAPP_CUSTOMER,
    Receiver,
)

PICTURE = ("lamp.png", samples.png(), "image/png")


def page(simulator: Simulator, to: str = WHATSAPP, me: str = CUSTOMER, **query: str) -> str:
    return requests.get(f"{simulator.url}/", params={"me": me, "to": to, **query}, timeout=5).text


def post(
    simulator: Simulator, path: str = "send", to: str = WHATSAPP, me: str = CUSTOMER, **more: Any
) -> requests.Response:
    files = more.pop("files", None) or {"nothing": (None, "")}
    return requests.post(f"{simulator.url}/{path}", data={"me": me, "to": to, **more}, files=files, timeout=5)


def company_writes(simulator: Simulator, client: Client, **content: Any) -> str:
    made = client.messages.create(to=WHATSAPP_CUSTOMER, from_=WHATSAPP, **content)
    simulator.wait_until_idle()
    return str(made.sid)


def test_numbers_of_every_channel_are_offered_by_name(simulator: Simulator) -> None:
    shown = page(simulator, COMPANY)

    for number, label in (
        ("%2B14252306549", "SMS · Twilio"),
        ("%2B14252306551", "SMS · TeleSign"),
        ("whatsapp%3A%2B14155238886", "WhatsApp"),
    ):
        assert f"to={number}" in shown
        assert label in shown
    assert "Numbers where nobody listens (2)" in shown


@pytest.mark.parametrize(("to", "messages"), [(COMPANY, 1), (WHATSAPP, 2)])
def test_pictures_go_out_as_the_channel_takes_them(
    simulator: Simulator, receiver: Receiver, to: str, messages: int
) -> None:
    files = [("file", PICTURE), ("file", ("bill.pdf", samples.PDF, "application/pdf"))]

    shown = post(simulator, to=to, body="Broken", files=files).text

    assert len(receiver.received) == messages
    assert [each.fields["Body"] for each in receiver.received] == ["Broken", ""][:messages]
    assert sum(int(each.fields["NumMedia"]) for each in receiver.received) == 2
    assert 'alt="lamp.png"' in shown
    assert 'download="bill.pdf"' in shown


def test_text_beside_a_document_is_a_message_of_its_own(simulator: Simulator, receiver: Receiver) -> None:
    post(simulator, body="Here", files={"file": ("bill.pdf", samples.PDF, "application/pdf")})

    assert [(each.fields["Body"], each.fields["NumMedia"]) for each in receiver.received] == [
        ("Here", "0"),
        ("", "1"),
    ]


def test_place_and_contact_card_are_sent_and_shown(simulator: Simulator, receiver: Receiver) -> None:
    place = {"latitude": "47.3769", "longitude": "8.5417", "place": "Shop <b>", "address": "Main street 1"}
    shown = post(
        simulator, **place, contact_name="Noor Haddad", contact_phone="+14255550188", profile_name="Maria"
    ).text

    card, location = (each.fields for each in receiver.received)
    assert (card["MessageType"], card["MediaContentType0"]) == ("contacts", "text/vcard")
    assert (location["Latitude"], location["Label"]) == ("47.3769", "Shop <b>")
    assert {each["ProfileName"] for each in (card, location)} == {"Maria"}
    assert "Shop &lt;b&gt;" in shown
    assert "<strong>Noor Haddad</strong><span>+1 425 555 0188</span>" in shown


@pytest.mark.parametrize(
    ("to", "fields", "sentence"),
    [
        (WHATSAPP, {"latitude": "north", "longitude": "1"}, "latitude and longitude in degrees"),
        (WHATSAPP, {"latitude": "1"}, "latitude and longitude in degrees"),
        (WHATSAPP, {"contact_name": "Noor"}, "Give the contact a name and a number."),
        (WHATSAPP, {"body": " "}, "Write something first."),
        (TELESIGN_COMPANY, {"files": {"file": PICTURE}}, "TeleSign carries words only"),
        (COMPANY, {"files": [("file", PICTURE)] * 11}, "At most 10 files"),
        (COMPANY, {"body": "x", "me": "US.1234"}, "Write your number with a plus"),
    ],
)
def test_wrong_form_says_what_to_do(
    simulator: Simulator, to: str, fields: dict[str, Any], sentence: str
) -> None:
    answer = post(simulator, to=to, **fields)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert simulator.messages() == []


def test_person_without_a_number_writes_on_whatsapp(simulator: Simulator, receiver: Receiver) -> None:
    shown = post(simulator, me="US.1234", body="Hello").text

    assert receiver.received[0].fields["From"] == "whatsapp:US.1234"
    assert "you are US.1234" in shown


def test_files_of_the_company_are_shown_or_saved(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    post(simulator, body="Hello")
    company_writes(simulator, client, media_url=[receiver.serve("/a.png", "image/png", PICTURE[1])])
    company_writes(simulator, client, media_url=[receiver.serve("/a.pdf", "application/pdf", samples.PDF)])

    picture, document = (message.files[0] for message in simulator.messages(direction="outbound"))
    shown = page(simulator)
    assert f'<img src="/files/{picture.sid}"' in shown
    assert f'href="/files/{document.sid}"' in shown
    answers = [
        requests.get(f"{simulator.url}/files/{sid}", timeout=5) for sid in (picture.sid, document.sid, "ME0")
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404]
    assert answers[0].headers["Content-Type"] == "image/png"
    assert answers[1].headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/html"])
def test_file_that_could_run_is_never_shown(simulator: Simulator, content_type: str) -> None:
    post(simulator, to=COMPANY, files={"file": ("x.svg", b"<svg onload='alert(1)'/>", content_type)})

    sid = simulator.messages()[0].files[0].sid
    answer = requests.get(f"{simulator.url}/files/{sid}", timeout=5)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("call", {"MessageType": "button", "ButtonText": "Yes, please", "ButtonPayload": "yes"}),
        ("times", {"MessageType": "interactive", "ListTitle": "Morning", "ListId": "am"}),
    ],
)
def test_pressing_what_is_below_a_message_answers_it(
    simulator: Simulator, client: Client, receiver: Receiver, template: str, expected: dict[str, str]
) -> None:
    account = simulator.state.accounts[ACCOUNT]
    content_sid = account.template_sid(account.templates[f"{template}:en"])
    sid = company_writes(
        simulator, client, content_sid=content_sid, content_variables=json.dumps({"1": "Olof"})
    )
    assert 'name="choice" value="0"' in page(simulator)

    shown = post(simulator, "press", sid=sid, choice="0")

    fields = receiver.received[0].fields
    assert {name: fields[name] for name in expected} == expected
    assert fields["OriginalRepliedMessageSid"] == sid
    assert shown.status_code == 200
    assert post(simulator, "press", sid=sid, choice="7").status_code == 422


def test_answering_a_message_quotes_it(simulator: Simulator, client: Client, receiver: Receiver) -> None:
    post(simulator, body="Hello")
    sid = company_writes(simulator, client, body="Which <colour>?")

    form = page(simulator, reply_to=sid)
    shown = post(simulator, body="Blue", reply_to=sid, forwarded="1").text

    assert f'name="reply_to" value="{sid}"' in form
    assert receiver.received[-1].fields["OriginalRepliedMessageSid"] == sid
    assert '<p class="quote">Which &lt;colour&gt;?</p>' in shown
    assert "Forwarded" in shown


def test_looking_at_the_thread_is_told_when_asked(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    post(simulator, body="Hello")
    company_writes(simulator, client, body="Hi", status_callback=f"{receiver.url}/status/")
    assert 'data-unread="1"' in page(simulator)
    assert receiver.statuses() == ["sent", "delivered"]

    post(simulator, "read")
    simulator.wait_until_idle()

    assert "data-unread" not in page(simulator)
    assert receiver.statuses() == ["sent", "delivered", "read"]


def test_a_day_passes_for_one_conversation(simulator: Simulator) -> None:
    post(simulator, body="Hello")
    post(simulator, me="+14255550101", body="Hello")
    assert "The company may write freely until" in page(simulator)

    shown = post(simulator, "later").text

    assert "The 24 hours are over" in shown
    assert "The company may write freely until" in page(simulator, me="+14255550101")


@pytest.mark.parametrize("to", [COMPANY, TELESIGN_COMPANY, WHATSAPP])
def test_address_is_set_as_the_providers_staff_would(
    simulator: Simulator, receiver: Receiver, to: str
) -> None:
    post(simulator, "address", to=to, url=f"{receiver.url}/elsewhere/")
    wrong = post(simulator, "address", to=to, url="elsewhere")
    post(simulator, to=to, body="Hello")

    assert wrong.status_code == 422
    assert [each.url for each in receiver.received] == [f"{receiver.url}/elsewhere/"]


def test_telesign_thread_shows_reports_and_what_the_app_refused(
    simulator: Simulator, receiver: Receiver
) -> None:
    receiver.status = 204
    simulator.save_telesign(customer_id=CUSTOMER_ID, callback_waits_ms=[])

    shown = post(simulator, to=TELESIGN_COMPANY, body="STOP").text

    assert "not delivered to the app: HTTP 204 No Content" in shown
    assert "unsubscribed" not in shown
    assert "blocks nothing" in shown


def test_form_with_files_is_read_byte_for_byte() -> None:
    tricky = b"\r\n--\r\nB\x00\xff\r\n"
    request = requests.Request(
        "POST", "http://a/", data={"a": "ü\r\nb"}, files={"f": ("n.bin", tricky), "g": ("", b"")}
    ).prepare()
    assert isinstance(request.body, bytes)

    fields, uploads = multipart.parse(request.headers["Content-Type"], request.body)

    assert fields == [("a", "ü\r\nb")]
    assert [(each.field, each.name, each.content) for each in uploads] == [("f", "n.bin", tricky)]
    assert multipart.parse("multipart/form-data", b"x") == ([], [])
