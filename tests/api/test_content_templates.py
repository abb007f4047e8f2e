"""Content templates, and WhatsApp's 24 hours, over the API."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import responses
import time_machine

from channels_app.models import ProviderAccount
from channels_app.models_deliveries import Delivery
from channels_app.models_whatsapp import ContentTemplate
from conversations.models import Conversation
from tests.api.conftest import Api
from tests.channels_app.support import API
from tests.channels_app.test_templates import content, page
from tests.channels_app.whatsapp import CONTENT, OUR_WHATSAPP, WhatsApp, build_whatsapp
from tests.path.support import write
from tests.world import World, sid

ROOT = "/api/v1/content-templates/"
CONVERSATIONS = "/api/v1/conversations/"
WRITTEN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FILLED = {"1": "Nadia", "2": "bike"}
SENTENCE = "This conversation has exceeded the 24 hour limit to respond to the customer."


@pytest.fixture
def whatsapp(world: World, twilio: Any) -> WhatsApp:
    """A WhatsApp number at the world's account."""
    ProviderAccount.objects.update(base_url=API)
    return build_whatsapp(world)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(WRITTEN, tick=False) as traveller:
        yield traveller


@pytest.fixture
def talk(whatsapp: WhatsApp, drain: Any, clock: Any) -> str:
    """The reply address of a conversation that Alice has, a day and a second after the last message."""
    whatsapp.hears("Is my bike ready?", number=1)
    conversation = whatsapp.picked(drain)
    clock.move_to(WRITTEN + DAY + timedelta(seconds=1))
    return f"{CONVERSATIONS}{conversation.pk}/reply/"


# --- the templates --------------------------------------------------------------------------------


def test_a_template_tells_everything_that_is_known(whatsapp: WhatsApp, api: Api) -> None:
    template = whatsapp.template(body="{{b}}, {{a}}", variables={"a": "x", "b": "y"}, synced_at=WRITTEN)
    found = api("alice").get(f"{ROOT}{template.pk}/").json()
    assert found == {
        "id": template.pk,
        "account": whatsapp.number.account_id,
        "external_id": template.external_id,
        "name": "order_ready",
        "language": "en",
        "kind": "twilio/text",
        "body": "{{b}}, {{a}}",
        "variables": [{"name": "b", "example": "y"}, {"name": "a", "example": "x"}],
        "approval": "approved",
        "rejection_reason": "",
        "unsupported": "",
        "category": "",
        "synced_at": "2026-11-20T12:00:00Z",
        "gone_at": None,
    }


def test_they_are_filtered(whatsapp: WhatsApp, api: Api) -> None:
    good, german = whatsapp.template(), whatsapp.template(language="de")
    waits, gone = whatsapp.template(approval="pending"), whatsapp.template(gone_at=WRITTEN)
    everything = {good.pk, german.pk, waits.pk, gone.pk}

    def found(query: str) -> set[int]:
        answer = api("sam").get(f"{ROOT}?{query}")
        assert answer.status_code == 200, answer.json()
        return {row["id"] for row in answer.json()["results"]}

    assert found("") == everything
    assert found("approval=pending") == {waits.pk}
    assert found("language=de") == {german.pk}
    assert found(f"account={whatsapp.number.account_id}") == everything
    assert found(f"number={OUR_WHATSAPP}") == found(f"number=%2B{OUR_WHATSAPP}") == {good.pk, german.pk}
    assert found("number=14252306549") == found("number=x") == set()
    assert api("sam").get(f"{ROOT}?approval=lost").status_code == 400


def test_an_administrator_syncs_them(whatsapp: WhatsApp, twilio: Any, api: Api) -> None:
    twilio.add(responses.GET, CONTENT, json=page(content(1)))
    answer = api("ada").post(f"{ROOT}sync/")
    assert answer.status_code == 200
    assert answer.json() == [
        {
            "account": whatsapp.number.account_id,
            "detail": "1 content template, 1 approved.",
            "count": 1,
            "approved": 1,
            "problem": "",
        }
    ]
    assert ContentTemplate.objects.count() == 1
    for other in ("sam", "alice"):
        assert api(other).post(f"{ROOT}sync/").status_code == 403


