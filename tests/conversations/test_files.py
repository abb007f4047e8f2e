"""Pictures and files for people: who may see them, how they are answered, and over the API."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from agents.models import ApiToken
from channels_app import media_answers, media_files
from channels_app.models_deliveries import Delivery
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText
from contacts import erasing
from contacts.models import Erasure
from conversations import services, writing
from conversations.models import Conversation
from conversations.tasks import show_media
from tests.conversations.desk import text_in
from tests.media_host import picture
from tests.world import World

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF"


def add_file(
    conversation: Conversation, body: bytes = b"", content_type: str = "image/jpeg", **more: Any
) -> Media:
    """A file that came with the conversation's first text."""
    text = InboundText.objects.get(message=conversation.messages.filter(direction="inbound").first())
    position = text.media.count()
    InboundText.objects.filter(pk=text.pk).update(media_count=position + 1)
    kept = media_files.keep(body or picture(), content_type=content_type, name=more.pop("name", ""))
    return Media.objects.create(
        **{"inbound_text": text, "position": position, "state": "ready", **media_files.columns(kept), **more}
    )


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_only_who_may_see_the_conversation_sees_its_files(
    world: World, waiting: Conversation, as_user: Any, anonymous: Client
) -> None:
    file = add_file(waiting)
    Conversation.objects.filter(pk=waiting.pk).update(queue=world.billing)
    paths = [f"/media/{file.pk}/", f"/media/{file.pk}/thumbnail/"]
    for username, status in (("ada", 200), ("sam", 200), ("bob", 200), ("alice", 404)):
        assert [as_user(username).get(path).status_code for path in paths] == [status] * 2, username
    assert anonymous.get(paths[0]).status_code == 302
    assert as_user("alice").get("/media/987654/").status_code == 404


def test_a_program_fetches_a_file_with_the_token_that_told_it(
    world: World, waiting: Conversation, anonymous: Client
) -> None:
    file = add_file(waiting)
    path = f"/media/{file.pk}/"
    _, given = ApiToken.objects.create(world.users["alice"])

    answer = anonymous.get(path, headers={"Authorization": f"Token {given}"})
    assert (answer.status_code, body_of(answer)) == (200, picture())
    Conversation.objects.filter(pk=waiting.pk).update(queue=world.billing)
    assert anonymous.get(path, headers={"Authorization": f"Token {given}"}).status_code == 404
    refused = anonymous.get(path, headers={"Authorization": "Token 0123"})
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Token")


def test_a_file_is_answered_with_what_keeps_it_harmless(waiting: Conversation, alice: Client) -> None:
    file = add_file(waiting, name="parcel.jpg")
    answer = alice.get(f"/media/{file.pk}/")
    assert body_of(answer) == picture()
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Disposition"] == 'inline; filename="parcel.jpg"'
    assert answer["Cache-Control"].startswith("private")
    assert alice.get(f"/media/{file.pk}/?download")["Content-Disposition"].startswith("attachment")
    again = alice.get(f"/media/{file.pk}/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("content_type", "name", "saved_as"),
    [
        ("application/pdf", "bill.pdf", "bill.pdf"),
        ("text/plain", "page.html", "page.html.txt"),
        ("image/tiff", "", "file-{}.tif"),
        ("image/svg+xml", "draw.svg", "draw.svg.bin"),
        ("text/html", "page", "page.bin"),
    ],
)
def test_what_is_not_surely_harmless_is_saved_never_shown(
    waiting: Conversation, alice: Client, content_type: str, name: str, saved_as: str
) -> None:
    file = add_file(waiting, b"hello", content_type, name=name)
    answer = alice.get(f"/media/{file.pk}/")
    assert answer["Content-Disposition"] == f'attachment; filename="{saved_as.format(file.pk)}"'
    assert content_type not in media_answers.INLINE


@pytest.mark.parametrize(
    ("asked", "status", "part", "told"),
    [
        ("bytes=0-3", 206, slice(0, 4), "bytes 0-3/{}"),
        ("bytes=4-", 206, slice(4, None), "bytes 4-{last}/{}"),
        ("bytes=-5", 206, slice(-5, None), "bytes {five}-{last}/{}"),
        ("bytes=2-999999", 206, slice(2, None), "bytes 2-{last}/{}"),
        ("bytes=999999-", 416, None, "bytes */{}"),
        ("bytes=5-2", 416, None, "bytes */{}"),
        ("bytes=0-1,4-5", 200, slice(None), None),
        ("pages=1", 200, slice(None), None),
        ("bytes=-", 200, slice(None), None),
        ("bytes=²-", 200, slice(None), None),
    ],
)
def test_players_ask_for_a_part(
    waiting: Conversation, alice: Client, asked: str, status: int, part: slice | None, told: str | None
) -> None:
    body = b"OggS\0\2" + bytes(range(200))
    file = add_file(waiting, body, "audio/ogg")
    answer = alice.get(f"/media/{file.pk}/", headers={"Range": asked})
    size = len(body)
    assert answer.status_code == status
    if part is not None:
        assert body_of(answer) == body[part]
        assert answer["Content-Length"] == str(len(body[part]))
    assert answer.headers.get("Content-Range") == (told and told.format(size, last=size - 1, five=size - 5))


@pytest.mark.parametrize("state", ["fetching", "refused", "failed"])
def test_what_is_not_here_is_not_found(waiting: Conversation, alice: Client, state: str) -> None:
    file = add_file(waiting, state=state)
    assert alice.get(f"/media/{file.pk}/").status_code == 404


