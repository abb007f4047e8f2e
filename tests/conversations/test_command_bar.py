"""The command bar: what it offers to whom, and from where."""

import pytest
from django.utils import timezone

from conversations import command_bar, supervising
from conversations.situation import situation_of
from conversations.worklists import Seat
from tests.conversations.desk import statements, text_in, url
from tests.world import CUSTOMER

HTMX = {"HX-Request": "true"}


def seat(world, name):
    return Seat(world.users[name], world.agents[name])


def words(world, name, question="", conversation=None):
    who = seat(world, name)
    situation = conversation and situation_of(conversation, seat=who, now=timezone.now())
    return [entry.words for entry in command_bar.entries(who, question, situation)]


def test_without_a_question_it_lists_commands_and_places(world, taken):
    found = words(world, "alice", conversation=taken)

    assert found[:6] == [
        "Transfer…", "Release to its queue", "Close session…", "End", "Reply", "Internal message",
    ]  # fmt: skip
    assert "My work items" in found
    assert "Figures of today" not in found
    assert "Administration" not in found


def test_supervisors_find_their_own(world, taken):
    found = words(world, "sam", conversation=taken)

    assert "Take over…" in found
    assert "End" not in found
    assert "Figures of today" in found


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("pref", ["Desk preferences"]),
        ("DESK pref", ["Desk preferences"]),
        ("wörk closed", ["Closed work items"]),
        ("zzz", []),
    ],
)
def test_all_words_have_to_fit(world, question, expected):
    assert words(world, "alice", question) == expected


@pytest.mark.parametrize("question", [CUSTOMER, "425-555-0100", "(425) 555-0100"])
def test_conversations_are_found_by_name_and_number(world, waiting, question):
    assert waiting.title in words(world, "alice", question)


def test_what_one_may_not_read_is_not_found(world, waiting):
    supervising.assign_to_queue(
        conversation_id=waiting.pk, supervisor=world.agents["sam"], queue=world.billing, now=timezone.now()
    )

    assert waiting.title not in words(world, "alice", CUSTOMER)
    assert waiting.title in words(world, "bob", CUSTOMER)


def test_a_name_is_shown_as_text(world, drain, alice, waiting):
    waiting.title = '<img src=x onerror="alert(1)">'
    waiting.save()

    page = alice.get("/desk/commands/?q=4255550100", headers=HTMX).content.decode()

    assert "&lt;img src=x" in page
    assert "<img" not in page


def test_commands_are_those_of_the_open_conversation(alice, taken):
    page = alice.get(f"/desk/commands/?c={taken.pk}", headers=HTMX).content.decode()

    assert 'data-run="end"' in page
    assert "<html" not in page


def test_without_a_script_it_is_a_page_of_links(alice, taken):
    page = alice.get(f"/desk/commands/?q=4255550100&c={taken.pk}").content.decode()

    assert f'href="{url("conversation", taken)}"' in page
    assert "data-run" not in page.split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize("query", ["?c=999999", "?c=²", "?q=%00", f"?q={'9' * 300}"])
def test_odd_questions_do_no_harm(alice, query):
    assert alice.get(f"/desk/commands/{query}", headers=HTMX).status_code in {200, 404}


def test_the_list_takes_few_statements(world, drain, alice, taken):
    for n in range(12):
        text_in(world, drain, "Hello", sender=f"+1425555{n:04}")

    assert statements(lambda: alice.get("/desk/commands/?q=4255550100", headers=HTMX)) <= 12
