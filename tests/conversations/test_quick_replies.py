"""Quick replies on the desk: what is offered, filled in and inserted, what stops a send, one's own."""

from typing import Any

import pytest
from django.urls import reverse

from channels_app.models_deliveries import Delivery
from contacts.models import Contact
from conversations import quick_replies
from conversations.models_desk import DeskSettings
from conversations.models_quick_replies import QuickReply
from routing.models import WorkStream
from tests.conversations.desk import statements, url, write

HX = {"headers": {"HX-Request": "true"}}
OWN = "desk:personal-quick-replies"


@pytest.fixture
def maria(world: Any) -> Contact:
    """Whose number the customer's is."""
    return Contact.objects.create(first_name="Maria", last_name="Keller", mobile_phone="+14255550100")


def make(title: str, message: str = "x", **more: Any) -> QuickReply:
    """A quick reply."""
    return QuickReply.objects.create(title=title, message=message, **more)


def panel(client: Any, conversation: Any, find: str = "", **more: str) -> Any:
    """What the panel shows."""
    answer = client.get(url("quick-replies", conversation), {"find": find, **more}, **HX)
    assert answer.status_code == 200
    return answer.context["quick"]


def titles(client: Any, conversation: Any, find: str = "", **more: str) -> list[str]:
    """Of what is offered."""
    return [offer.title for offer in panel(client, conversation, find, **more).offers]


# --- what is offered ------------------------------------------------------------------------------


def test_those_of_other_work_streams_are_not_offered(world, alice, taken):
    make("Everywhere")
    make("Here").work_streams.add(world.stream)
    make("Elsewhere").work_streams.add(WorkStream.objects.create(name="Other"))

    assert titles(alice, taken) == ["Everywhere", "Here"]


def test_the_agents_own_locale_comes_first_then_their_language(world, alice, taken):
    world.users["alice"].locale = "de-CH"
    world.users["alice"].save()
    for locale in ("en", "fr", "de", "de-CH"):
        make(f"in {locale}", locale=locale)

    assert titles(alice, taken) == ["in de-CH", "in de", "in en", "in fr"]


@pytest.mark.parametrize(
    ("find", "found"),
    [("thank", ["Thanks"]), ("/q thank", ["Thanks"]), ("/thank", ["Thanks"]), ("#pol", ["Sorry"]), ("%", [])],
)
def test_they_are_found_by_words_and_tags(alice, taken, find, found):
    make("Thanks")
    make("Sorry").tags.create(name="polite")

    assert titles(alice, taken, find) == found


def test_slugs_are_filled_in_where_they_can_be(world, drain, as_user, maria, taken):
    user = world.users["alice"]
    make("A", "Dear {FullName{Customer}}, {FirstName{Agent}} {LastName{Agent}}")

    offer = panel(as_user("alice"), taken).offers[0]

    assert user.first_name
    assert offer.text == "Dear Maria Keller, Alice {LastName{Agent}}"
    assert offer.left == ["{LastName{Agent}}"]


def test_a_stranger_has_no_name_whatever_they_call_themselves(alice, taken):
    taken.address.profile_name = "The King"
    taken.address.save()
    make("A", "Dear {FullName{Customer}}")

    assert panel(alice, taken).offers[0].text == "Dear {FullName{Customer}}"


def test_what_is_offered_is_text_whatever_is_in_it(alice, taken):
    make("<script>alert(1)</script>", "<img src=x onerror=alert(2)>").tags.create(name="<b>")

    page = alice.get(url("quick-replies", taken), **HX).content.decode()

    assert not [one for one in ("<script>alert", "<img src=x", "#<b>") if one in page]


def test_the_panel_costs_the_same_for_three_and_for_thirty(alice, taken):
    costs = []
    for numbers in (range(3), range(3, 30)):
        for n in numbers:
            make(f"T{n}").tags.create(name=f"t{n}")
        costs.append(statements(lambda: panel(alice, taken)))

    assert costs[0] == costs[1] <= 12


def test_commands_of_the_situation_are_offered(alice, bob, taken):
    assert [c.word for c in panel(alice, taken, "/").commands] == ["p", "i", "q", "tq", "end", "close"]
    assert [c.word for c in panel(bob, taken, "/").commands] == ["i", "q"]


def test_what_nothing_is_called_is_told_to_be_ordinary_text(alice, taken):
    page = alice.get(url("quick-replies", taken), {"find": "/home"}, **HX).content.decode()

    assert "it is sent as ordinary text" in page


def test_of_a_conversation_that_one_may_not_read_there_is_nothing(world, alice, bob, taken):
    alice.post(url("transfer", taken), {"queue": world.billing.pk})

    assert bob.get(url("quick-replies", taken), **HX).status_code == 200
    assert alice.get(url("quick-replies", taken), **HX).status_code == 404


# --- without a script -----------------------------------------------------------------------------


def test_without_a_script_the_panel_is_part_of_the_page_and_keeps_the_text(alice, taken):
    make("Thanks", "Thank you.")

    answer = alice.post(url("quick-replies", taken), {"text": "Hello,", "form_id": "abc", "find": ""})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert [offer.title for offer in answer.context["quick"].offers] == ["Thanks"]
    assert "Hello,</textarea>" in page
    assert 'name="form_id" value="abc"' in page


def test_without_a_script_choosing_puts_it_after_what_was_typed_and_stores_nothing(alice, taken):
    reply = make("Thanks", "Thank you.\nBye.")

    answer = alice.post(
        url("quick-replies", taken), {"text": "Hello,\r\n", "form_id": "abc", "quick_reply": reply.pk}
    )

    assert "Hello,\nThank you.\nBye.</textarea>" in answer.content.decode()
    assert "quick" not in answer.context or not answer.context["quick"]
    assert not Delivery.objects.exists()


