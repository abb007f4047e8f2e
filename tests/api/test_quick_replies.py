"""Quick replies over the API: who reads and writes which, and what is refused."""

from typing import Any

import pytest

from conversations import quick_replies
from conversations.models_desk import DeskSettings
from conversations.models_quick_replies import QuickReply
from routing.models import WorkStream
from tests.api.conftest import Api
from tests.world import World

URL = "/api/v1/quick-replies/"
GREETING = {"title": "Greeting", "message": "Dear {FullName{Customer}}"}


@pytest.fixture
def personal_allowed(world: World) -> None:
    """Agents may have their own."""
    DeskSettings.objects.update(allow_personal_quick_replies=True)


def test_one_is_made_and_changed(world: World, api: Api) -> None:
    client = api("ada")

    made = client.post(
        URL, {**GREETING, "tags": ["#Hello You"], "work_streams": ["Support by SMS"]}, format="json"
    )
    changed = client.patch(f"{URL}{made.json()['id']}/", {"tags": ["b", "a"]}, format="json")

    assert made.status_code == 201
    assert made.json() | {"id": 0, "created_at": "", "modified_at": ""} == {
        "id": 0,
        "title": "Greeting",
        "locale": "en",
        "message": "Dear {FullName{Customer}}",
        "tags": ["hello-you"],
        "work_streams": ["Support by SMS"],
        "is_personal": False,
        "created_at": "",
        "modified_at": "",
    }
    assert (changed.json()["tags"], changed.json()["work_streams"]) == (["a", "b"], ["Support by SMS"])


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("message", "{Shoe{Agent}}", "is no slug"),
        ("locale", "x", "Write a language"),
        ("tags", "word", "Give a list of words."),
        ("tags", ["x" * 41], "at most 40 characters"),
        ("tags", [1], "Give a list of words."),
        ("work_streams", ["Nowhere"], "There is no work stream Nowhere."),
        ("work_streams", [True], "Give names or ids"),
        ("is_personal", "perhaps", "valid boolean"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    world: World, api: Api, field: str, value: Any, said: str
) -> None:
    answer = api("ada").post(URL, {**GREETING, field: value}, format="json")

    assert answer.status_code == 400
    assert said in str(answer.json()[field])
    assert not QuickReply.objects.exists()


def test_a_title_is_there_once_per_locale(world: World, api: Api) -> None:
    client = api("ada")

    codes = [client.post(URL, {**GREETING, "locale": locale}).status_code for locale in ("en", "en", "de")]

    assert codes == [201, 400, 201]


def test_ones_own_is_made_when_that_is_allowed(world: World, api: Api, personal_allowed: None) -> None:
    client = api("alice")

    own = client.post(URL, {**GREETING, "is_personal": True})
    everybodys = client.post(URL, GREETING)

    assert (own.status_code, everybodys.status_code) == (201, 403)
    assert QuickReply.objects.get().owner == world.users["alice"]
    assert client.delete(f"{URL}{own.json()['id']}/").status_code == 204


def test_without_being_allowed_none_is_made(world: World, api: Api) -> None:
    for who in ("alice", "ada"):
        assert api(who).post(URL, {**GREETING, "is_personal": True}).status_code == 403
    assert not QuickReply.objects.exists()


def test_somebody_elses_own_is_not_there(world: World, api: Api, personal_allowed: None) -> None:
    own = QuickReply.objects.create(title="Mine", message="x", owner=world.users["alice"])

    for who in ("bob", "ada"):
        client = api(who)
        assert client.get(URL).json()["results"] == []
        assert client.patch(f"{URL}{own.pk}/", {"title": "Theirs"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=%23sec", ["B"]),
        ("search=x", ["B", "A"]),
        ("locale=de", ["B"]),
        ("work_stream=Other", ["B", "A"]),
        ("work_stream=Support by SMS", ["A"]),
        ("is_personal=true", []),
        ("is_personal=false", ["B", "A"]),
    ],
)
def test_they_are_filtered(world: World, api: Api, query: str, found: list[str]) -> None:
    WorkStream.objects.create(name="Other")
    client = api("ada")
    client.post(URL, {"title": "A", "message": "x"}, format="json")
    client.post(
        URL,
        {"title": "B", "message": "x", "locale": "de", "tags": ["second"], "work_streams": ["Other"]},
        format="json",
    )

    assert [one["title"] for one in client.get(f"{URL}?{query}").json()["results"]] == found


def test_a_title_that_is_taken_at_the_same_moment_is_said_at_its_field(
    world: World, api: Api, taken_meanwhile: Any
) -> None:
    taken_meanwhile(title="Greeting", locale="en")

    answer = api("ada").post(URL, {**GREETING, "tags": ["a"]}, format="json")

    assert answer.status_code == 400
    assert quick_replies.TAKEN in answer.content.decode()
    assert QuickReply.objects.count() == 1
