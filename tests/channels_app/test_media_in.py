"""Pictures and files of customers: rows at once, fetched once, kept or refused with a reason."""

import base64
import io
import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from PIL import Image

from channels_app import media, media_fetch, media_files, missed, retention
from channels_app.models import Number, ProviderAccount
from channels_app.models_deliveries import ProviderCall
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText
from channels_app.tasks import fetch_media
from conversations.models import Conversation, Message
from conversations.tasks import show_media, take_receipts
from tests.media_host import Answer, Host, media_host, picture
from tests.path.support import write
from tests.world import ACCOUNT_SID, AUTH_TOKEN, World, sid

BASIC = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()


@pytest.fixture
def host(world: World, settings: Any) -> Iterator[Host]:
    """The provider's host on this machine, as in a demo."""
    settings.DEMO = True
    with media_host() as host:
        ProviderAccount.objects.update(base_url=host.url)
        yield host


def send(world: World, *urls: str, number: int = 1, types: tuple[str, ...] = (), text: str = "Look") -> Any:
    """A customer writes with files; returns the receipt."""
    extra = {"NumMedia": str(len(urls))}
    for position, url in enumerate(urls):
        extra[f"MediaUrl{position}"] = url
        extra[f"MediaContentType{position}"] = types[position] if types else "image/jpeg"
    return write(world, text, number=number, **extra)


def settled() -> list[tuple[str, str]]:
    """State and reason of each file in its order."""
    return list(Media.objects.order_by("inbound_text", "position").values_list("state", "reason"))


def work() -> None:
    """What the workers do for texts and their files."""
    take_receipts()
    fetch_media()
    show_media()


def until_settled() -> None:
    """Works, and lets time pass, until no file is fetched any more."""
    now = timezone.now()
    for hours in range(12):
        with time_machine.travel(now + timedelta(hours=hours)):
            work()
        if not Media.objects.filter(state="fetching").exists():
            return
    raise AssertionError(settled())


def test_ten_pictures_of_which_four_cannot_be_shown(world: World, host: Host) -> None:
    good = [picture(size=(40 + n, 30)) for n in range(6)]
    for n, body in enumerate(good):
        host.table[f"/m/{n}"] = Answer(body)
    host.table["/m/huge"] = Answer(b"\xff\xd8\xff" + b"\0" * 30_000_000)
    host.table["/m/html"] = Answer(b"<!DOCTYPE html><html><script>alert(1)</script></html>")
    with media_host() as inside:
        inside.table["/secret"] = Answer(picture())
        host.table["/m/inside"] = Answer(status=307, headers={"Location": f"{inside.url}/secret"})
        names = ["0", "gone", "1", "huge", "2", "inside", "3", "html", "4", "5"]
        send(world, *(f"{host.url}/m/{name}" for name in names))
        until_settled()
        assert inside.connections == 0
    assert settled() == [
        ("ready", ""),
        ("failed", "Twilio answered 404: it does not have this file, or no longer."),
        ("ready", ""),
        ("refused", "It is larger than 5 MB."),
        ("ready", ""),
        ("refused", "It leads to an address that is not public."),
        ("ready", ""),
        ("refused", "It says that it is image/jpeg, but its content is a web page (HTML)."),
        ("ready", ""),
        ("ready", ""),
    ]
    rows = Media.objects.filter(state="ready").order_by("position")
    assert [media_files.storage().open(row.file).read() for row in rows] == good
    assert host.sent < 10_000_000, "the 30 MB were read"
    assert {seen.authorization for seen in host.seen} == {BASIC}
    assert [seen.path for seen in host.seen].count("/m/gone") == media_fetch.GONE_AFTER


def test_a_text_is_there_with_its_files_before_any_is_fetched(world: World, host: Host) -> None:
    send(world, f"{host.url}/a", "", types=("image/png; charset=x", "video/mp4"))
    take_receipts()
    text = InboundText.objects.get()
    assert text.media_count == 2
    assert list(text.media.order_by("position").values_list("state", "reason", "declared_type")) == [
        ("fetching", "", "image/png"),
        ("refused", "The provider told no address for it.", "video/mp4"),
    ]
    assert host.connections == 0


def test_a_redelivered_text_has_its_files_once(world: World, host: Host) -> None:
    host.table["/a"] = Answer(picture())
    send(world, f"{host.url}/a")
    send(world, f"{host.url}/a")
    send(world, f"{host.url}/a", text="Look again")
    work()
    assert Media.objects.count() == 1
    assert len(host.seen) == 1


