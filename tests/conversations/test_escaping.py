"""What customers and colleagues write is shown as text: a table of attempts, wherever one can stand."""

import json
import re
import zlib
from html.parser import HTMLParser

import pytest
from django.urls import reverse
from django.utils import timezone

from agents.models import User
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText
from contacts.models import Account, Address, Contact, Note
from conversations import drafts, services, writing
from conversations.models import Conversation, RoutingDecision
from conversations.models_desk import DeskSettings, Draft, SavedView
from conversations.models_quick_replies import QuickReply, Tag
from routing.models import RoutingRule
from tests.conversations.desk import text_in, url
from tests.world import CUSTOMER

pytestmark = pytest.mark.django_db
OTHER = "+14255550166"

ATTEMPTS = [
    "<script>alert(4711)</script>",
    "<img src=x onerror=alert(4711)>",
    '"><svg/onload=alert(4711)>',
    "'><b onmouseover='alert(4711)'>x</b>",
    '" autofocus onfocus="alert(4711)',
    "</textarea><script>alert(4711)</script>",
    "</title><script>alert(4711)</script>",
    "{{ 4711|add:1 }}{% debug %}",
    'https://example.test/"onmouseover="alert(4711)"',
    "javascript:alert(4711)",
    '<a href="javascript:alert(4711)">x</a>',
    "&lt;script&gt;alert(4711)&lt;/script&gt;",
]
# Where somebody cannot see the attempt, and why not.
NOTHING_THERE = {
    ("sam", "search of contacts"): (404, "It is not Sam's conversation to link."),
    ("sam", "personal quick replies"): (200, "The only one is Alice's."),
}
FRAGMENT = {"HX-Request": "true"}


def plant(world, drain, evil):
    """The attempt wherever somebody can write something: texts, names, notes, files, places, rules, views."""
    company = Account.objects.create(name=evil[:160])
    contact = Contact.objects.create(
        first_name=evil[:80], last_name=evil[:80], mobile_phone=CUSTOMER, account=company
    )
    Note.objects.create(contact=contact, text=evil, author="alice")
    RoutingRule.objects.create(work_stream=world.stream, name=evil[:80], queue=world.default_queue)
    now, alice = timezone.now(), world.agents["alice"]
    User.objects.filter(pk=alice.user_id).update(last_name=evil[:150])
    alice.user.refresh_from_db()
    DeskSettings.objects.update(allow_personal_quick_replies=True)
    for owner in (None, alice.user):
        reply = QuickReply.objects.create(title=evil[:80], message=evil, owner=owner)
        reply.tags.add(Tag.objects.get_or_create(name=evil[:40])[0])
        SavedView.objects.create(name=evil[:60], stream="open", query="unread", owner=owner)
    first = text_in(world, drain, evil, sender=OTHER)
    Address.objects.filter(value=OTHER).update(profile_name=evil[:160])
    Conversation.objects.filter(pk=first.pk).update(title=evil[:200])
    conversation = text_in(world, drain, evil)
    texts = InboundText.objects.filter(message__conversation=conversation)
    texts.update(
        media_count=2,
        extras={
            "location": {"latitude": "47.37", "longitude": "8.54", "label": evil, "address": evil},
            "button": {"text": f"{evil}!", "payload": evil},
            "referral": {"headline": evil, "body": evil, "url": evil},
        },
    )
    card = {"name": evil, "lines": [[evil, evil]]}
    for position, media in enumerate(
        (
            Media(state="refused", name=evil[:200], reason=evil[:300]),
            Media(state="ready", name=evil[:200], file="card", content_type="text/vcard", contacts=[card]),
        )
    ):
        media.inbound_text, media.position = texts.get(), position
        media.save()
    services.pick(conversation_id=conversation.pk, agent=alice, now=now)
    writing.reply(conversation_id=conversation.pk, agent=alice, text=f"{evil} ", now=now)
    writing.write_internal(conversation_id=conversation.pk, author=alice.user, text=evil, now=now)
    for kind in Draft.Kind:
        drafts.keep(user=alice.user, conversation=first, kind=kind, text=evil, known="", now=now)
    return conversation


def pages(conversation, evil):
    """Every page and fragment of the desk that may show it, by a name."""
    first = Conversation.objects.get(address__value=OTHER)
    ours = conversation.messages.get(direction="outbound")
    thread = url("conversation", conversation)
    return {
        "list my": (reverse("desk:list", args=["my"]), {}),
        "list open": (reverse("desk:list", args=["open"]), {}),
        "conversation": (thread, {}),
        "conversation with a draft": (url("conversation", first, "open"), {}),
        "conversation with a story": (thread, {"story": ours.pk}),
        "search of contacts on the page": (thread, {"find": evil}),
        "search of contacts": (url("find-contact", conversation), {"find": CUSTOMER}),
        "older": (url("older", conversation), {"before": conversation.last_seq + 9}),
        "earlier conversation": (url("older", conversation), {"of": first.pk}),
        "story": (url("story", conversation, "my", ours.pk), {}),
        "quick replies": (url("quick-replies", conversation), {"find": ""}),
        "quick replies by words": (url("quick-replies", conversation), {"find": f"/{evil[:40]}"}),
        "personal quick replies": (reverse("desk:personal-quick-replies"), {}),
        "saved views": (reverse("desk:saved-views"), {}),
        "command bar": (reverse("desk:commands"), {"q": "4711"}),
        "feed": (reverse("desk:feed"), {"view": "my", "c": conversation.pk, "cursor": ""}),
        "search": (reverse("desk:search"), {"q": evil}),
    }