def test_without_a_script_closing_keeps_the_text(alice, taken):
    answer = alice.post(url("quick-replies", taken), {"text": "Hello", "form_id": "abc", "close": "1"})

    assert "Hello</textarea>" in answer.content.decode()
    assert 'id="quick-list"' not in answer.content.decode()


@pytest.mark.parametrize("odd", ["0", "x", "²", "9" * 40, "-1", "\x00"])
def test_an_odd_choice_inserts_nothing(alice, taken, odd):
    answer = alice.post(url("quick-replies", taken), {"text": "Hello", "form_id": "a", "quick_reply": odd})

    assert answer.status_code == 200
    assert "Hello</textarea>" in answer.content.decode()


def test_one_that_is_not_offered_here_is_not_inserted(world, alice, taken):
    elsewhere = make("Elsewhere", "secret words")
    elsewhere.work_streams.add(WorkStream.objects.create(name="Other"))
    bobs = make("Bob's", "secret words", owner=world.users["bob"])

    for reply in (elsewhere, bobs):
        answer = alice.post(url("quick-replies", taken), {"quick_reply": reply.pk})
        assert "secret words" not in answer.content.decode()


# --- what stops a send ----------------------------------------------------------------------------


def test_a_slug_that_is_left_stops_the_send_and_is_told_at_the_field(alice, taken):
    answer = write(alice, taken, "Dear {LastName{Customer}},")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Replace {LastName{Customer}} by what the customer shall read" in page
    assert "Dear {LastName{Customer}},</textarea>" in page
    assert not Delivery.objects.exists()


def test_over_the_api_it_stops_the_send_too(world, taken):
    from rest_framework.test import APIClient

    from agents.models import ApiToken

    client = APIClient()
    _, token = ApiToken.objects.create(world.users["alice"])
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    answer = client.post(f"/api/v1/conversations/{taken.pk}/reply/", {"text": "{FirstName{Agent}} here"})

    assert answer.status_code in {400, 409, 422}
    assert "Replace {FirstName{Agent}}" in answer.content.decode()
    assert not Delivery.objects.exists()


def test_colleagues_may_write_about_slugs(alice, taken):
    write(alice, taken, "What is {LastName{Customer}}?", kind="note")

    assert taken.messages.filter(direction="internal").exists()


# --- one's own ------------------------------------------------------------------------------------


@pytest.fixture
def allowed(world: Any) -> None:
    """Agents may have their own."""
    DeskSettings.objects.update(allow_personal_quick_replies=True)


FIELDS = {"title": "Mine", "locale": "en", "message": "My words", "tag_names": "own"}


def test_where_they_are_not_allowed_there_is_no_page_and_none_is_offered(world, alice, taken):
    make("Old", owner=world.users["alice"])

    assert alice.get(reverse(OWN)).status_code == 404
    assert alice.post(reverse(OWN), FIELDS).status_code == 404
    assert titles(alice, taken, tab="personal") == []


def test_ones_own_is_made_changed_and_deleted(allowed, alice, taken):
    alice.post(reverse(OWN), FIELDS)
    reply = QuickReply.objects.get()
    assert titles(alice, taken, tab="personal") == titles(alice, taken) == ["Mine"]

    alice.post(reverse("desk:personal-quick-reply", args=[reply.pk]), {**FIELDS, "title": "Better"})
    assert titles(alice, taken, "#own") == ["Better"]

    alice.post(reverse("desk:delete-personal-quick-reply", args=[reply.pk]))
    assert not QuickReply.objects.exists()


def test_somebody_elses_own_does_not_exist(allowed, world, alice, bob, taken):
    alice.post(reverse(OWN), FIELDS)
    reply = QuickReply.objects.get()

    assert bob.get(reverse("desk:personal-quick-reply", args=[reply.pk])).status_code == 404
    assert bob.post(reverse("desk:delete-personal-quick-reply", args=[reply.pk])).status_code == 404
    assert titles(bob, taken) == []
    assert QuickReply.objects.get() == reply


def test_everybodys_is_not_edited_as_ones_own(allowed, alice, taken):
    reply = make("Everybody's")

    assert alice.get(reverse("desk:personal-quick-reply", args=[reply.pk])).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message", "{Shoe{Agent}}"),
        ("message", ""),
        ("title", "\u200b"),
        ("locale", "!"),
        ("tag_names", "x" * 41),
    ],
)
def test_what_is_wrong_is_said_at_its_field(allowed, alice, field, value):
    answer = alice.post(reverse(OWN), {**FIELDS, field: value})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not QuickReply.objects.exists()


def test_a_title_is_there_once_per_locale_and_person(allowed, alice, bob):
    alice.post(reverse(OWN), FIELDS)

    assert alice.post(reverse(OWN), FIELDS).status_code == 422
    assert bob.post(reverse(OWN), FIELDS).status_code == 302


def test_a_title_that_is_taken_at_the_same_moment_is_said_at_its_field(world, alice, taken_meanwhile):
    DeskSettings.objects.update(allow_personal_quick_replies=True)
    taken_meanwhile(owner=world.users["alice"], title="Thanks", locale="en")

    answer = alice.post(reverse(OWN), {"title": "Thanks", "locale": "en", "message": "x", "tag_names": "a"})

    assert answer.status_code == 422
    assert quick_replies.TAKEN in answer.context["form"].errors["title"]
    assert QuickReply.objects.count() == 1
