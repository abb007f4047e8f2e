"""Pictures and files of agents: checked before they are kept, handed to the provider by a signed address."""

import re
from datetime import timedelta
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
import time_machine
from django.core.files import File as StoredFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from channels_app import (
    attachments,
    doubt,
    leaving,
    media_answers,
    media_files,
    media_links,
    media_rules,
    media_views,
    outbox,
)
from channels_app.media_rules import Part, Policy
from channels_app.models import Number
from channels_app.models_deliveries import Delivery
from channels_app.models_media import Media
from channels_app.providers.base import Finding
from channels_app.providers.twilio_channels import SMS, WHATSAPP
from conversations import services, writing
from conversations.models import Conversation, Message
from tests.channels_app.support import API
from tests.media_host import picture
from tests.path.support import write
from tests.world import ACCOUNT_SID, World

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF"
MESSAGES = f"{API}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


class File(SimpleUploadedFile):
    """As a browser sends it."""


def upload(name: str = "parcel.jpg", body: bytes | None = None, content_type: str = "image/jpeg") -> File:
    return File(name, picture() if body is None else body, content_type)


@pytest.fixture
def conversation(world: World, drain: Any) -> Conversation:
    """Alice's."""
    write(world, "Where is my parcel?", number=1)
    drain()
    found = Conversation.objects.get()
    return services.pick(conversation_id=found.pk, agent=world.agents["alice"], now=timezone.now())


def reply(world: World, conversation: Conversation, text: str, *uploads: File) -> Message:
    number = Number.objects.select_related("account").get(pk=conversation.number_id)
    with attachments.taken(uploads, number=number) as files:
        return writing.reply(
            conversation_id=conversation.pk,
            agent=world.agents["alice"],
            text=text,
            files=files,
            now=timezone.now(),
        )


def sent(mock: responses.RequestsMock) -> list[dict[str, list[str]]]:
    return [parse_qs(str(call.request.body)) for call in mock.calls if call.request.method == "POST"]


def accept(mock: responses.RequestsMock) -> None:
    """Twilio takes whatever comes, each with an id of its own."""
    numbers = iter(range(100, 200))

    def answer(_request: Any) -> tuple[int, dict[str, str], str]:
        return 201, {}, f'{{"sid": "MM{next(numbers):032x}", "status": "queued"}}'

    mock.add_callback(responses.POST, MESSAGES, callback=answer, content_type="application/json")


# --- the rules ------------------------------------------------------------------------------------


class Named:
    """A file that is only asked about."""

    def __init__(self, name: str, content_type: str, size: int = 1000) -> None:
        self.name, self.content_type, self.size = name, content_type, size


def policy(**changes: Any) -> Policy:
    return Policy(
        **{"rules": SMS.media, "provider": "Twilio", "is_allowed": True, "largest": 5 * 2**20, **changes}
    )


@pytest.mark.parametrize(
    ("files", "of", "sentences"),
    [
        ([("a.jpg", "image/jpeg")], policy(), []),
        (
            [("a.jpg", "image/jpeg")],
            policy(rules=None, provider="TeleSign"),
            ["TeleSign carries no pictures or files."],
        ),
        (
            [("a.jpg", "image/jpeg")],
            policy(is_allowed=False),
            ["Attachments from agents are switched off for this number."],
        ),
        (
            [("a.zip", "application/zip")],
            policy(),
            ["a.zip: this channel does not carry this type of file (ZIP archive)."],
        ),
        (
            [("a.pdf", "application/pdf", 700_000)],
            policy(),
            ["a.pdf: 684 KB is too large; at most 600 KB can be sent."],
        ),
        ([("a.jpg", "image/jpeg", 0)], policy(), ["a.jpg: the file is empty."]),
        (
            [("a.jpg", "image/jpeg")],
            policy(blocked=frozenset({"jpg"})),
            ["a.jpg: files with the extension .jpg are blocked here."],
        ),
        (
            [("a.jpg", "image/jpeg", 3 * 2**20), ("b.jpg", "image/jpeg", 3 * 2**20)],
            policy(),
            ["Together the files have 6 MB; one message carries 5 MB."],
        ),
        (
            [("a.jpg", "image/jpeg")] * 11,
            policy(),
            ["At most 10 files can be sent at once; these are 11."],
        ),
        (
            [("a.mp4", "video/mp4", 12 * 2**20)],
            policy(rules=WHATSAPP.media),
            ["a.mp4: 12 MB is too large; at most 5 MB can be sent."],
        ),
        ([("a.mp4", "video/mp4", 12 * 2**20)], policy(rules=WHATSAPP.media, largest=16 * 2**20), []),
    ],
)
def test_what_is_wrong_with_files(files: list[Any], of: Policy, sentences: list[str]) -> None:
    assert [p.sentence for p in media_rules.check([Named(*each) for each in files], of)] == sentences


