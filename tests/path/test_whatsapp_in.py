"""From a WhatsApp webhook to a message in a conversation, and back to the same customer."""

import json
from urllib.parse import parse_qsl

import pytest
import responses
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from channels_app import missed, outbox
from channels_app.models_deliveries import Delivery
from channels_app.models_receipts import InboundText, OptOut, WebhookReceipt
from channels_app.personal import empty_deliveries, empty_texts
from channels_app.providers.twilio_extras import extras_of
from contacts.models import Address, Contact
from conversations import writing
from conversations.models import Conversation, Message
from omnichannel.lib.personal import Subject
from tests.channels_app.support import MESSAGES, accept, ids, message_json, page_json, table
from tests.channels_app.whatsapp import CUSTOMER, OUR_WHATSAPP, message_params
from tests.path.support import report, write
from tests.world import CUSTOMER as SMS_CUSTOMER
from tests.world import OUR_NUMBER, post_webhook, sid


@pytest.mark.parametrize("case", table("whatsapp_inbound"), ids=ids)
def test_what_becomes_of_each_shape(case, whatsapp, drain):
    expect = case["expect"]
    params = message_params("Is my bike ready?") | case["change"]
    params = {name: value for name, value in params.items() if name not in case.get("drop", ())}

    assert post_webhook(whatsapp.inbound_url, params).status_code == 200
    drain()

    receipt = WebhookReceipt.objects.get()
    assert (receipt.state, receipt.channel, receipt.number) == ("done", "whatsapp", whatsapp.number)
    text = InboundText.objects.get()
    assert (text.address.kind, text.address.value) == (expect["kind"], expect["sender"])
    assert text.text == expect["text"]
    assert text.extras == expect["extras"]
    assert text.media_count == expect.get("media", 0)
    assert text.keyword == expect.get("keyword", "")
    assert text.address.profile_name == expect.get("profile_name", "Nadia Example")
    conversation = Conversation.objects.get()
    assert (conversation.number, conversation.work_stream) == (whatsapp.number, whatsapp.stream)
    assert Message.objects.get(direction="inbound").text == expect["text"]


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=2000), max_size=8))
def test_no_parameter_breaks_the_reading_or_grows_without_bound(odd):
    names = (
        *("Latitude", "Longitude", "Label", "Address", "ButtonText", "ButtonPayload", "ListId", "ListTitle"),
        *("Forwarded", "OriginalRepliedMessageSid", "OriginalRepliedMessageSender", "ReferralSourceUrl"),
        *("MessageType", "ProfileUsername", "ExternalUserId"),
    )
    values = list(odd.values()) or [""]
    params = {name: values[i % len(values)] for i, name in enumerate(names)}
    found = extras_of({"From": "whatsapp:+14255550177", "To": "whatsapp:+1", **params})
    assert len(json.dumps(found, allow_nan=False)) < 30_000


def test_a_plain_text_to_the_same_digits_is_no_whatsapp(whatsapp, drain):
    write(whatsapp.world, "Hello", number=1, To=f"+{OUR_WHATSAPP}", ProfileName="x", Latitude="1")
    drain()
    text = InboundText.objects.get()
    assert (text.disposition, text.number, text.extras) == ("unrouted", None, {})


def test_one_customer_on_two_channels_has_one_address_and_two_conversations(whatsapp, drain):
    whatsapp.hears("By WhatsApp", number=1, From=f"whatsapp:{SMS_CUSTOMER}")
    write(whatsapp.world, "By SMS", number=2)
    drain()
    address = Address.objects.get()
    assert (address.kind, address.value) == ("phone", SMS_CUSTOMER)
    assert {c.number.channel for c in address.conversations.all()} == {"sms", "whatsapp"}


@pytest.mark.parametrize(
    ("known", "writes"),
    [
        ("+5541988887777", "+554188887777"),
        ("+554188887777", "+5541988887777"),
        ("+525512345678", "+5215512345678"),
        ("+541123456789", "+5491123456789"),
        ("+5491123456789", "+541123456789"),
        ("+14255550177", "+14255550177"),
    ],
)
def test_a_number_with_two_forms_is_its_contacts_and_answered_as_it_was_written(
    whatsapp, twilio, drain, known, writes
):
    contact = Contact.objects.create(first_name="Nadia", mobile_phone=known)
    whatsapp.hears("Oi", number=1, From=f"whatsapp:{writes}")
    talk = whatsapp.picked(drain)
    assert talk.contact == contact
    accept(twilio, 2)
    reply(whatsapp, talk, "Olá")
    drain()
    assert sent(twilio)["To"] == f"whatsapp:{writes}"


def test_a_landline_in_brazil_has_one_form(whatsapp, drain):
    Contact.objects.create(first_name="Nadia", mobile_phone="+5541930334444")
    whatsapp.hears("Oi", number=1, From="whatsapp:+554130334444")
    drain()
    assert Conversation.objects.get().contact is None


def test_a_customer_without_a_number_is_answered_at_their_id_and_only_there(whatsapp, twilio, drain):
    whatsapp.hears("Hello", number=1, From="whatsapp:US.1234", WaId="", ExternalUserId="whatsapp:US.1234")
    talk = whatsapp.picked(drain)
    accept(twilio, 2)
    message = reply(whatsapp, talk, "Hello to you")
    drain()
    asked = sent(twilio)
    assert asked.pop("StatusCallback").startswith("https://desk.example.test/hooks/")
    assert asked == {"To": "whatsapp:US.1234", "From": f"whatsapp:+{OUR_WHATSAPP}", "Body": "Hello to you"}
    message.refresh_from_db()
    assert message.delivery.external_id == sid(2)
    by_sms = outbox.verdict_for(
        number=whatsapp.world.number, address=talk.address, text="x", now=timezone.now()
    )
    assert by_sms.reason == "not_answerable"


