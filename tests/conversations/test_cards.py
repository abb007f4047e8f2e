"""What a message is besides words: read out of what is stored, whatever stands there, and escaped."""

import pytest

from channels_app.models_receipts import InboundText
from conversations.cards import NOTHING, extras_of, preview
from conversations.models import Conversation, Message
from tests.channels_app.whatsapp import build_whatsapp
from tests.conversations.desk import url

PLACE = {"latitude": 47.6062, "longitude": -122.3321}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        {},
        {"location": None},
        {"location": {"latitude": "north", "longitude": 1}},
        {"location": {"latitude": 91, "longitude": 1}},
        {"location": {"latitude": "nan", "longitude": 1}},
        {"location": [1, 2]},
        {"button": {}},
        {"choice": "x"},
        {"referral": {}},
        {"forwarded": False, "sticker": False},
    ],
)
def test_what_is_not_as_expected_is_left_out(stored):
    assert extras_of(stored) == NOTHING


def test_a_place_has_degrees_a_label_and_a_map():
    place = extras_of({"location": PLACE | {"label": "Workshop", "address": "Pike Street"}}).place

    assert (place.coordinates, place.label, place.address) == (
        "47.60620, -122.33210",
        "Workshop",
        "Pike Street",
    )
    assert place.url == (
        "https://www.openstreetmap.org/?mlat=47.606200&mlon=-122.332100#map=16/47.606200/-122.332100"
    )


def test_a_button_whose_words_are_the_message_is_said_once():
    assert extras_of({"button": {"text": "Yes", "payload": "y"}}, "Yes").choice is None
    assert extras_of({"button": {"text": "Yes", "payload": "y"}}, "Yes").marks == ("Button pressed",)
    assert (
        extras_of({"choice": {"title": "Monday", "description": "8 to 10"}}, "Monday").choice.title
        == "Monday"
    )


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x"])
def test_only_web_pages_are_linked(url):
    assert extras_of({"referral": {"headline": "Sale", "url": url}}).advertisement.url == ""


@pytest.mark.parametrize(
    ("text", "stored", "files", "said"),
    [
        ("Hi", {"location": PLACE}, 2, "Hi"),
        ("", {"location": PLACE | {"label": "Workshop"}}, 0, "Location: Workshop"),
        ("", {"location": PLACE}, 0, "Location"),
        ("", {"choice": {"title": "Monday"}}, 0, "Monday"),
        ("", {"sticker": True}, 1, "Sticker"),
        ("", {"message_type": "image"}, 1, "Picture"),
        ("", {"message_type": "image"}, 3, "3 files"),
        ("", {}, 1, "File"),
        ("", {}, 0, ""),
    ],
)
def test_a_list_says_in_one_line_what_came_instead_of_words(text, stored, files, said):
    assert preview(text, stored, files) == said


# --- on the page --------------------------------------------------------------------------------------


@pytest.fixture
def whatsapp(world):
    return build_whatsapp(world)


EVIL = '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Latitude": "47.6", "Longitude": "-122.3", "Label": EVIL, "Address": EVIL}, "47.60000, -122.30000"),
        ({"ButtonText": EVIL, "ButtonPayload": EVIL}, "Button pressed"),
        ({"ListId": "1", "ListTitle": EVIL, "ListDescription": EVIL}, "Chosen from a list"),
        (
            {
                "ReferralHeadline": EVIL,
                "ReferralBody": EVIL,
                "ReferralSourceUrl": "https://x.example/" + EVIL,
            },
            "From an advertisement",
        ),
        ({"ProfileName": EVIL}, "Hello"),
        ({"ProfileUsername": EVIL, "Forwarded": "true"}, "Forwarded"),
        ({"OriginalRepliedMessageSid": "SM" + EVIL}, "a message that is not here"),
    ],
)
def test_customers_words_are_escaped_wherever_they_stand(whatsapp, drain, alice, change, words):
    whatsapp.hears("Hello", number=1, **change)
    conversation = whatsapp.picked(drain)

    html = alice.get(url("conversation", conversation)).content.decode()

    assert words in html
    assert "<script>alert" not in html
    assert 'rel="noreferrer' in html or "http" not in html.split('id="messages"')[1].split("</ol>")[0]


def test_an_answer_quotes_what_it_answers_and_leads_there(whatsapp, drain, alice, now):
    whatsapp.hears("Is it ready?", number=1)
    conversation = whatsapp.picked(drain)
    whatsapp.hears("This one", number=2, OriginalRepliedMessageSid="SM" + f"{1:032x}")
    drain()
    first = Message.objects.get(text="Is it ready?")

    html = alice.get(url("conversation", conversation)).content.decode()

    quote = html.split('class="quote"')[1].split("</p>")[0]
    assert f'href="{url("conversation", conversation)}?m={first.seq}#m-{first.pk}"' in quote
    assert "Is it ready?" in quote


def test_words_of_an_earlier_conversation_are_not_quoted_to_those_who_may_not_read_it(
    whatsapp, drain, alice, bob, now
):
    whatsapp.hears("A secret of billing", number=1)
    drain()
    Conversation.objects.update(state="closed", closed_at=now)
    whatsapp.hears("About that", number=2, OriginalRepliedMessageSid="SM" + f"{1:032x}")
    conversation = whatsapp.picked(drain)

    def quote(client):
        html = client.get(url("conversation", conversation)).content.decode()
        return html.split('class="quote"')[1].split("</p>")[0]

    assert "A secret of billing" in quote(alice)
    assert "A secret" not in quote(bob)
    assert "a message of an earlier conversation" in quote(bob)


def test_somebody_without_a_number_is_shown_readably(whatsapp, drain, alice):
    whatsapp.hears("Hello", number=1, From="whatsapp:US.13491208655302741918", ProfileName="")
    conversation = whatsapp.picked(drain)

    html = alice.get(url("conversation", conversation)).content.decode()

    assert "WhatsApp user …741918" in html
    assert "US.13491208655302741918" not in html.split('id="about"')[1].split("</div>")[0]
    assert InboundText.objects.get().address.value == "US.13491208655302741918"
