"""A conversation to take along: as text and as PDF, with and without what is internal."""

import pytest

from agents.roles import let_see_numbers
from conversations import transcript_pdf, writing
from omnichannel.models import AuditEntry
from tests.conversations.desk import report, text_in, url, write
from tests.world import CUSTOMER


@pytest.fixture
def talked(world, drain, alice, taken, now):
    """A conversation with everything in it."""
    write(alice, taken, "It is on its way.\nTomorrow, I think.")
    write(alice, taken, "Third one this week", "note")
    sent = writing.reply(conversation_id=taken.pk, agent=world.agents["alice"], text="Are you in?", now=now)
    report(sent.delivery, "undelivered", now=now, code="30003")
    text_in(world, drain, "Grüße <b>&amp; Привет 你好")
    return taken


def file_of(client, conversation, **asked):
    answer = client.get(url("transcript", conversation), asked)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer, body


def test_the_text_has_what_both_sides_said_in_order(alice, talked):
    answer, body = file_of(alice, talked, kind="text")
    said = body.decode()

    assert answer["Content-Disposition"].startswith(f'attachment; filename="conversation-{talked.pk}-')
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert "       It is on its way.\n       Tomorrow, I think.\n" in said
    assert "Grüße <b>&amp; Привет 你好" in said
    assert "Are you in?\n       (Not delivered)" in said
    assert said.index("where is my parcel") < said.index("It is on its way") < said.index("Grüße")
    assert "Times: in " in said


@pytest.mark.parametrize(("asked", "is_there"), [({}, False), ({"internal": "on"}, True)])
def test_internal_messages_are_only_in_the_copy_for_colleagues(alice, talked, asked, is_there):
    said = file_of(alice, talked, kind="text", **asked)[1].decode()

    assert ("Third one this week" in said) is is_there
    assert ("Alice took the conversation." in said) is is_there


def test_the_number_is_masked_without_the_right_to_see_numbers(world, as_user, talked):
    number = "(425) 555-0100"
    masked = file_of(as_user("alice"), talked, kind="text")[1].decode()
    assert number not in masked
    assert CUSTOMER not in masked

    let_see_numbers(world.users["alice"], may=True)
    whole = file_of(as_user("alice"), talked, kind="text")[1].decode()
    assert talked.address.readable in whole


def test_each_file_is_noted_in_the_audit_log(world, alice, talked):
    file_of(alice, talked, kind="pdf", internal="on")

    entry = AuditEntry.objects.latest("id")
    assert entry.actor == world.users["alice"]
    assert f"Transcript of conversation {talked.pk} as pdf, with internal messages" in str(
        entry.additional_data
    )


def test_the_pdf_is_a_pdf_and_says_what_it_leaves_out(alice, talked, monkeypatch):
    answer, body = file_of(alice, talked, kind="pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert body.startswith(b"%PDF-")

    told = []
    monkeypatch.setattr(transcript_pdf, "MOST_ENTRIES", 2)
    monkeypatch.setattr(transcript_pdf.Paper, "heading", lambda _paper, text: told.append(text))
    file_of(alice, talked, kind="pdf")
    assert told[0] == "The first 2 messages are left out. The text file has all of them."


@pytest.mark.parametrize("asked", [{}, {"kind": "docx"}])
def test_other_kinds_of_files_are_refused(alice, talked, asked):
    assert file_of(alice, talked, **asked)[0].status_code == 400


def test_whoever_may_not_read_it_gets_none(world, bob, alice, talked):
    type(talked).objects.update(queue=world.billing, agent=world.agents["bob"])

    assert file_of(alice, talked, kind="text")[0].status_code == 404
    assert alice.get("/desk/my/999999/transcript/", {"kind": "text"}).status_code == 404


def test_its_times_are_the_reader_s(world, as_user, talked):
    type(world.users["alice"]).objects.filter(username="alice").update(time_zone="Asia/Tokyo")

    assert "Times: in Asia/Tokyo" in file_of(as_user("alice"), talked, kind="text")[1].decode()
