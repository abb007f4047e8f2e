"""Files at the desk: in each of their states, escaped; files of agents, checked by the channel's rules."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from channels_app import media_files, vcards
from channels_app.models import Number
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText
from conversations import upkeep
from conversations.models import Message
from tests.channels_app.whatsapp import build_whatsapp
from tests.conversations.desk import cursor_in, feed, form_id_of, statements, url

EVIL = '"><script>alert(1)</script>'
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def talking(world, drain, now):
    whatsapp = build_whatsapp(world)
    whatsapp.hears("Look at these", number=1)
    return whatsapp.picked(drain)


def files_in(conversation, *rows):
    """Files of the customer's first text, as if they had come with it."""
    text = InboundText.objects.get(message__conversation=conversation)
    text.media_count = len(rows)
    text.save()
    return [Media.objects.create(inbound_text=text, position=n, **row) for n, row in enumerate(rows)]


def page(client, conversation):
    return client.get(url("conversation", conversation)).content.decode()


def thread(html):
    return html.split('id="messages"')[1].split('class="compose"')[0]


READY = {"state": "ready", "file": "2026-01-01/x", "size": 2048}


@pytest.mark.parametrize(
    ("row", "there", "not_there"),
    [
        (
            {"state": "fetching", "declared_type": "image/jpeg"},
            ["Fetching…", "JPEG picture"],
            ["Fetch again"],
        ),
        (
            {"state": "failed", "reason": "The provider says 404.", "source_url": "https://api.twilio.com/x"},
            ["Could not be fetched: The provider says 404.", "Fetch again"],
            ["Fetching…"],
        ),
        (
            {"state": "refused", "reason": "30 MB is too large.", "source_url": "https://api.twilio.com/x"},
            ["Not kept: 30 MB is too large."],
            ["Fetch again"],
        ),
        (
            READY | {"content_type": "image/png", "thumbnail": "t", "width": 2200, "height": 1100},
            ['width="220" height="110"', "data-picture", "/thumbnail/"],
            ["?download"],
        ),
        (READY | {"content_type": "audio/ogg"}, ["<audio controls", "Ogg audio", "?download"], ["<video"]),
        (READY | {"content_type": "video/mp4"}, ["<video controls", "MP4 video"], ["<audio"]),
        (
            READY | {"content_type": "application/pdf", "name": "Invoice.pdf"},
            ["Invoice.pdf", "PDF document · 2 KB", "?download"],
            ["<img", "<iframe", "<embed"],
        ),
    ],
)
def test_each_file_shows_what_it_is_and_how_it_stands(talking, alice, row, there, not_there):
    files_in(talking, row)

    shown = thread(page(alice, talking))

    assert [words for words in there if words not in shown] == []
    assert [words for words in not_there if words in shown] == []


def test_several_files_stand_in_one_bubble_in_their_order(talking, alice):
    rows = [READY | {"content_type": "application/pdf", "name": f"{n}.pdf"} for n in range(3)]
    files_in(talking, *rows)

    shown = thread(page(alice, talking))

    assert shown.count('class="files"') == 1
    assert shown.index("0.pdf") < shown.index("1.pdf") < shown.index("2.pdf")


@pytest.mark.parametrize("state", ["fetching", "ready", "refused", "failed"])
@pytest.mark.parametrize(
    "content_type", ["image/png", "audio/ogg", "video/mp4", "application/pdf", "text/vcard"]
)
def test_names_reasons_and_cards_are_escaped(talking, alice, state, content_type):
    card = {"name": EVIL, "lines": [[EVIL, EVIL]]}
    row = {"state": state, "content_type": content_type, "name": EVIL, "reason": EVIL, "contacts": [card]}
    files_in(talking, row | {"file": "f", "thumbnail": "t" if content_type == "image/png" else "", "size": 1})

    shown = page(alice, talking)

    assert "&lt;script&gt;alert" in shown
    assert "<script>alert" not in shown