def test_what_the_provider_does_not_do_is_told(whatsapp: WhatsApp, twilio: Any, api: Api) -> None:
    twilio.add(responses.GET, CONTENT, status=503, body="")
    [result] = api("ada").post(f"{ROOT}sync/").json()
    assert "its error 503" in result["problem"]
    assert result["detail"] == result["problem"]


def test_nobody_writes_them(whatsapp: WhatsApp, api: Api) -> None:
    template = whatsapp.template()
    client, one = api("ada"), f"{ROOT}{template.pk}/"
    refused = [client.post(ROOT, {"name": "x"}), client.patch(one, {"name": "x"}), client.delete(one)]
    assert {answer.status_code for answer in refused} <= {403, 405}
    template.refresh_from_db()
    assert template.name == "order_ready"


# --- replying -------------------------------------------------------------------------------------


def test_after_the_day_the_exact_sentence_and_after_a_template_the_message(
    whatsapp: WhatsApp, api: Api, talk: str
) -> None:
    refused = api("alice").post(talk, {"text": "Yes, come by."})
    assert refused.status_code == 400
    assert refused.json() == {"text": [SENTENCE], "code": "window_closed"}
    assert not Delivery.objects.exists()

    template = whatsapp.template()
    for named in (template.external_id, template.pk):
        made = api("alice").post(talk, {"template": named, "variables": FILLED})
        assert made.status_code == 201, made.json()
        assert made.json()["text"] == "Hello Nadia, your bike is ready."
    assert Delivery.objects.filter(template=template, template_variables=FILLED).count() == 2


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"text": ["Write something, or name a content template."]}),
        ({"template": "HXnobody"}, {"template": ["There is no such content template."]}),
        ({"template": True}, {"template": ["Give a content template's SID or id."]}),
        ({"template": ["x"]}, {"template": ["Give a content template's SID or id."]}),
        ({"template": "H\x00X"}, {"template": ["Give a content template's SID or id."]}),
        ({"template": 10**30}, {"template": ["There is no such content template."]}),
        ({"template": 1, "text": "And"}, {"text": ["A content template takes no text of one's own."]}),
        ({"text": "x", "variables": FILLED}, {"variables": ["They belong to a content template: name it."]}),
        ({"template": 1}, {"variables": ["Fill in {{1}} and {{2}}."], "code": "template_variables"}),
        (
            {"template": 1, "variables": {**FILLED, "9": "x"}},
            {
                "variables": ["This content template has no variable {{9}}."],
                "code": "template_variables",
            },
        ),
        (
            {"template": 1, "variables": ["a"]},
            {"variables": ['Expected a dictionary of items but got type "list".']},
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    whatsapp: WhatsApp, api: Api, talk: str, body: dict[str, Any], errors: dict[str, Any]
) -> None:
    if body.get("template") == 1 and not isinstance(body["template"], bool):
        body = {**body, "template": whatsapp.template().pk}
    answer = api("alice").post(talk, body)
    assert (answer.status_code, answer.json()) == (400, errors)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("sent_as", ["multipart", "form"])
def test_variables_of_a_form_are_fields_of_their_own_and_nothing_else(
    whatsapp: WhatsApp, api: Api, talk: str, sent_as: str
) -> None:
    client, sid_ = api("alice"), whatsapp.template().external_id

    def post(fields: dict[str, str]) -> Any:
        if sent_as == "multipart":
            return client.post(talk, fields, format="multipart")
        return client.post(talk, urlencode(fields), content_type="application/x-www-form-urlencoded")

    for also in ({"template": sid_}, {"text": "Look"}):
        refused = post({**also, "variables": '{"1": "Nadia", "2": "bike"}'})
        assert refused.status_code == 400
        assert refused.json() == {"variables": ['Expected a dictionary of items but got type "str".']}
    made = post({"template": sid_, "variables.1": "Nadia", "variables.2": "bike"})
    assert (made.status_code, made.json()["text"]) == (201, "Hello Nadia, your bike is ready.")


