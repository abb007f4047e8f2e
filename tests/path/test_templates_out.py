"""A content template from the agent to the provider, when the 24 hours are over and when they are not."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
import responses
import time_machine
from django.utils import timezone

from channels_app import doubt, leaving, outbox
from channels_app.models_deliveries import Delivery
from channels_app.models_whatsapp import ContentTemplate
from conversations import services, writing
from conversations.models import Conversation, Message
from tests.channels_app.support import MESSAGES, accept, message_json, page_json
from tests.channels_app.whatsapp import CUSTOMER, OUR_WHATSAPP
from tests.path.support import report, write
from tests.world import sid

WRITTEN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = WRITTEN + timedelta(days=3)
FILLED = {"1": "Nadia", "2": "bike"}


@pytest.fixture
def clock():
    with time_machine.travel(WRITTEN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def talk(whatsapp, drain, clock) -> Conversation:
    """A customer wrote three days ago, and Alice has the conversation."""
    whatsapp.hears("Is my bike ready?", number=1)
    talk = whatsapp.picked(drain)
    clock.move_to(LATER)
    return talk


@pytest.fixture
def send(whatsapp, talk):
    def reply(template: ContentTemplate, variables=FILLED, **parts) -> Message:
        return writing.reply(
            conversation_id=talk.pk,
            agent=whatsapp.world.agents["alice"],
            template=template,
            variables=variables,
            now=timezone.now(),
            **parts,
        )

    return reply


def posts(twilio: responses.RequestsMock) -> list[dict[str, str]]:
    asked = [call.request for call in twilio.calls if call.request.method == "POST"]
    return [dict(parse_qsl(request.body, keep_blank_values=True)) for request in asked]


def test_it_goes_through_a_closed_window_filled_in_by_the_provider(whatsapp, twilio, drain, send):
    template = whatsapp.template()
    accept(twilio, 2)
    message = send(template)
    assert message.text == "Hello Nadia, your bike is ready."
    drain()

    [asked] = posts(twilio)
    assert asked.pop("StatusCallback")
    assert json.loads(asked.pop("ContentVariables")) == FILLED
    assert asked == {
        "To": f"whatsapp:{CUSTOMER}",
        "From": f"whatsapp:+{OUR_WHATSAPP}",
        "ContentSid": template.external_id,
    }
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.text, delivery.template) == ("queued", message.text, template)
    assert delivery.template_variables == FILLED
    assert Conversation.objects.get().window_closes_at == WRITTEN + timedelta(days=1), "it opens nothing"


def test_one_without_variables(whatsapp, twilio, drain, send):
    accept(twilio, 2)
    send(whatsapp.template(body="We have news for you.", variables={}), variables={})
    drain()
    [asked] = posts(twilio)
    assert "ContentVariables" not in asked
    assert "Body" not in asked


@pytest.mark.parametrize(
    ("values", "variables", "reason", "said"),
    [
        ({}, {"1": "Nadia"}, "template_variables", "Fill in {{2}}."),
        ({}, FILLED | {"3": "x"}, "template_variables", "This content template has no variable {{3}}."),
        ({"approval": "paused"}, FILLED, "template", "it is paused"),
        ({"gone_at": WRITTEN}, FILLED, "template", "no longer there"),
        ({"unsupported": "It has a picture."}, FILLED, "template", "It has a picture."),
    ],
)
def test_what_cannot_be_sent_is_not_stored(whatsapp, twilio, send, values, variables, reason, said):
    with pytest.raises(outbox.Refused) as refused:
        send(whatsapp.template(**values), variables)
    assert refused.value.verdict.reason == reason
    assert said in str(refused.value)
    assert not Delivery.objects.exists()
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_text_of_ones_own_and_a_template_exclude_each_other(whatsapp, send):
    with pytest.raises(outbox.Refused, match="no text of one's own"):
        send(whatsapp.template(), text="And by the way")
    assert not Delivery.objects.exists()


def test_stop_stops_templates_too(whatsapp, drain, send):
    whatsapp.hears("STOP", number=2)
    drain()
    with pytest.raises(outbox.Refused, match="STOP"):
        send(whatsapp.template())


def test_one_that_was_stopped_before_it_left_is_cancelled(whatsapp, twilio, drain, send):
    template = whatsapp.template()
    message = send(template)
    ContentTemplate.objects.update(approval="disabled")
    drain()
    message.refresh_from_db()
    assert (message.delivery.state, message.delivery.error) == ("canceled", "template")
    assert "it is disabled" in message.delivery.explanation
    assert not posts(twilio)


def test_it_cannot_be_sent_by_sms(whatsapp, world, drain):
    write(world, "Hello", number=7)
    drain()
    talk = services.pick(
        conversation_id=Conversation.objects.get().pk, agent=world.agents["alice"], now=timezone.now()
    )
    with pytest.raises(outbox.Refused, match="WhatsApp only"):
        writing.reply(
            conversation_id=talk.pk,
            agent=world.agents["alice"],
            template=whatsapp.template(),
            variables=FILLED,
            now=timezone.now(),
        )


def test_a_failed_one_is_tried_again_as_the_template_it_was(whatsapp, twilio, drain, send):
    template = whatsapp.template()
    accept(twilio, 2)
    message = send(template)
    drain()
    report(whatsapp.world, sid(2), "failed", delivery_id=message.delivery_id, ErrorCode="63012")
    drain()
    message.refresh_from_db()
    first = message.delivery
    assert first.state == "failed"

    twilio.upsert(responses.POST, MESSAGES, json=message_json(3), status=201)
    again = writing.try_again(message=message, agent=whatsapp.world.agents["alice"], now=timezone.now())
    drain()

    one, other = posts(twilio)
    assert (other["ContentSid"], other["ContentVariables"]) == (one["ContentSid"], one["ContentVariables"])
    assert (again.delivery.retry_of, again.delivery.text) == (first, first.text)
    again.refresh_from_db()
    assert again.delivery.external_id == sid(3)


@pytest.mark.parametrize(
    ("body", "state"),
    [
        pytest.param("Hello Nadia, your bike is ready.", "sent", id="the same words"),
        pytest.param("Hello Nadia! Your bike is ready, see you.", "unknown", id="other words of ours"),
        pytest.param(None, "failed", id="nothing of ours"),
    ],
)
def test_in_doubt_it_is_looked_for_and_never_wrongly_taken_for_lost(
    whatsapp, twilio, drain, clock, send, body, state
):
    parties = {"to": f"whatsapp:{CUSTOMER}", "from": f"whatsapp:+{OUR_WHATSAPP}"}
    created = LATER.strftime("%a, %d %b %Y %H:%M:%S +0000")
    found = [message_json(9, body=body, status="sent", date_created=created, **parties)] if body else []

    def listed(request):
        asked = dict(parse_qsl(request.url.partition("?")[2]))
        assert (asked["To"], asked["From"]) == (parties["to"], parties["from"])
        return 200, {}, json.dumps(page_json(*found))

    twilio.add(responses.POST, MESSAGES, status=503, json={})
    twilio.add_callback(responses.GET, MESSAGES, callback=listed)
    message = send(whatsapp.template())
    leaving.send_one()
    message.refresh_from_db()
    assert message.delivery.state == "unknown"
    for _ in range(4):
        clock.shift(timedelta(hours=1))
        doubt.look_for_one()
    message.refresh_from_db()
    assert message.delivery.state == state
