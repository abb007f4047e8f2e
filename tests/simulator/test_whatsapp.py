"""WhatsApp at Twilio: senders, content templates, the 24 hours, what customers send, and read reports."""

import json
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from twilio.rest.messaging.v2.channels_sender import ChannelsSenderInstance as SenderInstance

from simulator.customers import UnknownMessageError
from simulator.files import File
from simulator.server import Simulator
from simulator.twilio.whatsapp import Extras

from .support import ACCOUNT, COMPANY, CUSTOMER, WHATSAPP, WHATSAPP_CUSTOMER, Receiver, twilio_client

TO = WHATSAPP_CUSTOMER


def text(simulator: Simulator, body: str = "Hello", *, sender: str = CUSTOMER, **more: Any) -> str:
    files = more.pop("files", ())
    extras = Extras(**more)
    return simulator.text(sender=sender, recipient=WHATSAPP, body=body, files=files, whatsapp=extras)[0]


def sid_of(simulator: Simulator, name: str) -> str:
    account = simulator.state.accounts[ACCOUNT]
    return account.template_sid(account.templates[f"{name}:en"])


def send(simulator: Simulator, client: Client, to: str = TO, **values: Any) -> tuple[str, int | None]:
    content = values or {"body": "Hello"}
    made = client.messages.create(to=to, from_=WHATSAPP, **content)
    simulator.wait_until_idle()
    fetched = client.messages(made.sid).fetch()
    return str(fetched.status), fetched.error_code


def test_senders_are_listed_without_the_sandbox(simulator: Simulator, client: Client) -> None:
    (sender,) = client.messaging.v2.channels_senders.list(channel="whatsapp")

    assert (sender.sender_id, sender.status, sender.sid[:2]) == (WHATSAPP, "ONLINE", "XE")
    assert client.messaging.v2.channels_senders(sender.sid).fetch().sender_id == WHATSAPP


def test_sender_says_why_it_is_offline_and_sends_nothing(simulator: Simulator, client: Client) -> None:
    reason = {"code": "63020", "message": "The business is not verified."}
    offline = {"sender_id": WHATSAPP, "status": "OFFLINE", "offline_reasons": [reason]}
    simulator.save_account(account_sid=ACCOUNT, senders=[offline])

    (sender,) = client.messaging.v2.channels_senders.list(channel="whatsapp")
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=TO, from_=WHATSAPP, body="Hello")

    assert (sender.status, sender.offline_reasons) == ("OFFLINE", [reason])
    assert refused.value.code == 63007