@pytest.mark.parametrize(
    ("text", "types", "rules", "parts"),
    [
        ("Hi", [], SMS.media, [("Hi", "")]),
        ("Hi", ["image/jpeg", "application/pdf"], SMS.media, [("Hi", "01")]),
        ("  ", ["image/jpeg"], SMS.media, [("", "0")]),
        ("Hi", ["image/jpeg"], WHATSAPP.media, [("Hi", "0")]),
        ("Hi", ["application/pdf"], WHATSAPP.media, [("Hi", ""), ("", "0")]),
        ("Hi", ["application/pdf", "image/png"], WHATSAPP.media, [("", "0"), ("Hi", "1")]),
        ("", ["image/jpeg", "image/png"], WHATSAPP.media, [("", "0"), ("", "1")]),
    ],
)
def test_how_a_text_and_its_files_are_parted(
    text: str, types: list[str], rules: Any, parts: list[Any]
) -> None:
    files = [Named(str(n), content_type) for n, content_type in enumerate(types)]
    made = media_rules.split(text, files, rules)
    assert [(part.text, "".join(file.name for file in part.files)) for part in made] == parts
    assert all(isinstance(part, Part) for part in made)


# --- through the house ----------------------------------------------------------------------------


def test_a_reply_with_two_files_is_one_mms_with_signed_addresses(
    world: World, conversation: Conversation, twilio: responses.RequestsMock, drain: Any, anonymous: Client
) -> None:
    accept(twilio)
    body = picture()
    reply(world, conversation, "Here it is", upload(body=body), upload("bill.pdf", PDF, "application/pdf"))
    drain()
    (form,) = sent(twilio)
    assert form["Body"] == ["Here it is"]
    assert [urlsplit(url).netloc for url in form["MediaUrl"]] == ["desk.example.test"] * 2
    answers = [anonymous.get(urlsplit(url).path) for url in form["MediaUrl"]]
    assert [answer["Content-Type"] for answer in answers] == ["image/jpeg", "application/pdf"]
    assert [b"".join(answer) for answer in answers] == [body, PDF]
    head = anonymous.head(urlsplit(form["MediaUrl"][0]).path)
    assert (head.status_code, head["Content-Length"]) == (200, str(len(body)))
    assert "no-store" in head["Cache-Control"]


def test_to_head_nothing_of_the_file_is_read_or_sent(
    world: World, conversation: Conversation, rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = Media.objects.get(delivery=reply(world, conversation, "", upload()).delivery)
    path = urlsplit(media_links.public_url(media)).path
    monkeypatch.setattr(StoredFile, "read", lambda *_: pytest.fail("It was read."), raising=False)
    for answer in (
        media_views.out(rf.head(path), path.split("/")[-2]),
        media_answers.for_people(rf.head("/"), media),
    ):
        assert (answer.status_code, answer["Content-Length"]) == (200, str(media.size))
        assert b"".join(cast(StreamingHttpResponse, answer)) == b""


def test_signed_addresses_end_after_two_days_and_cannot_be_forged(
    world: World, conversation: Conversation, anonymous: Client
) -> None:
    message = reply(world, conversation, "", upload())
    media = Media.objects.get(delivery=message.delivery)
    path = urlsplit(media_links.public_url(media)).path
    assert anonymous.get(path).status_code == 200
    other = reply(world, conversation, "", upload())
    forged = path.replace(f"/{media.pk}~", f"/{Media.objects.get(delivery=other.delivery).pk}~")
    for wrong in (forged, path[:-3] + "xx/", "/media/out/1/", "/media/out/1~a~b/", "/media/out/%00/"):
        assert anonymous.get(wrong).status_code == 404, wrong
    assert anonymous.post(path).status_code == 405
    with time_machine.travel(timezone.now() + timedelta(hours=49)):
        assert anonymous.get(path).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(hours=47)):
        assert anonymous.get(path).status_code == 200