def test_a_contact_card_shows_names_and_numbers(talking, alice):
    card = {"name": "Repair desk", "lines": [["Mobile", "+1 425 555 0111"]]}
    files_in(talking, READY | {"content_type": "text/vcard", "contacts": [card]})

    shown = thread(page(alice, talking))

    assert "Repair desk" in shown
    assert "<dt>Mobile</dt><dd><bdi>+1 425 555 0111</bdi></dd>" in shown


def test_a_file_that_was_fetched_replaces_its_bubble_by_itself(talking, alice, now):
    [file] = files_in(talking, {"state": "fetching", "declared_type": "application/pdf"})
    cursor = cursor_in(page(alice, talking))
    Media.objects.filter(pk=file.pk).update(
        state="ready", file="f", content_type="application/pdf", name="Late.pdf", is_news=True
    )
    upkeep.show_changed_media(now=now)

    answer = feed(alice, cursor, conversation=talking).content.decode()

    assert "Late.pdf" in answer.split(f'id="m-{Message.objects.get(direction="inbound").pk}"')[1]


def test_files_take_one_more_statement_however_many_they_are(talking, alice):
    files_in(talking, READY)
    one = statements(lambda: page(alice, talking))
    text = InboundText.objects.get()
    text.media_count = 5
    text.save()
    for position in range(1, 5):
        Media.objects.create(inbound_text=text, position=position, **READY)

    assert statements(lambda: page(alice, talking)) == one


def test_fetch_again_asks_once_more_and_nobody_elses_file_is_touched(talking, alice, bob):
    failed, refused = files_in(
        talking,
        {"state": "failed", "source_url": "https://api.twilio.com/x"},
        {"state": "refused", "source_url": "https://api.twilio.com/y"},
    )

    assert alice.post(url("fetch-again", talking, "my", failed.pk)).status_code == 303
    assert alice.post(url("fetch-again", talking, "my", refused.pk)).status_code == 303
    assert alice.post(url("fetch-again", talking, "my", 10**6)).status_code == 404

    failed.refresh_from_db()
    refused.refresh_from_db()
    assert (failed.state, refused.state) == ("fetching", "refused")


# --- contact cards ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "name", "lines"),
    [
        ("FN:Ana Example\nTEL;TYPE=CELL:+1 425\n", "Ana Example", [("Mobile", "+1 425")]),
        ("N:Example;Ana;;;\nEMAIL:a@b.example\n", "Ana Example", [("Email", "a@b.example")]),
        ("FN:Ana\n  Example\nitem1.TEL:tel:+1425\n", "Ana Example", [("Phone", "+1425")]),
        ("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=BCr=\ngen\n", "Jürgen", []),
        ("FN:A\\, B\\nC\nORG:Works;Repairs\n", "A, B C", [("Company", "Works Repairs")]),
        ("PHOTO;ENCODING=b:" + "A" * 5000 + "\nFN:Ana\n", "Ana", []),
        ("FN:" + "x" * 5000 + "\n", "x" * 120, []),
        ("FN:a\u202eb\u0007c\n", "a b c", []),
    ],
)
def test_a_card_is_read_as_name_and_lines(card, name, lines):
    [found] = vcards.cards_of(f"BEGIN:VCARD\nVERSION:3.0\n{card}END:VCARD\n".encode())

    assert (found.name, list(found.lines)) == (name, lines)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"BEGIN:VCARD\nEND:VCARD\n", b"FN:Nobody\n", b":" * 9]
)
def test_what_is_no_card_is_none(data):
    assert vcards.cards_of(data) == ()


def test_cards_are_bounded():
    many = "".join(f"BEGIN:VCARD\nFN:{n}\n" + "TEL:1\n" * 50 + "END:VCARD\n" for n in range(50))

    cards = vcards.cards_of(many.encode())

    assert (len(cards), len(cards[0].lines)) == (vcards.MOST_CARDS, vcards.MOST_LINES)


