"""Quick replies in administration: what is kept, what is refused at its field, tags of several at once."""

from typing import Any

import pytest
from django.test import Client

from conversations import quick_replies
from conversations.models_quick_replies import QuickReply, Tag
from omnichannel.models import AuditEntry
from tests.administration.conftest import errors_of
from tests.world import World

LIST = "/admin/conversations/quickreply/"
ADD = f"{LIST}add/"
GREETING = {"title": "Greeting", "locale": "en", "message": "Dear {FullName{Customer}},\r\nhello."}


def titles(page: Any) -> list[str]:
    """What the list shows."""
    return [reply.title for reply in page.context["cl"].result_list]


def test_one_is_kept_with_its_tags_and_work_streams(ada: Client, world: World) -> None:
    ada.post(ADD, {**GREETING, "tag_names": "#Hello, first text, hello", "work_streams": [world.stream.pk]})

    reply = QuickReply.objects.get()
    assert reply.message == "Dear {FullName{Customer}},\nhello."
    assert sorted(tag.name for tag in reply.tags.all()) == ["first-text", "hello"]
    assert list(reply.work_streams.all()) == [world.stream]
    assert reply.owner is None


def test_its_page_shows_the_tags_as_they_are_typed(ada: Client, world: World) -> None:
    ada.post(ADD, {**GREETING, "tag_names": "b, a"})
    reply = QuickReply.objects.get()

    page = ada.get(f"{LIST}{reply.pk}/change/")

    assert page.context["adminform"].form["tag_names"].value() == "a, b"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("message", "Dear {Shoe{Customer}}", "{Shoe{Customer}} is no slug. Known: {FullName{Customer}}"),
        ("message", "{fullname{customer}} {A{Agent}}", "are no slugs"),
        ("message", "x" * 1601, "at most 1600 characters"),
        ("message", "\u200b", "at least one character that can be seen"),
        ("locale", "English", "Write a language such as en, or de-CH."),
        ("title", "", "required"),
        ("tag_names", "x" * 41, "at most 40 characters"),
        ("tag_names", ",".join(map(str, range(21))), "At most 20 tags."),
        ("tag_names", "a, \u200b", "at least one character that can be seen"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    ada: Client, world: World, field: str, value: str, said: str
) -> None:
    answer = ada.post(ADD, {**GREETING, field: value})

    assert said in " ".join(errors_of(answer)[field])
    assert not QuickReply.objects.exists()
    assert not Tag.objects.exists()


def test_a_title_is_there_once_per_locale(ada: Client, world: World) -> None:
    ada.post(ADD, GREETING)

    again = ada.post(ADD, GREETING)
    ada.post(ADD, {**GREETING, "locale": "de-CH"})

    assert errors_of(again)["title"] == ["There is a quick reply of this title in this locale already."]
    assert sorted(QuickReply.objects.values_list("locale", flat=True)) == ["de-CH", "en"]


def test_somebodys_own_is_in_nobody_elses_list(ada: Client, world: World) -> None:
    own = QuickReply.objects.create(title="Mine", message="x", owner=world.users["alice"])

    assert titles(ada.get(LIST)) == []
    assert ada.get(f"{LIST}{own.pk}/change/").status_code == 302


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("greet", ["Greeting"]),
        ("hello dear", ["Greeting"]),
        ("#bil", ["Invoice"]),
        ("#greet", []),
        ("zz", []),
    ],
)
def test_they_are_found_by_words_and_tags(ada: Client, world: World, words: str, found: list[str]) -> None:
    ada.post(ADD, GREETING)
    ada.post(ADD, {"title": "Invoice", "locale": "en", "message": "Paid.", "tag_names": "billing"})

    assert titles(ada.get(LIST, {"q": words})) == found


def test_tags_of_several_are_edited_at_once(ada: Client, world: World) -> None:
    for title, tags in (("A", "old, keep"), ("B", "old"), ("C", "old")):
        ada.post(ADD, {"title": title, "locale": "en", "message": "x", "tag_names": tags})
    chosen = list(QuickReply.objects.filter(title__in="AB").values_list("pk", flat=True))

    led = ada.post(LIST, {"action": "choose_tags", "_selected_action": chosen})
    page = ada.get(led["Location"])
    ada.post(led["Location"], {"add": "New", "remove": "#old"})

    assert [reply.title for reply, _ in page.context["chosen"]] == ["A", "B"]
    found = {reply.title: sorted(tag.name for tag in reply.tags.all()) for reply in QuickReply.objects.all()}
    assert found == {"A": ["keep", "new"], "B": ["new"], "C": ["old"]}


@pytest.mark.parametrize("data", [{}, {"add": "a", "remove": "a"}, {"add": "x" * 41}])
def test_wrong_tags_for_several_change_nothing(ada: Client, world: World, data: dict[str, str]) -> None:
    ada.post(ADD, {**GREETING, "tag_names": "a"})
    reply = QuickReply.objects.get()

    answer = ada.post(f"/admin/quick-replies/tags/?ids={reply.pk}", data)

    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert [tag.name for tag in reply.tags.all()] == ["a"]


@pytest.mark.parametrize("ids", ["", "x", "999999", "1,²,", "9" * 40])
def test_tags_of_nothing_are_a_page_that_says_so(ada: Client, world: World, ids: str) -> None:
    assert "Choose quick replies in their list first." in ada.get(
        "/admin/quick-replies/tags/", {"ids": ids}
    ).content.decode("utf-8")


def test_a_change_is_told_with_before_and_after(ada: Client, world: World) -> None:
    ada.post(ADD, GREETING)
    reply = QuickReply.objects.get()

    ada.post(f"{LIST}{reply.pk}/change/", {**GREETING, "title": "Salute", "tag_names": "x"})

    told = AuditEntry.objects.get_for_object(reply).filter(action=AuditEntry.Action.UPDATE)
    assert {name for entry in told for name in entry.changes} == {"title", "tags"}
    assert all(entry.actor == world.users["ada"] for entry in told)


def test_a_supervisor_manages_them_too(as_user: Any, world: World) -> None:
    as_user("sam").post(ADD, GREETING)

    assert QuickReply.objects.get().title == "Greeting"


def test_a_title_that_is_taken_at_the_same_moment_is_said_at_its_field(
    ada: Client, world: World, taken_meanwhile: Any
) -> None:
    taken_meanwhile(title="Greeting", locale="en")

    page = ada.post(ADD, {**GREETING, "tag_names": "a"})

    assert errors_of(page)["title"] == [quick_replies.TAKEN]
    assert QuickReply.objects.count() == 1