def test_a_customers_file_has_no_public_address(world: World, conversation: Conversation) -> None:
    kept = media_files.keep(picture(), content_type="image/jpeg")
    text = Message.objects.get(direction="inbound").inbound_text
    row = Media.objects.create(inbound_text=text, state="ready", **media_files.columns(kept))
    assert media_links.find(media_links.token(row.pk)) is None


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (upload("page.jpg", b"<!DOCTYPE html><script>"), "a web page"),
        (upload("draw.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), "SVG"),
        (upload("run.exe", b"MZ" + b"\0" * 200, "application/octet-stream"), "a program"),
        (upload("huge.jpg", b"\xff\xd8\xff" + b"\0" * 6_000_000), "too large"),
        (upload("none.jpg", b""), "empty"),
        (upload("notes.js", b"let a = 1;", "text/plain"), "blocked"),
        (upload("odd.bin", b"\1\2\3", "application/octet-stream"), "Nobody can tell"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_file_that_cannot_go_out_is_refused_and_nothing_is_kept(
    world: World, conversation: Conversation, file: File, said: str
) -> None:
    before = stored()
    with pytest.raises(attachments.NotTaken, match=said):
        reply(world, conversation, "Look", upload(), file)
    assert not Delivery.objects.exists()
    assert stored() == before


def stored() -> set[str]:
    """Everything in the storage."""
    storage = media_files.storage()
    try:
        return {f"{day}/{name}" for day in storage.listdir("")[0] for name in storage.listdir(day)[1]}
    except FileNotFoundError:
        return set()


def test_a_refused_reply_leaves_no_file(world: World, conversation: Conversation) -> None:
    before = stored()
    with pytest.raises(outbox.Refused, match="At most 1600"):
        reply(world, conversation, "x" * 1601, upload())
    assert stored() == before


def test_with_the_switch_off_nothing_goes_out_not_even_what_was_written_before(
    world: World, conversation: Conversation, twilio: responses.RequestsMock, drain: Any
) -> None:
    message = reply(world, conversation, "Look", upload())
    Number.objects.update(attachments_from_agents=False)
    drain()
    delivery = Delivery.objects.get(pk=message.delivery_id)
    assert (delivery.state, delivery.explanation) == (
        "canceled",
        "Attachments from agents are switched off for this number.",
    )
    assert sent(twilio) == []
    with pytest.raises(attachments.NotTaken, match="switched off"):
        reply(world, conversation, "Look", upload())


def test_try_again_sends_the_same_files(
    world: World, conversation: Conversation, twilio: responses.RequestsMock, drain: Any
) -> None:
    twilio.add(responses.POST, MESSAGES, json={"code": 30008, "message": "no"}, status=400)
    accept(twilio)
    message = reply(world, conversation, "Look", upload())
    drain()
    message.refresh_from_db()
    assert message.delivery is not None
    first = message.delivery.media.get()
    again = writing.try_again(message=message, agent=world.agents["alice"], now=timezone.now())
    drain()
    assert again.delivery is not None
    second = again.delivery.media.get()
    assert (second.file, second.thumbnail) == (first.file, first.thumbnail)
    assert second.pk != first.pk
    assert len(sent(twilio)) == 2
    assert all(len(form["MediaUrl"]) == 1 for form in sent(twilio))


def test_parts_leave_one_after_the_other(
    world: World, conversation: Conversation, twilio: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a channel with one file per message, whoever sends, and however often the first must wait."""
    monkeypatch.setattr(outbox, "rules_of", lambda _number: WHATSAPP)
    monkeypatch.setattr(writing, "rules_of", lambda _number: WHATSAPP)
    monkeypatch.setattr(outbox, "window_closes_at", lambda *_: None)
    reply(
        world,
        conversation,
        "Hi",
        upload("a.pdf", PDF, "application/pdf"),
        upload("b.pdf", PDF, "application/pdf"),
    )
    first, second, third = Delivery.objects.order_by("id")
    assert [d.text for d in (first, second, third)] == ["Hi", "", ""]
    messages = Message.objects.filter(direction="outbound").order_by("seq")
    assert [m.delivery_id for m in messages] == [first.pk, second.pk, third.pk]
    now = timezone.now()
    assert leaving.claim_next(now=now) == first
    assert leaving.claim_next(now=now) is None
    # Surely not sent: it waits for its next try, and so do the others.
    leaving.settle(first, leaving.SendResult(leaving.Outcome.NOT_SENT), now=now)
    assert leaving.claim_next(now=now) is None
    later = now + timedelta(seconds=10)
    assert leaving.claim_next(now=later) == first
    leaving.settle(first, leaving.SendResult(leaving.Outcome.ACCEPTED, "queued", "SM1"), now=later)
    assert leaving.claim_next(now=later) == second
    # Nobody knows of the second: the third does not wait for a person to decide.
    leaving.settle(second, leaving.SendResult(leaving.Outcome.AMBIGUOUS), now=later)
    assert leaving.claim_next(now=later) == third


def test_an_address_in_a_log_line_does_not_open_the_file() -> None:
    from logging import LogRecord

    from omnichannel.lib.logs import WithoutSecretPaths

    record = LogRecord("django.request", 30, "", 0, "Not Found: /media/out/7~1abc~secret/", None, None)
    WithoutSecretPaths().filter(record)
    assert not re.search("secret", record.getMessage())


def test_two_pictures_in_doubt_are_not_taken_for_each_other(
    world: World, conversation: Conversation, twilio: responses.RequestsMock, drain: Any
) -> None:
    for name in ("a.jpg", "b.jpg"):
        twilio.add(responses.POST, MESSAGES, status=502)
        reply(world, conversation, "", upload(name))
    drain()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"unknown"}
    one, other = Delivery.objects.select_related("number", "account", "address").order_by("id")
    assert doubt.look_for(one).finding is Finding.CANNOT_TELL
    Delivery.objects.filter(pk=other.pk).update(state="failed")
    listed = {"to": "+14255550100", "from": "+14252306549", "body": "", "direction": "outbound-api"}
    twilio.add(
        responses.GET,
        MESSAGES,
        json={
            "messages": [
                {**listed, "sid": "SM" + "1" * 32, "num_media": "0", "status": "sent"},
                {**listed, "sid": "MM" + "2" * 32, "num_media": "1", "status": "sent"},
            ]
        },
    )
    assert doubt.look_for(one).external_id == "MM" + "2" * 32