def test_a_file_that_the_storage_lost_is_not_found(waiting: Conversation, alice: Client) -> None:
    file = add_file(waiting)
    media_files.storage().delete(file.file)
    assert alice.get(f"/media/{file.pk}/").status_code == 404


# --- over the API ---------------------------------------------------------------------------------


def upload(name: str = "parcel.jpg", body: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if body is None else body, "image/jpeg")


def test_a_reply_with_files_over_the_api(world: World, taken: Conversation, alice: Client) -> None:
    path = f"/api/v1/conversations/{taken.pk}/reply/"
    answer = alice.post(path, {"text": "Here", "files": [upload(), upload("b.jpg")]})
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert (said["text"], said["media_count"]) == ("Here", 2)
    assert [(f["state"], f["kind"], f["name"], f["width"]) for f in said["files"]] == [
        ("ready", "image", "parcel.jpg", 40),
        ("ready", "image", "b.jpg", 40),
    ]
    assert alice.get(said["files"][0]["url"]).status_code == 200
    assert alice.get(said["files"][0]["thumbnail_url"])["Content-Type"] == "image/webp"
    listed = alice.get(f"/api/v1/messages/?conversation={taken.pk}&direction=outbound").json()["results"]
    assert listed[0]["files"] == said["files"]


@pytest.mark.parametrize(
    "fields",
    [{"files": [upload(f"{n}.jpg", b"x") for n in range(101)]}, {f"field{n}": "x" for n in range(1001)}],
    ids=["files", "fields"],
)
def test_a_form_of_more_parts_than_are_read_is_refused_in_json(
    taken: Conversation, alice: Client, fields: dict[str, Any]
) -> None:
    answer = alice.post(f"/api/v1/conversations/{taken.pk}/reply/", fields)
    assert answer.status_code == 400
    assert answer.json() == {"detail": "The request is too large, or has too many fields or files."}
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ({}, {"text": ["Write something, or name a content template."]}),
        ({"text": ""}, {"text": ["Write something first."], "code": "empty"}),
        (
            {"text": "Look", "files": [upload("page.jpg", b"<html>")]},
            {
                "files": ["page.jpg: It says that it is image/jpeg, but its content is a web page (HTML)."],
                "code": "files",
            },
        ),
        ({"text": "x" * 1601, "files": [upload()]}, "too_long"),
    ],
)
def test_wrong_replies_over_the_api(
    world: World, taken: Conversation, alice: Client, form: dict[str, Any], body: Any
) -> None:
    for file in form.get("files", []):
        file.seek(0)
    answer = alice.post(f"/api/v1/conversations/{taken.pk}/reply/", form)
    assert answer.status_code == 400
    assert body in (answer.json(), answer.json().get("code"))
    assert not Delivery.objects.exists()
    assert not Media.objects.exists()


def test_json_replies_go_on(taken: Conversation, alice: Client) -> None:
    path = f"/api/v1/conversations/{taken.pk}/reply/"
    answer = alice.post(path, {"text": "Hello"}, content_type="application/json")
    assert (answer.status_code, answer.json()["files"]) == (201, [])


def test_fetching_again_over_the_api(world: World, taken: Conversation, as_user: Any, alice: Client) -> None:
    file = add_file(taken, state="failed", reason="Twilio answered 500.", source_url="http://127.0.0.1:1/a")
    path = f"/api/v1/media/{file.pk}/"
    assert alice.get(path).json()["may_fetch_again"] is True
    version = Conversation.objects.get().version
    answer = alice.post(f"{path}fetch-again/")
    assert (answer.status_code, answer.json()["state"], answer.json()["reason"]) == (200, "fetching", "")
    again = alice.post(f"{path}fetch-again/")
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed")
    show_media()
    assert Conversation.objects.get().version > version


def test_the_list_of_files_shows_what_the_person_may_see(
    world: World, waiting: Conversation, as_user: Any
) -> None:
    add_file(waiting)
    add_file(waiting, state="failed")
    Conversation.objects.update(queue=world.billing)
    url = f"/api/v1/media/?state=failed&conversation={waiting.pk}"
    assert len(as_user("bob").get(url).json()["results"]) == 1
    assert as_user("alice").get(url).json()["results"] == []


# --- forgetting -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_erased_customers_files_leave_the_storage(world: World, drain: Any) -> None:
    conversation = services.pick(
        conversation_id=text_in(world, drain, "Hello").pk, agent=world.agents["alice"], now=timezone.now()
    )
    came = add_file(conversation, name="me-and-my-dog.jpg", source_url="https://api.twilio.com/x")
    kept = media_files.keep(picture(), content_type="image/jpeg")
    writing.reply(
        conversation_id=conversation.pk,
        agent=world.agents["alice"],
        text="",
        files=[kept],
        now=timezone.now(),
    )
    names = [came.file, came.thumbnail, kept.file, kept.thumbnail]
    assert all(media_files.storage().exists(name) for name in names)
    subject = erasing.subject_of(address=conversation.address)
    erasing.request(subject=subject, typed=conversation.address.value, by="ada", now=timezone.now())
    drain()
    assert not any(media_files.storage().exists(name) for name in names)
    for row in Media.objects.all():
        assert (row.state, row.file, row.name, row.source_url) == ("refused", "", "", "")
    assert Erasure.objects.get().counts["files"] == 2