@pytest.mark.parametrize("who", ["alice", "sam"])
@pytest.mark.parametrize("evil", ATTEMPTS)
def test_an_attempt_is_shown_as_text_on_every_page_of_the_desk(world, drain, as_user, evil, who):
    conversation = plant(world, drain, evil)
    conversation.refresh_from_db()
    client, unseen = as_user(who), {}

    for name, (address, params) in pages(conversation, evil).items():
        is_fragment = name in FRAGMENTS
        answer = client.get(address, params, headers=FRAGMENT if is_fragment else {})
        reader = read(answer.content.decode())
        assert reader.found == [], name
        if answer.status_code != 200 or "4711" not in reader.text:
            unseen[who, name] = answer.status_code
    assert unseen == {where: status for where, (status, _) in NOTHING_THERE.items() if where[0] == who}


FRAGMENTS = {
    "search of contacts",
    "older",
    "earlier conversation",
    "story",
    "quick replies",
    "quick replies by words",
    "command bar",
}


@pytest.mark.parametrize("evil", ATTEMPTS)
def test_a_transcript_is_plain_text_and_a_pdf_that_does_nothing(world, drain, alice, evil):
    conversation = plant(world, drain, evil)

    text = alice.get(url("transcript", conversation), {"kind": "text", "internal": "on"})
    pdf = alice.get(url("transcript", conversation), {"kind": "pdf", "internal": "on"})

    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert text["X-Content-Type-Options"] == pdf["X-Content-Type-Options"] == "nosniff"
    assert text["Content-Disposition"].startswith("attachment;")
    assert evil in b"".join(text.streaming_content).decode()
    assert pdf["Content-Disposition"].startswith("attachment;")
    assert "4711" in words_of_pdf(pdf.content)
    assert not re.search(
        rb"/(JavaScript|JS|URI|Launch|AA|Annots|EmbeddedFile)\b|OpenAction\s*<<", pdf.content
    )


def words_of_pdf(pdf):
    """What a PDF of ours says, by the tables that are in it for copying; once for each of its fonts."""
    streams = [unpacked(found) for found in re.findall(rb"stream\n(.+?)\nendstream", pdf, re.DOTALL)]
    tables = [dict(SIGN.findall(stream)) for stream in streams if b"beginbfchar" in stream]
    shown = [text for stream in streams if b" Tf" in stream for text in SHOWN.findall(stream)]
    said = []
    for text in shown:
        codes = ESCAPED.sub(lambda found: b"\r" if found[1] == b"r" else found[1], text).hex().upper()
        signs = [codes[at : at + 4].encode() for at in range(0, len(codes), 4)]
        said += ["".join(chr(int(table.get(sign, b"0"), 16)) for sign in signs) for table in tables]
    return "\n".join(said)


def unpacked(stream):
    """A part of a PDF."""
    return zlib.decompress(stream) if stream.startswith(b"\x78") else stream


SHOWN = re.compile(rb"\(((?:\\.|[^\\()])*)\) Tj", re.DOTALL)
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
SIGN = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>")


@pytest.mark.parametrize("evil", ATTEMPTS[:3])
def test_an_attempt_is_shown_as_text_in_administration(world, drain, as_user, evil):
    conversation = plant(world, drain, evil)
    contact = Contact.objects.get(mobile_phone=CUSTOMER)

    for address in (
        reverse("admin:conversations_conversation_changelist"),
        reverse("admin:conversations_conversation_change", args=[conversation.pk]),
        reverse("admin:contacts_contact_change", args=[contact.pk]),
        reverse("admin:contacts_contact_changelist"),
    ):
        page = as_user("ada").get(address).content.decode()
        assert dangers(page) == [], address


def test_the_facts_of_a_decision_are_shown_as_text(world, drain, alice):
    evil = ATTEMPTS[0]
    conversation = plant(world, drain, evil)
    decision = RoutingDecision.objects.get(conversation=conversation)

    assert evil in json.dumps(decision.facts)
    assert dangers(alice.get(url("conversation", conversation)).content.decode()) == []


class Reader(HTMLParser):
    """Notes what a browser would run: handlers, scripts, programs as addresses; and what it would show."""

    def __init__(self):
        super().__init__()
        self.found, self.inside, self.text = [], "", ""

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.found += [
            (tag, name, value)
            for name, value in attrs
            if name.startswith("on")
            or (name == "autofocus" and "4711" in str(attrs))
            or ((value or "").strip().lower().startswith("javascript:") and name in {"href", "src", "action"})
        ]

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        self.text += data
        if self.inside == "script" and "4711" in data:
            self.found.append(("script", data))


def dangers(page):
    """What of an attempt stands in a page as markup, or was run as a template."""
    return read(page).found


def read(page):
    """A page as a browser reads it."""
    reader = Reader()
    reader.feed(page)
    reader.found += ["run as a template"] if "4712" in page else []
    return reader


@pytest.mark.parametrize(
    ("page", "is_danger"),
    [
        ("<p><script>alert(4711)</script></p>", True),
        ("<p><img src=x onerror=alert(4711)></p>", True),
        ('<input value="" autofocus onfocus="alert(4711)">', True),
        ('<a href=" javascript:alert(4711)">x</a>', True),
        ("<p>4712</p>", True),
        ("<p>&lt;script&gt;alert(4711)&lt;/script&gt; javascript:alert(4711)</p>", False),
        ('<p title="&quot; onfocus=&quot;alert(4711)">x</p>', False),
    ],
)
def test_the_reader_of_dangers_finds_them(page, is_danger):
    assert bool(dangers(page)) is is_danger