def test_with_the_switch_off_nothing_is_fetched_until_it_is_on_again(world: World, host: Host) -> None:
    Number.objects.update(attachments_from_customers=False)
    host.table["/a"] = Answer(picture())
    send(world, f"{host.url}/a")
    work()
    assert settled() == [("refused", "Attachments from customers are switched off for this number.")]
    assert host.connections == 0
    Number.objects.update(attachments_from_customers=True)
    assert media.fetch_again(Media.objects.all(), now=timezone.now()) == 1
    work()
    assert settled() == [("ready", "")]


def test_credentials_are_dropped_on_the_way_to_another_host(world: World, host: Host) -> None:
    elsewhere = f"http://localhost:{host.port}/store"
    host.table["/a"] = Answer(status=302, headers={"Location": elsewhere})
    host.table["/store"] = Answer(picture())
    send(world, f"{host.url}/a")
    work()
    assert settled() == [("ready", "")]
    assert [(seen.path, seen.authorization) for seen in host.seen] == [("/a", BASIC), ("/store", "")]
    calls = ProviderCall.objects.order_by("id").values_list("url", "status", "answer")
    assert list(calls) == [(f"{host.url}/a", 302, ""), (f"http://localhost:{host.port}/", 200, "")]


def test_the_secondary_token_is_tried_on_401(world: World, host: Host) -> None:
    account = ProviderAccount.objects.get()
    account.secondary_secret = "fake-secondary-token"
    account.save()
    host.table["/a"] = [Answer(status=401), Answer(picture())]
    send(world, f"{host.url}/a")
    work()
    assert settled() == [("ready", "")]
    assert len({seen.authorization for seen in host.seen}) == 2


@pytest.mark.parametrize(
    ("answers", "state", "reason"),
    [
        ([Answer(status=404), Answer(picture())], "ready", ""),
        ([Answer(status=500), Answer(status=503), Answer(picture())], "ready", ""),
        ([Answer(status=429), Answer(picture())], "ready", ""),
        (
            [Answer(status=401)],
            "failed",
            "Twilio answered 401: it refused our credentials. Validate API Key, then fetch it again.",
        ),
        ([Answer(status=500)], "failed", "Twilio answered 500."),
        ([Answer(status=400)], "failed", "Twilio answered 400."),
        ([Answer(b"")], "refused", "It is empty."),
        (
            [Answer(picture(), promises=99_999)],
            "failed",
            "Twilio could not be reached, or stopped answering.",
        ),
        (
            [Answer(picture(), headers={"Content-Encoding": "gzip"})],
            "failed",
            "Twilio could not be reached, or stopped answering.",
        ),
        ([Answer(b"\0" * 6_000_000, promises=None)], "refused", "It is larger than 5 MB."),
        (
            [Answer(b"MZ" + b"\0" * 400)],
            "refused",
            "It says that it is image/jpeg, but its content is a program.",
        ),
        ([Answer(b"\1\2\3" * 50)], "refused", "Nobody can tell what it is by its content."),
    ],
)
def test_what_a_provider_may_answer(
    world: World, host: Host, answers: list[Answer], state: str, reason: str
) -> None:
    host.table["/a"] = answers
    send(world, f"{host.url}/a")
    until_settled()
    assert settled() == [(state, reason)]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename*=utf-8''M%C3%BCller.jpg", "Müller.jpg"),
        ("attachment; filename*=utf-8''..%2F..%2Fetc%2Fpasswd.jpg", "passwd.jpg"),
        ("attachment; filename*=idna''%ff%00.jpg", ""),
        ("attachment; filename*=unicode_escape''%5cud800.jpg", "?.jpg"),
    ],
)
def test_no_name_that_a_file_has_keeps_it_away(world: World, host: Host, disposition: str, name: str) -> None:
    host.table["/a"] = Answer(picture(), headers={"Content-Disposition": disposition})
    send(world, f"{host.url}/a")
    until_settled()
    assert settled() == [("ready", "")]
    assert Media.objects.get().name == name


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1:1/x", "not public"),
        ("https://127.0.0.1/x", "not public"),
        ("https://10.0.0.8/x", "not public"),
        ("https://169.254.169.254/latest/meta-data/", "not public"),
        ("https://[::1]/x", "not public"),
        ("https://[fd00::1]/x", "not public"),
        ("https://localhost/x", "not public"),
        ("http://files.example.com/x", "without https"),
        ("https://files.example.com:8443/x", "unusual port"),
        ("ftp://files.example.com/x", "without https"),
        ("file:///etc/passwd", "not allowed"),
        ("https://me:secret@files.example.com/x", "not allowed"),
        ("https://[::1/x", "cannot be read"),
        # Hosts that are read differently by what looks at them and by what connects.
        ("https://files.example.com\\.twilio.com/x", "not allowed"),
        ("https://files.example.com;.twilio.com/x", "not allowed"),
        ("https://files.example.com%5c.twilio.com/x", "not allowed"),
        ("/a", "without end"),
    ],
)
def test_redirects_that_are_not_followed(world: World, host: Host, location: str, reason: str) -> None:
    host.table["/a"] = Answer(status=302, headers={"Location": location})
    send(world, f"{host.url}/a")
    until_settled()
    ((state, said),) = settled()
    assert state == "refused"
    assert reason in said


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/a",
        "https://twilio.com.example.com/a",
        "http://api.twilio.com/a",
        "https://api.twilio.com:8443/a",
        "https://eviltwilio.com/a",
        "https://files.example.com\\.twilio.com/a",
        " https://files.example.com\\.twilio.com/a",
        "https://files.example.com\\@api.twilio.com/a",
        "https://files.example.com\n.twilio.com/a",
        "http://127.0.0.1:1/a",
        "file:///etc/passwd",
        "not an address",
    ],
)
def test_the_first_address_must_be_the_providers(world: World, host: Host, url: str) -> None:
    send(world, url)
    until_settled()
    assert settled() == [("refused", "Its address is none of the provider's.")]


