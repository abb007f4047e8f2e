"""Searching all that was ever said, through the page."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts import erasing
from contacts.models import Contact
from conversations import search_index, writing
from conversations.models import Conversation, Message
from omnichannel.lib.marking import Term
from tests.conversations.desk import statements, text_in
from tests.world import CUSTOMER, World

pytestmark = pytest.mark.django_db
Login, Drain = Callable[[str], Client], Callable[[], int]
OTHER = "+14255550177"


def search(client: Client, typed: str, **more: Any) -> str:
    response = client.get(reverse("desk:search"), {"q": typed} | more)
    assert response.status_code == 200
    return unescape(response.content.decode())


def found(client: Client, typed: str, **more: Any) -> list[str]:
    """The texts of the messages found, in order."""
    page = search(client, typed, **more).partition('id="found-messages"')[2]
    texts = page.split('<p class="said" dir="auto">')[1:]
    return [t.split("</p>")[0].replace("<mark>", "").replace("</mark>", "") for t in texts]


@pytest.fixture
def lamp(world: World, drain: Drain) -> Conversation:
    return text_in(world, drain, "The blue lamp, ordered from Müller, has not arrived")


@pytest.mark.parametrize(
    "typed",
    [
        "lamp",
        "LAMP blue",
        '"blue lamp"',
        "muller",
        "MÜLLER",
        "arriv*",
        "lamp in:customer",
        "lamp state:open",
        'lamp queue:"default queue"',
        "lamp agent:none",
        f"lamp from:{CUSTOMER}",
        "lamp number:(425)555-0100",
        "lamp after:2020-01-01",
        "lamp before:2999-01-01",
        f"from:{CUSTOMER}",
        "state:open",
    ],
)
def test_a_message_is_found(lamp: Conversation, as_user: Login, typed: str) -> None:
    assert found(as_user("sam"), typed) == ["The blue lamp, ordered from Müller, has not arrived"]


@pytest.mark.parametrize(
    "typed",
    [
        "lam",
        '"lamp blue"',
        "lamp garden",
        "lamp in:us",
        "lamp state:closed",
        "lamp queue:Billing",
        "lamp agent:bob",
        f"lamp from:{OTHER}",
        "lamp after:2999-01-01",
        "lamp before:2020-01-01",
        "lamp has:file",
        "routed",
    ],
)
def test_a_message_is_not_found(lamp: Conversation, as_user: Login, typed: str) -> None:
    page = search(as_user("sam"), typed)
    assert "found-messages" not in page
    assert "Nothing found" in page


def test_the_words_are_marked_and_the_message_is_linked(lamp: Conversation, as_user: Login) -> None:
    message = lamp.messages.get(direction="inbound")
    page = search(as_user("sam"), "lamp")
    assert "<mark>lamp</mark>" in page
    assert f"/desk/my/{lamp.pk}/?m={message.seq}#m-{message.pk}" in page


def test_what_customers_write_is_shown_as_text(world: World, drain: Drain, as_user: Login) -> None:
    text_in(world, drain, "<script>alert(1)</script> lamp <b>bold</b>")
    page = (
        as_user("sam").get(reverse("desk:search"), {"q": 'lamp"><script>alert(2)</script>'}).content.decode()
    )
    assert "<script>alert" not in page
    assert "<b>bold" not in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("queue:Nowhere", "There is no queue “Nowhere”."),
        ("agent:nobody", "There is no agent “nobody”."),
        ("state:lost", "There is no state “lost”"),
    ],
)
def test_what_is_not_understood_is_told(world: World, as_user: Login, typed: str, words: str) -> None:
    assert words in search(as_user("sam"), typed)


@pytest.mark.parametrize("typed", ["425-555-0100", "+1 425 555 0100", "4255550100", "+142555"])
def test_a_number_finds_its_conversations(lamp: Conversation, as_user: Login, typed: str) -> None:
    page = search(as_user("sam"), typed)
    assert "Conversations with them" in page
    assert f"/desk/my/{lamp.pk}/" in page


def test_a_name_finds_its_conversations(world: World, drain: Drain, as_user: Login) -> None:
    Contact.objects.create(first_name="Zoë", last_name="Ångström", mobile_phone=OTHER)
    theirs = text_in(world, drain, "Hello", sender=OTHER)
    for typed in ("zoe", "angstr", "Zoë Ångström"):
        assert f"/desk/my/{theirs.pk}/" in search(as_user("sam"), typed)
    assert found(as_user("sam"), "hello from:angstrom") == ["Hello"]


def test_agents_find_what_they_may_read(lamp: Conversation, world: World, as_user: Login) -> None:
    Conversation.objects.filter(pk=lamp.pk).update(queue=world.billing)
    assert found(as_user("bob"), "lamp")
    assert not found(as_user("alice"), "lamp")
    assert f"/desk/my/{lamp.pk}/" not in search(as_user("alice"), CUSTOMER)
    assert not found(as_user("alice"), f"lamp from:{CUSTOMER}")


def test_internal_messages_are_found_and_told_apart(lamp: Conversation, world: World, as_user: Login) -> None:
    writing.write_internal(
        conversation_id=lamp.pk, author=world.users["bob"], text="a tricky one", now=timezone.now()
    )
    assert "Internal, Bob" in search(as_user("sam"), "tricky in:internal")
    assert not found(as_user("sam"), "tricky in:customer")


def test_pages_go_on_where_the_last_one_ended(world: World, drain: Drain, as_user: Login) -> None:
    conversation = text_in(world, drain, "first")
    now = timezone.now()
    for number in range(45):
        writing.write_internal(
            conversation_id=conversation.pk, author=world.users["sam"], text=f"lamp {number}", now=now
        )
    client, texts, before = as_user("sam"), [], ""
    for _ in range(3):
        texts += found(client, "lamp", before=before)
        before = search(client, "lamp", before=before).partition("before=")[2].partition('"')[0]
    assert texts == [f"lamp {number}" for number in reversed(range(45))]
    assert before == ""


def test_an_erased_customer_is_found_no_more(lamp: Conversation, world: World, as_user: Login) -> None:
    now = timezone.now()
    erasing.request(subject=erasing.subject_of(address=lamp.address), typed=CUSTOMER, by="ada", now=now)
    while erasing.erase_chunk(now=now):
        now += timedelta(minutes=1)
    for typed in ("lamp", CUSTOMER):
        assert "Nothing found" in search(as_user("sam"), typed)
    assert search_index.newest([Term(("lamp",))], before=2**62, most=5) == []


def test_a_changed_text_is_found_by_its_new_words(lamp: Conversation) -> None:
    message = lamp.messages.get(direction="inbound")
    Message.objects.filter(pk=message.pk).update(text="A red chair")
    ids = [search_index.newest([Term((word,))], before=2**62, most=5) for word in ("lamp", "chair")]
    assert ids == [[], [message.pk]]


def test_the_index_is_made_again_when_it_is_lost(lamp: Conversation) -> None:
    connection.check_constraints()  # nothing may wait for the end of the transaction
    search_index.remove()
    search_index.install()
    search_index.install()
    assert len(search_index.newest([Term(("lamp",))], before=2**62, most=5)) == 1


@pytest.mark.parametrize("text", ["x" * 20_000, "words " * 5000, "\U0001f642" * 500, "a'b\\c%d\"e"])
def test_whatever_customers_write_is_kept(world: World, drain: Drain, text: str) -> None:
    assert text_in(world, drain, text).messages.filter(text=text).exists()


@pytest.mark.parametrize(
    "typed", ["lamp", "nowhere", "lamp queue:billing agent:bob after:2026-01-01", CUSTOMER]
)
def test_it_takes_few_statements(lamp: Conversation, as_user: Login, typed: str) -> None:
    for username in ("sam", "bob"):
        client = as_user(username)
        assert statements(lambda client=client: search(client, typed)) <= 15


def test_it_is_for_those_who_are_logged_in(anonymous: Client) -> None:
    assert anonymous.get(reverse("desk:search")).status_code == 302


@pytest.mark.parametrize("before", ["x", "-1", "9" * 18, "²"])
def test_any_place_to_go_on_from_is_taken(lamp: Conversation, as_user: Login, before: str) -> None:
    search(as_user("sam"), "lamp", before=before)


def test_conversations_are_found_over_the_api(lamp: Conversation, as_user: Login) -> None:
    def ids(username: str, typed: str) -> list[int]:
        answer = as_user(username).get("/api/v1/conversations/", {"search": typed})
        assert answer.status_code == 200
        return [row["id"] for row in answer.json()["results"]]

    for typed in ("lamp", CUSTOMER, f"from:{CUSTOMER} lamp", "lamp state:open"):
        assert ids("sam", typed) == [lamp.pk]
    assert ids("sam", "nowhere") == []
    refused = as_user("sam").get("/api/v1/conversations/", {"search": "state:lost"})
    assert refused.status_code == 400
    assert "There is no state" in refused.content.decode()


def test_agents_find_over_the_api_what_they_may_read(
    lamp: Conversation, world: World, as_user: Login
) -> None:
    Conversation.objects.filter(pk=lamp.pk).update(queue=world.billing)
    assert as_user("alice").get("/api/v1/conversations/", {"search": "lamp"}).json()["results"] == []