def test_a_card_is_read_when_it_is_kept(db):
    kept = media_files.keep(b"BEGIN:VCARD\nFN:Ana\nEND:VCARD\n", content_type="text/vcard")

    row = Media(**media_files.columns(kept))
    assert media_files.contacts_of(row) == (vcards.ContactCard("Ana", ()),)


# --- sending ------------------------------------------------------------------------------------------


def send(client, conversation, text="", *files, form_id=""):
    form_id = form_id or form_id_of(client, conversation)
    return client.post(url("reply", conversation), {"text": text, "form_id": form_id, "files": list(files)})


def upload(name="picture.png", data=PNG, kind="image/png"):
    return SimpleUploadedFile(name, data, content_type=kind)


def test_a_picture_goes_out_with_its_text_and_stands_in_the_thread(talking, alice):
    assert send(alice, talking, "Is it this one?", upload()).status_code == 303

    message = Message.objects.get(direction="outbound")
    assert (message.text, message.delivery.media.get().name) == ("Is it this one?", "picture.png")
    assert "picture.png" in thread(page(alice, talking))


def test_a_file_needs_no_text_and_the_list_says_what_it_was(talking, alice):
    assert send(alice, talking, "", upload()).status_code == 303

    talking.refresh_from_db()
    assert talking.last_text == "Picture"


def test_neither_text_nor_file_is_nothing(talking, alice):
    answer = send(alice, talking, "  ")

    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (
            ("big.png", PNG + b"0" * 6 * 1024 * 1024, "image/png"),
            "big.png: 6.0 MB is too large; at most 5 MB",
        ),
        (("page.png", b"<html><script>x</script>", "image/png"), "its content is a web page (HTML)"),
        (("run.exe", PDF, "application/pdf"), ".exe are blocked here"),
        (("empty.pdf", b"", "application/pdf"), "empty"),
        (("notes.txt", b"just text", "text/plain"), "this channel does not carry this type of file (Text)."),
    ],
)
def test_what_the_channel_does_not_take_is_refused_and_the_text_is_kept(talking, alice, file, told):
    answer = send(alice, talking, "Here it is", upload(*file))

    assert answer.status_code == 422
    panel = answer.content.decode().split('id="reply-panel"')[1].split('id="note-panel"')[0]
    assert told in panel.replace("&quot;", '"')
    assert "Here it is" in panel
    assert "Choose the files again." in panel
    assert not Media.objects.exists()


def test_a_double_click_sends_the_picture_once(talking, alice):
    for _ in range(2):
        assert send(alice, talking, "Once", upload(), form_id="twice").status_code == 303

    assert Message.objects.filter(direction="outbound").count() == 1
    assert Media.objects.count() == 1


# --- what the composer knows --------------------------------------------------------------------------


def test_the_browser_gets_the_channels_own_limits(talking, alice):
    html = page(alice, talking)

    given = html.split('data-rules="')[1].split('"')[0].replace("&quot;", '"')
    rules = json.loads(given)
    assert rules["largest"]["image/jpeg"] == 5 * 1024 * 1024
    assert "text/plain" not in rules["largest"]
    assert (rules["most"], rules["together"]) == (10, None)
    assert "exe" in rules["blocked"]
    assert rules["never"]["text/html"] == "a web page (HTML)"


def test_when_attachments_are_switched_off_there_is_a_sentence_and_no_button(talking, alice):
    Number.objects.filter(pk=talking.number_id).update(attachments_from_agents=False)

    html = page(alice, talking)

    assert 'type="file"' not in html
    assert "Attachments from agents are switched off for this number." in html
    assert send(alice, talking, "x", upload()).status_code == 422


def test_a_provider_without_files_says_so(taken, alice, monkeypatch):
    from channels_app.providers.telesign_channels import CHANNELS

    monkeypatch.setattr("channels_app.outbox.rules_of", lambda number: CHANNELS["sms"])

    html = page(alice, taken)

    assert 'type="file"' not in html
    assert "carries no pictures or files." in html