def test_outside_a_demo_nothing_on_this_machine_is_visited(world: World, host: Host, settings: Any) -> None:
    settings.DEMO = settings.DEBUG = False
    host.table["/a"] = Answer(picture())
    send(world, f"{host.url}/a")
    until_settled()
    assert settled() == [("refused", "Its address is none of the provider's.")]
    assert host.connections == 0


def test_a_name_that_resolves_to_this_machine_is_left_before_anything_is_sent(
    world: World, host: Host, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda name, port, *rest, **more: (
            resolve("127.0.0.1", host.port, *rest, **more)
            if name == "media.twilio.com"
            else resolve(name, port, *rest, **more)
        ),
    )
    ProviderAccount.objects.update(base_url="https://api.twilio.com")
    send(world, "https://media.twilio.com/a")
    until_settled()
    assert settled() == [("failed", "Twilio could not be reached, or stopped answering.")]
    assert host.seen == []


def test_a_file_that_drips_is_given_up_in_time(
    world: World, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_fetch, "PATIENCE_S", 0.6)
    host.table["/a"] = Answer(picture(size=(2000, 2000), quality=100), pause_s=0.2)
    send(world, f"{host.url}/a")
    work()
    row = Media.objects.get()
    assert (row.state, row.attempts) == ("fetching", 1)
    assert row.reason == "Twilio could not be reached, or stopped answering."


def test_a_killed_worker_leaves_the_file_due_and_a_late_one_is_thrown_away(world: World, host: Host) -> None:
    host.table["/a"] = Answer(picture())
    send(world, f"{host.url}/a")
    take_receipts()
    start = timezone.now()
    first = media.claim_next(now=start)
    assert first is not None
    assert media.claim_next(now=start + media.LEASE / 2) is None
    second = media.claim_next(now=start + media.LEASE)
    assert second is not None
    assert second.pk == first.pk
    late = media._fetched(first)
    assert not media._settle(first, state="ready", reason="", **media_files.columns(late))
    assert media_files.discard([late.file]) == 1
    assert not media_files.storage().exists(late.file)
    assert not media_files.storage().exists(late.thumbnail)
    assert media._settle(second, state="ready", reason="", **media_files.columns(media._fetched(second)))
    assert settled() == [("ready", "")]


def test_a_file_that_kills_its_worker_each_time_fails(world: World, host: Host) -> None:
    send(world, f"{host.url}/a")
    take_receipts()
    now = timezone.now()
    for turn in range(media.MOST_ATTEMPTS):
        assert media.claim_next(now=now + turn * media.LEASE) is not None
    with time_machine.travel(now + media.MOST_ATTEMPTS * media.LEASE):
        assert media.fetch_one()
    assert settled() == [("failed", "Its worker stopped each time it was tried.")]