def test_it_is_read(whatsapp, twilio, drain):
    whatsapp.hears("Hello", number=1)
    talk = whatsapp.picked(drain)
    accept(twilio, 2)
    message = reply(whatsapp, talk, "Hello to you")
    drain()
    parties = {"To": f"whatsapp:{CUSTOMER}", "From": f"whatsapp:+{OUR_WHATSAPP}", "ChannelPrefix": "whatsapp"}
    for word, event in (
        ("sent", ""),
        ("delivered", "DELIVERED"),
        ("read", "READ"),
        ("delivered", "DELIVERED"),
    ):
        report(whatsapp.world, sid(2), word, delivery_id=message.delivery_id, EventType=event, **parties)
    drain()
    assert Delivery.objects.get().state == "read"


def test_stop_is_kept_here_for_nobody_else_does(whatsapp, twilio, drain):
    whatsapp.hears("Hello", number=1)
    talk = whatsapp.picked(drain)
    whatsapp.hears("Stop", number=2)
    drain()
    assert OptOut.objects.get().number == whatsapp.number
    with pytest.raises(outbox.Refused, match="STOP"):
        reply(whatsapp, talk, "Please stay")
    assert not outbox.verdict_for(
        number=whatsapp.world.number, address=talk.address, text="x", now=timezone.now()
    ).reason, "a STOP on WhatsApp says nothing about SMS"
    whatsapp.hears("start", number=3)
    drain()
    accept(twilio, 4)
    reply(whatsapp, talk, "Welcome back")
    drain()
    assert sent(twilio)["Body"] == "Welcome back"


def test_an_answer_is_linked_to_what_it_answers(whatsapp, twilio, drain):
    first = whatsapp.hears("Do you have this one?", number=1)
    talk = whatsapp.picked(drain)
    accept(twilio, 0xC01)
    ours = reply(whatsapp, talk, "Which one?")
    drain()
    for number, answered in ((2, sid(0xC01)), (3, sid(1)), (4, sid(0xDEAD))):
        whatsapp.hears(f"answer {number}", number=number, OriginalRepliedMessageSid=answered)
    drain()
    theirs = first.inbound_text.message
    answers = Message.objects.filter(text__startswith="answer").order_by("seq")
    assert list(answers.values_list("in_reply_to", flat=True)) == [ours.pk, theirs.pk, None]


def test_an_answer_is_never_linked_to_somebody_elses_message(whatsapp, drain):
    whatsapp.hears("A secret", number=1, From="whatsapp:+14255550188")
    whatsapp.hears("What was that?", number=2, OriginalRepliedMessageSid=sid(1))
    drain()
    assert Message.objects.get(text="What was that?").in_reply_to is None


def test_a_message_whose_webhook_was_lost_is_fetched(whatsapp, twilio, drain):
    lost = message_json(
        5,
        direction="inbound",
        body="Did you get this?",
        to=f"whatsapp:+{OUR_WHATSAPP}",
        date_sent="Sat, 21 Nov 2026 10:00:00 +0000",
        status="received",
        **{"from": f"whatsapp:{CUSTOMER}"},
    )

    def answer(request):
        asked = dict(parse_qsl(request.url.partition("?")[2]))
        found = [lost] if asked["To"] == f"whatsapp:+{OUR_WHATSAPP}" else []
        assert asked["To"] in {f"whatsapp:+{OUR_WHATSAPP}", f"+{OUR_NUMBER}"}
        return 200, {}, json.dumps(page_json(*found))

    twilio.add_callback(responses.GET, MESSAGES, callback=answer)
    result = missed.fetch(whatsapp.number.account, now=timezone.now())
    assert (result.listed, result.missing, result.problem) == (1, 1, "")
    drain()
    text = InboundText.objects.get()
    assert (text.text, text.number, text.is_fetched) == ("Did you get this?", whatsapp.number, True)
    assert text.said_at == text.sent_at < text.received_at


def reply(whatsapp, talk, text):
    return writing.reply(
        conversation_id=talk.pk, agent=whatsapp.world.agents["alice"], text=text, now=timezone.now()
    )


def sent(twilio):
    [call] = [call for call in twilio.calls if call.request.method == "POST"]
    return dict(parse_qsl(call.request.body, keep_blank_values=True))


def test_who_is_forgotten_leaves_nothing_of_their_messages(whatsapp, twilio, drain):
    whatsapp.hears("", number=1, Latitude="47.5", Longitude="8.5", ExternalUserId="US.77")
    talk = whatsapp.picked(drain)
    template, variables = whatsapp.template(), {"1": "Nadia", "2": "bike"}
    writing.reply(
        conversation_id=talk.pk,
        agent=whatsapp.world.agents["alice"],
        template=template,
        variables=variables,
        now=timezone.now(),
    )
    subject = Subject()
    empty_texts(list(InboundText.objects.all()), subject)
    empty_deliveries(list(Delivery.objects.all()), subject)
    assert InboundText.objects.get().extras == {}
    delivery = Delivery.objects.get()
    assert (delivery.text, delivery.template_variables) == ("", {})