def test_one_that_is_not_approved_is_refused_at_its_field(whatsapp: WhatsApp, api: Api, talk: str) -> None:
    whatsapp.template(approval="rejected")
    answer = api("alice").post(talk, {"template": f"HX{1:032x}", "variables": FILLED})
    assert answer.status_code == 400
    assert answer.json() == {
        "template": ["WhatsApp has not approved this content template: it is rejected."],
        "code": "template",
    }


def test_somebody_elses_conversation_stays_theirs(whatsapp: WhatsApp, api: Api, talk: str) -> None:
    whatsapp.template()
    answer = api("bob").post(talk, {"template": f"HX{1:032x}", "variables": FILLED})
    assert answer.status_code == 409


# --- what closes soon -----------------------------------------------------------------------------


def test_conversations_tell_when_they_close_and_are_found_and_ordered_by_it(
    whatsapp: WhatsApp, api: Api, drain: Any, clock: Any
) -> None:
    write(whatsapp.world, "By SMS", number=90)
    for number, hours in ((1, 0), (2, 3), (3, 1), (4, 10)):
        clock.move_to(WRITTEN + hours * HOUR)
        whatsapp.hears("Hello", number=number, From=f"whatsapp:+1425555010{number}")
        drain()
    clock.move_to(WRITTEN + 23 * HOUR)

    def customers(query: str) -> list[str]:
        return [
            row["customer_address"][-1] for row in api("sam").get(CONVERSATIONS + query).json()["results"]
        ]

    assert customers("?closes_soon=true") == ["3", "2", "1"]
    assert customers("?closes_soon=false") == ["4", "0"]
    assert customers("?ordering=window_closes_at") == ["1", "3", "2", "4"]
    first = api("sam").get(CONVERSATIONS + "?ordering=window_closes_at&page_size=2").json()
    assert first["results"][0]["window_closes_at"] == "2026-11-21T12:00:00Z"
    second = api("sam").get(first["next"]).json()
    assert [row["customer_address"][-1] for row in second["results"]] == ["2", "4"]
    assert api("sam").get(CONVERSATIONS + "?ordering=title").status_code == 400
    [by_sms] = Conversation.objects.filter(number__channel="sms")
    assert api("sam").get(f"{CONVERSATIONS}{by_sms.pk}/").json()["window_closes_at"] is None


def test_a_cursor_of_another_order_is_not_found(whatsapp: WhatsApp, api: Api, drain: Any) -> None:
    for position in ("2026-13-45 99:00", "x", "1' OR 1=1"):
        cursor = base64.b64encode(f"p={position}".encode()).decode()
        for ordering in ("", "&ordering=window_closes_at"):
            answer = api("sam").get(f"{CONVERSATIONS}?cursor={cursor}{ordering}")
            assert answer.status_code == 404, (position, ordering)


def test_a_message_tells_what_it_is_and_what_it_answers(whatsapp: WhatsApp, api: Api, drain: Any) -> None:
    whatsapp.hears("Which one?", number=1)
    whatsapp.hears("", number=2, Latitude="47.5", Longitude="8.5", OriginalRepliedMessageSid=sid(1))
    drain()
    asked, place = api("alice").get("/api/v1/messages/?direction=inbound").json()["results"][::-1]
    assert (asked["in_reply_to"], asked["extras"]) == (None, {"message_type": "text"})
    assert place["in_reply_to"] == asked["id"]
    assert place["extras"]["location"] == {"latitude": 47.5, "longitude": 8.5}