def test_a_conversation_shows_what_became_of_its_files(world: World, host: Host) -> None:
    host.table["/a"] = Answer(picture())
    send(world, f"{host.url}/a")
    take_receipts()
    before = Conversation.objects.get().version
    work()
    conversation = Conversation.objects.get()
    assert conversation.version > before
    assert Message.objects.get(direction="inbound").version == conversation.version


def test_pictures_have_their_size_as_people_see_it_and_a_small_copy_without_its_place(
    world: World, host: Host
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F] = "Camera of a customer"
    host.table["/a"] = Answer(picture(size=(1600, 1200), exif=exif.tobytes()))
    send(world, f"{host.url}/a")
    work()
    row = Media.objects.get()
    assert (row.width, row.height, row.content_type) == (1200, 1600, "image/jpeg")
    small = media_files.storage().open(row.thumbnail).read()
    assert b"Camera" not in small
    with Image.open(io.BytesIO(small)) as shown:
        assert shown.size == (480, 640)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(picture()[:200], id="cut off"),
        pytest.param(picture("PNG")[:40], id="cut off PNG"),
        # A head that promises 60,000 x 60,000 pixels.
        pytest.param(
            picture("PNG")[:16] + (60_000).to_bytes(4, "big") * 2 + picture("PNG")[24:], id="a bomb"
        ),
    ],
)
def test_a_picture_that_cannot_be_read_is_kept_as_a_file(world: World, host: Host, body: bytes) -> None:
    host.table["/a"] = Answer(body)
    send(world, f"{host.url}/a")
    work()
    row = Media.objects.get()
    assert (row.state, row.thumbnail, row.width) == ("ready", "", None)
    assert media_files.storage().open(row.file).read() == body


def test_what_no_row_names_is_removed_after_a_day(world: World, host: Host) -> None:
    host.table["/a"] = Answer(picture())
    send(world, f"{host.url}/a")
    work()
    kept = Media.objects.get().file
    orphan = media_files.keep(picture(), content_type="image/jpeg")
    storage = media_files.storage()
    now = timezone.now()
    assert media_files.remove_orphans(now=now) == 0
    assert storage.exists(orphan.file)
    assert media_files.remove_orphans(now=now + timedelta(days=2)) >= 1
    assert not storage.exists(orphan.file)
    assert not storage.exists(orphan.thumbnail)
    assert storage.exists(kept)


def test_files_of_a_blocked_sender_are_not_fetched(world: World, host: Host) -> None:
    send(world, number=1)
    work()
    address = InboundText.objects.get().address
    address.blocked_until = timezone.now() + timedelta(days=1)
    address.save()
    send(world, f"{host.url}/a", number=2)
    work()
    assert settled() == [("refused", "Its sender is blocked.")]


def test_old_receipts_go_and_files_stay(world: World, host: Host) -> None:
    host.table["/a"] = Answer(picture())
    send(world, f"{host.url}/a")
    work()
    retention.remove_old(now=timezone.now() + timedelta(days=1000))
    assert settled() == [("ready", "")]


def test_a_missed_text_is_fetched_with_its_files(world: World, host: Host) -> None:
    messages = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages"
    text = {
        **{"sid": sid(7), "account_sid": ACCOUNT_SID, "from": "+14255550100", "to": "+14252306549"},
        **{
            "body": "Look",
            "num_media": "1",
            "num_segments": "1",
            "direction": "inbound",
            "status": "received",
        },
        "date_sent": format_datetime(timezone.now() - timedelta(minutes=10)),
    }
    file = {"sid": "ME" + "1" * 32, "content_type": "image/png", "uri": f"{messages}/{sid(7)}/Media/ME1.json"}
    host.table[f"{messages}.json"] = Answer(json.dumps({"messages": [text]}).encode(), "application/json")
    host.table[f"{messages}/{sid(7)}/Media.json"] = Answer(
        json.dumps({"media_list": [file]}).encode(), "application/json"
    )
    host.table[f"{messages}/{sid(7)}/Media/ME1"] = Answer(picture("PNG"), "image/png")
    found = missed.fetch(ProviderAccount.objects.get(), now=timezone.now())
    assert (found.problem, found.missing) == ("", 1)
    work()
    row = Media.objects.get()
    assert (row.state, row.declared_type, row.content_type) == ("ready", "image/png", "image/png")