def test_webhook_of_a_sender_is_set_by_the_library(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    (sender,) = client.messaging.v2.channels_senders.list(channel="whatsapp")
    wanted = {"callback_url": f"{receiver.url}/new/", "callback_method": "POST"}
    update = SenderInstance.MessagingV2ChannelsSenderRequestsUpdate({"webhook": wanted})
    client.messaging.v2.channels_senders(sender.sid).update(
        messaging_v2_channels_sender_requests_update=update
    )

    text(simulator)

    assert receiver.received[0].url == f"{receiver.url}/new/"
    assert simulator.state.accounts[ACCOUNT].senders[WHATSAPP].callback_url == f"{receiver.url}/new/"


def test_stranger_sees_no_senders_and_no_templates(simulator: Simulator) -> None:
    for path in ("/v2/Channels/Senders?Channel=whatsapp", "/v1/ContentAndApprovals"):
        answer = requests.get(simulator.url + path, auth=(ACCOUNT, "wrong"), timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_templates_come_page_by_page_with_their_approval(simulator: Simulator, client: Client) -> None:
    found = client.content.v1.content_and_approvals.list(page_size=2)

    assert [each.friendly_name for each in found] == ["parcel", "call", "times", "waiting", "refused"]
    parcel = found[0]
    assert (parcel.sid, parcel.language, parcel.variables) == (
        sid_of(simulator, "parcel"),
        "en",
        {"1": "Maria", "2": "A1"},
    )
    assert [each.approval_requests["status"] for each in found] == [
        *["approved"] * 3,
        "pending",
        "rejected",
    ]
    asked = [request for request in simulator.requests() if "ContentAndApprovals" in request.path]
    assert len(asked) == 3


def test_message_of_a_customer_has_whatsapps_fields(simulator: Simulator, receiver: Receiver) -> None:
    text(simulator, "Olá", profile_name="João 🌸")

    (received,) = receiver.received
    assert received.is_signed()
    assert received.url == f"{receiver.url}/whatsapp/"
    fields = received.fields
    assert (fields["From"], fields["To"], fields["WaId"]) == (TO, WHATSAPP, "14255550100")
    assert (fields["ProfileName"], fields["MessageType"], fields["Body"]) == ("João 🌸", "text", "Olá")
    assert "FromCity" not in fields
    assert "Forwarded" not in fields


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param(
            {"latitude": "52.3", "longitude": "4.75", "label": "Office", "address": "Main street 1"},
            {"MessageType": "location", "Latitude": "52.3", "Longitude": "4.75", "Label": "Office"},
            id="location",
        ),
        pytest.param(
            {"button_text": "Yes", "button_payload": "yes", "reply_to": "MM1"},
            {
                "MessageType": "button",
                "ButtonText": "Yes",
                "ButtonPayload": "yes",
                "OriginalRepliedMessageSid": "MM1",
                "OriginalRepliedMessageSender": WHATSAPP,
            },
            id="button of a template",
        ),
        pytest.param(
            {"button_text": "Yes", "is_interactive": True}, {"MessageType": "interactive"}, id="button"
        ),
        pytest.param(
            {"list_id": "am", "list_title": "Morning", "list_description": "8 to 12"},
            {"MessageType": "interactive", "ListId": "am", "ListTitle": "Morning"},
            id="list",
        ),
        pytest.param({"forwarded": True}, {"Forwarded": "true"}, id="forwarded"),
        pytest.param(
            {"frequently_forwarded": True},
            {"Forwarded": "true", "FrequentlyForwarded": "true"},
            id="forwarded often",
        ),
        pytest.param(
            {"files": [File("image/webp")], "is_sticker": True}, {"MessageType": "sticker"}, id="sticker"
        ),
        pytest.param({"files": [File("audio/ogg")]}, {"MessageType": "audio", "NumMedia": "1"}, id="voice"),
        pytest.param(
            {"files": [File("text/vcard")]},
            {"MessageType": "contacts", "MediaContentType0": "text/vcard"},
            id="card",
        ),
        pytest.param({"files": [File("application/pdf")]}, {"MessageType": "document"}, id="document"),
        pytest.param(
            {"external_user_id": "whatsapp:US.1234", "profile_username": "noor"},
            {"ExternalUserId": "whatsapp:US.1234", "ProfileUsername": "noor", "From": TO},
            id="number and id",
        ),
        pytest.param(
            {"sender": "US.1234"},
            {"From": "whatsapp:US.1234", "ExternalUserId": "whatsapp:US.1234", "WaId": ""},
            id="id without a number",
        ),
        pytest.param(
            {"referral": {"ReferralHeadline": "Sale"}}, {"ReferralHeadline": "Sale"}, id="advertisement"
        ),
    ],
)
def test_message_is_told_as_what_it_is(
    simulator: Simulator, receiver: Receiver, more: dict[str, Any], expected: dict[str, str]
) -> None:
    text(simulator, "", **more)

    fields = receiver.received[0].fields
    assert {name: fields[name] for name in expected} == expected


def test_stop_is_left_to_the_app(simulator: Simulator, client: Client) -> None:
    text(simulator, "STOP")

    assert send(simulator, client) == ("delivered", None)
    assert simulator.messages(direction="automatic") == []


def test_free_text_goes_out_within_24_hours_of_the_customers_message_only(
    simulator: Simulator, client: Client
) -> None:
    assert send(simulator, client) == ("failed", 63016)
    text(simulator)
    assert send(simulator, client) == ("delivered", None)
    simulator.let_time_pass(23.9)
    assert send(simulator, client) == ("delivered", None)
    simulator.let_time_pass(0.2)
    assert send(simulator, client) == ("failed", 63016)
    text(simulator, sender="+14255550101")
    assert send(simulator, client) == ("failed", 63016)
    simulator.text(sender=CUSTOMER, recipient=COMPANY, body="By SMS")
    assert send(simulator, client) == ("failed", 63016)


def test_person_without_a_number_is_answered(simulator: Simulator, client: Client) -> None:
    text(simulator, sender="US.1234")

    assert send(simulator, client, "whatsapp:US.1234") == ("delivered", None)


