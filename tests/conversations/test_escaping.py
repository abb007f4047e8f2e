"""What customers and colleagues write is shown as text: a table of attempts, wherever one can stand."""

import json
from html.parser import HTMLParser

import pytest
from django.urls import reverse
from django.utils import timezone

from channels_app.models_receipts import InboundText
from contacts.models import Account, Address, Contact, Note
from conversations import services, writing
from conversations.models import Conversation, RoutingDecision
from conversations.models_quick_replies import QuickReply
from routing.models import RoutingRule
from tests.conversations.desk import text_in, url
from tests.world import CUSTOMER

pytestmark = pytest.mark.django_db

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
SEEN_BY = ["alice", "sam"]


def plant(world, drain, evil):
    """The attempt wherever somebody can write something: texts, names, notes, files, places, rules."""
    company = Account.objects.create(name=evil[:160])
    contact = Contact.objects.create(
        first_name=evil[:80], last_name=evil[:80], mobile_phone=CUSTOMER, account=company
    )
    Note.objects.create(contact=contact, text=evil, author="alice")
    RoutingRule.objects.create(work_stream=world.stream, name=evil[:80], queue=world.default_queue)
    QuickReply.objects.create(title=evil[:80], message=evil)
    first = text_in(world, drain, evil, sender="+14255550166")
    Address.objects.filter(value="+14255550166").update(profile_name=evil[:160])
    Conversation.objects.filter(pk=first.pk).update(title=evil[:200])
    conversation = text_in(world, drain, evil)
    InboundText.objects.filter(message__conversation=conversation).update(
        extras={
            "location": {"latitude": "47.37", "longitude": "8.54", "label": evil, "address": evil},
            "button": {"text": evil, "payload": evil},
        }
    )
    now, alice = timezone.now(), world.agents["alice"]
    services.pick(conversation_id=conversation.pk, agent=alice, now=now)
    writing.reply(conversation_id=conversation.pk, agent=alice, text=f"{evil} ", now=now)
    writing.write_internal(conversation_id=conversation.pk, author=alice.user, text=evil, now=now)
    return conversation


def pages(conversation, evil):
    """Every page and fragment of the desk that may show it."""
    return [
        (reverse("desk:list", args=["my"]), {}),
        (reverse("desk:list", args=["open"]), {}),
        (url("conversation", conversation), {}),
        (url("conversation", conversation), {"find": evil}),
        (url("find-contact", conversation), {"find": evil[:20]}),
        (reverse("desk:feed"), {"view": "my", "c": conversation.pk, "cursor": ""}),
        (reverse("desk:search"), {"q": evil}),
    ]


@pytest.mark.parametrize("evil", ATTEMPTS)
def test_an_attempt_is_shown_as_text_on_every_page_of_the_desk(world, drain, as_user, evil):
    conversation = plant(world, drain, evil)
    shown = 0

    for who in SEEN_BY:
        for address, params in pages(conversation, evil):
            answer = as_user(who).get(address, params, headers={"HX-Request": "true"})
            assert answer.status_code in {200, 404}, address
            page = answer.content.decode()
            assert dangers(page) == [], (address, dangers(page))
            shown += "4711" in page
    assert shown >= 6, "the attempt must have been shown, to be known as harmless"


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
    """Notes what a browser would run: handlers, scripts, addresses that are programs."""

    def __init__(self):
        super().__init__()
        self.found, self.inside = [], ""

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
        if self.inside == "script" and "4711" in data:
            self.found.append(("script", data))


def dangers(page):
    """What of an attempt stands in a page as markup, or was run as a template."""
    reader = Reader()
    reader.feed(page)
    return reader.found + (["run as a template"] if "4712" in page else [])


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