@pytest.mark.parametrize(
    ("name", "variables", "expected"),
    [
        ("parcel", {"1": "Olof", "2": "B7"}, ("delivered", None)),
        ("parcel", {"1": "Olof"}, ("failed", 63028)),
        ("waiting", {}, ("failed", 63016)),
        ("refused", {}, ("failed", 63040)),
    ],
)
def test_template_goes_out_of_the_window(
    simulator: Simulator, client: Client, name: str, variables: dict[str, str], expected: tuple[str, Any]
) -> None:
    content = {"content_sid": sid_of(simulator, name), "content_variables": json.dumps(variables)}

    assert send(simulator, client, **content) == expected


def test_template_is_shown_filled_in_with_its_buttons(simulator: Simulator, client: Client) -> None:
    for name in ("parcel", "call", "times"):
        variables = json.dumps({"1": "Olof", "2": "B7"})
        send(simulator, client, content_sid=sid_of(simulator, name), content_variables=variables)

    parcel, call, times = simulator.messages(direction="outbound")
    assert parcel.body == "Hello Olof, your parcel B7 is on its way."
    assert (call.body, [choice.id for choice in call.choices]) == ("Shall we call, Olof?", ["yes"])
    assert [(choice.title, choice.is_of_list) for choice in times.choices] == [("Morning", True)]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        pytest.param({"to": CUSTOMER}, 21910, id="to a number of SMS"),
        pytest.param({"from_": COMPANY}, 21910, id="from a number of SMS"),
        pytest.param({"to": "whatsapp:0425"}, 21211, id="no recipient"),
        pytest.param({"from_": "whatsapp:+14155238000"}, 63007, id="sender of nobody"),
        pytest.param({"media_url": ["https://a.example/1", "https://a.example/2"]}, 21623, id="two files"),
        pytest.param({"content_sid": "HX" + "0" * 32}, 21655, id="no such template"),
    ],
)
def test_wrong_request_is_refused(
    simulator: Simulator, client: Client, values: dict[str, Any], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**{"to": TO, "from_": WHATSAPP, "body": "Hello", **values})

    assert refused.value.code == code


@pytest.mark.parametrize("variables", ["[]", "{", '{"1": 2}'])
def test_variables_must_be_an_object_of_strings(simulator: Simulator, client: Client, variables: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        send(simulator, client, content_sid=sid_of(simulator, "parcel"), content_variables=variables)

    assert refused.value.code == 21656


def test_reports_carry_the_channels_fields_and_end_with_read(
    simulator: Simulator, client: Client, receiver: Receiver
) -> None:
    text(simulator)
    made = client.messages.create(
        to=TO, from_=WHATSAPP, body="Hello", status_callback=f"{receiver.url}/status/"
    )
    simulator.wait_until_idle()
    simulator.read(str(made.sid))
    simulator.wait_until_idle()

    assert receiver.statuses() == ["sent", "delivered", "read"]
    sent, delivered, read = (each.fields for each in receiver.received[1:])
    assert (sent["ChannelPrefix"], sent["ChannelToAddress"]) == ("whatsapp", "+1425555XXXX")
    assert [each.get("EventType") for each in (sent, delivered, read)] == [None, "DELIVERED", "READ"]
    assert client.messages(str(made.sid)).fetch().status == "read"
    with pytest.raises(UnknownMessageError):
        simulator.read(str(made.sid))


def test_magic_numbers_have_a_fate_of_their_own(simulator: Simulator, client: Client) -> None:
    simulator.text(sender="+15005550101", recipient=WHATSAPP, body="Hello")

    assert send(simulator, client, "whatsapp:+15005550101") == ("failed", 63003)


def test_clock_extras_and_reading_are_set_over_http(simulator: Simulator, client: Client) -> None:
    def post(path: str, **values: Any) -> requests.Response:
        return requests.post(f"{simulator.url}/sim/{path}", json=values, timeout=5)

    post("text", **{"from": CUSTOMER, "to": WHATSAPP, "whatsapp": {"latitude": "1.5", "longitude": "2"}})
    sent = send(simulator, client)
    (message,) = simulator.messages(direction="outbound")
    read = post("read", sid=message.sid)
    post("clock", hours=25, customer=TO, sender=WHATSAPP)

    assert sent == ("delivered", None)
    assert read.status_code == 200
    assert send(simulator, client) == ("failed", 63016)
    assert simulator.messages(direction="inbound")[0].extras["Latitude"] == "1.5"
    assert post("text", **{"from": CUSTOMER, "to": WHATSAPP, "whatsapp": {"no": 1}}).status_code == 400
    assert post("read", sid="SM0").status_code == 400
    assert twilio_client(simulator.url).messages.list(to=TO)[0].status == "failed"
