"""A person is forgotten: everywhere, in every written form, and a later text starts afresh."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels_app import blocks, outbox
from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.models_receipts import OptOut, WebhookReceipt
from channels_app.opt_outs import is_opted_out
from contacts import erasing, merging
from contacts.models import Address, Contact, Erasure, ImportJob
from conversations import services, writing
from conversations.models import Conversation, Message
from omnichannel.checks import undeclared
from omnichannel.lib.personal import Subject, mentions, names_number
from tests.world import OUR_NUMBER, World, post_webhook, text_params

NOW = timezone.now
NUMBER, SECOND = "+14255559731", "+14255559732"
CANARIES = ("zanzibarova", "quixotilda", "kanarienvogel")
DIGITS = ("4255559731", "4255559732")


def test_of_every_model_it_is_said_how_it_forgets() -> None:
    assert undeclared() == []


def test_what_points_to_a_customer_is_erased_and_not_only_kept() -> None:
    erased = {step.model for step in erasing.steps()}
    pointing = {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if getattr(field, "related_model", None) in (Contact, Address) and not field.auto_created
    }
    assert pointing <= erased


# --- a canary everywhere ---------------------------------------------------------------------------


def everything_in_the_database() -> dict[str, list[str]]:
    """Every row of every table, as text; bytes also as what they say."""
    found: dict[str, list[str]] = {}
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = [" ".join(as_text(value) for value in row) for row in cursor.fetchall()]
    return found


def as_text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        return f"{raw.decode('utf-8', 'replace')} {raw.decode('utf-16', 'replace')} {raw.hex()}"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def traces() -> list[str]:
    """Where the person can still be read."""
    found = []
    for table, rows in everything_in_the_database().items():
        for row in rows:
            digits = re.sub(r"[\s().\-/]|%20|%2B", "", row)
            if any(d in digits for d in DIGITS) or any(c in row.casefold() for c in CANARIES):
                found.append(f"{table}: {row[:160]}")
    return found


@pytest.fixture
def canary(world: World, drain: Any, as_user: Any) -> Contact:
    """A customer who left something everywhere, by the front door."""
    ada: Client = as_user("ada")
    heads = "First name,Last name,Mobile,Email,Notes\n"
    lines = f"Quixotilda,Zanzibarova,{NUMBER},q@zanzibarova.example,Kanarienvogel\n"
    refused = "Quixotilda,Zanzibarova,(425) 555-9731 ext 12,,\n"
    file = SimpleUploadedFile("people.csv", (heads + lines + refused).encode())
    ada.post(reverse("admin:contact-imports"), {"file": file})
    job = ImportJob.objects.get()
    mapping = {name: str(n) for name, n in job.mapping.items()}
    options = {"region": "US", "known": "update", "encoding": "utf-8", "start": ""}
    ada.post(reverse("admin:contact-import", args=[job.pk]), mapping | options)
    drain()
    contact = Contact.objects.get()
    _edit(ada, contact)
    _talk(world, drain)
    merged = Contact.objects.create(last_name="Zanzibarova-Quixotilda", mobile_phone=SECOND)
    merging.merge(ids=[contact.pk, merged.pk], chosen={}, by="ada", now=NOW())
    ada.post(
        reverse("admin:contact-imports"), {"file": SimpleUploadedFile("draft.csv", (heads + lines).encode())}
    )
    contact.refresh_from_db()
    return contact


def _edit(ada: Client, contact: Contact) -> None:
    url = reverse("admin:contacts_contact_change", args=[contact.pk])
    inlines = {f"{p}-{n}": 0 for p in ("addresses", "notes") for n in ("TOTAL_FORMS", "INITIAL_FORMS")}
    form = {"first_name": "Quixotilda", "last_name": "Zanzibarova", "mobile_phone": NUMBER}
    ada.post(url, form | inlines | {"email": "quixotilda@example.com"})
    token = ada.post("/api/v1/contacts/", {"last_name": "x"}, content_type="application/json")
    assert token.status_code == 201
    Contact.objects.filter(last_name="x").delete()


def _talk(world: World, drain: Any) -> None:
    for number, (sender, text) in enumerate(
        [(NUMBER, "Kanarienvogel one"), (SECOND, "Kanarienvogel two"), (NUMBER, "Kanarienvogel three")], 1
    ):
        post_webhook(world.inbound_url, text_params(text, sender=sender, number=number))
        drain()
    alice = world.agents["alice"]
    conversation = Conversation.objects.get(address__value=NUMBER)
    services.pick(conversation_id=conversation.pk, agent=alice, now=NOW())
    writing.write_internal(
        conversation_id=conversation.pk, author=alice.user, text="Zanzibarova again", now=NOW()
    )
    writing.reply(conversation_id=conversation.pk, agent=alice, text="Dear Quixotilda", now=NOW())
    delivery = Delivery.objects.get()
    Delivery.objects.update(state="unknown", left_at=NOW(), explanation=f"{NUMBER} is not reachable")
    account = world.sms_settings.account
    for delivery_id in (delivery.pk, None):
        ProviderCall.objects.create(
            account=account, delivery_id=delivery_id, method="GET", duration_ms=1,
            url=f"https://x/?To=%2B{NUMBER[1:]}", answer=json.dumps({"to": NUMBER, "body": "Kanarienvogel"}),
        )  # fmt: skip
    outbox.submit(
        number=world.number, address=conversation.address, text="Quixotilda!", now=NOW(),
        not_before=NOW() + timedelta(days=1),
    )  # fmt: skip
    blocks.block(address=conversation.address, until=None, reason="Zanzibarova", by="ada", now=NOW())
    post_webhook(world.inbound_url, text_params("Kanarienvogel four", sender=NUMBER, number=4))
    blocks.unblock(address=conversation.address)
    nameless = dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), "")
    broken = text_params("Kanarienvogel five", sender=NUMBER, number=5) | nameless
    post_webhook(world.inbound_url, broken)
    drain()
    post_webhook(world.inbound_url, text_params("STOP", sender=SECOND, number=6))
    post_webhook(f"{world.inbound_url}?who={NUMBER}", text_params("x"), token="wrong")  # refused
    drain()


def test_nothing_is_left_anywhere_but_a_certificate(
    canary: Contact, world: World, drain: Any, as_user: Any
) -> None:
    ada, url = as_user("ada"), f"{reverse('admin:customer-erase')}?contact={canary.pk}"
    planted = {line.partition(":")[0] for line in traces()}
    assert planted >= {
        *("contacts_contact", "contacts_address", "contacts_note", "contacts_importrow", "contacts_merge"),
        *("contacts_importjob", "channels_app_inboundtext", "channels_app_webhookreceipt"),
        *("channels_app_delivery", "channels_app_providercall", "conversations_message"),
        *("conversations_conversation", "conversations_routingdecision", "omnichannel_auditentry"),
    }
    before = (Message.objects.count(), Conversation.objects.count(), Delivery.objects.count())

    preview = ada.get(url).content.decode()
    assert "Texts in" in preview
    assert "Type the name" in ada.post(url, {"typed": "Somebody else"}).content.decode()
    answer = ada.post(url, {"typed": "quixotilda ZANZIBAROVA"})
    drain()

    assert traces() == []
    erasure = Erasure.objects.get()
    assert (erasure.state, erasure.subject, erasure.requested_by) == ("done", {}, "ada")
    assert erasure.counts["texts in"] == 5
    assert erasure.counts["contacts"] == 1
    certificate = ada.get(answer["Location"]).content.decode()
    assert str(erasure.reference) in certificate
    assert "<td>Ada, " in certificate
    assert not any(canary in certificate.casefold() for canary in CANARIES)
    assert not Contact.objects.exists()
    assert set(Conversation.objects.values_list("state", "title")) == {("closed", "Erased customer")}
    assert before[:2] == (Message.objects.count(), Conversation.objects.count())
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed", "canceled"}


def test_a_later_text_starts_afresh_and_stop_is_still_honoured(
    canary: Contact, world: World, drain: Any
) -> None:
    ask(canary, drain)

    for number, sender in ((11, NUMBER), (12, SECOND)):
        post_webhook(world.inbound_url, text_params("Hello again", sender=sender, number=number))
    drain()

    fresh = {a.value: a for a in Address.objects.exclude(kind="erased")}
    assert set(fresh) == {NUMBER, SECOND}
    assert fresh[NUMBER].conversations.get().title.startswith("Visitor ")
    assert not is_opted_out(world.number, fresh[NUMBER])
    assert is_opted_out(world.number, fresh[SECOND])
    post_webhook(world.inbound_url, text_params("START", sender=SECOND, number=13))
    drain()
    assert not is_opted_out(world.number, fresh[SECOND])


def ask(contact: Contact, drain: Any) -> Erasure:
    subject = erasing.subject_of(contact=contact)
    made = erasing.request(subject=subject, typed=contact.full_name, by="ada", now=NOW())
    drain()
    made.refresh_from_db()
    return made


def test_a_late_report_does_not_bring_the_number_back(canary: Contact, world: World, drain: Any) -> None:
    delivery = Delivery.objects.order_by("pk")[0]
    Delivery.objects.filter(pk=delivery.pk).update(state="sent", external_id="SM" + "a" * 32)
    ask(canary, drain)
    report = {
        "MessageSid": "SM" + "a" * 32, "SmsSid": "SM" + "a" * 32, "MessageStatus": "delivered",
        "SmsStatus": "delivered", "To": NUMBER, "From": f"+{OUR_NUMBER}", "AccountSid": "AC",
    }  # fmt: skip
    report["AccountSid"] = world.sms_settings.account.external_id

    post_webhook(f"{world.inbound_url}status/{delivery.pk}/", report)
    drain()

    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert traces() == []


def test_a_redelivery_of_an_erased_text_does_not_bring_it_back(
    canary: Contact, world: World, drain: Any
) -> None:
    ask(canary, drain)
    count = WebhookReceipt.objects.count()

    post_webhook(world.inbound_url, text_params("Kanarienvogel one", sender=NUMBER, number=1))
    drain()

    assert WebhookReceipt.objects.count() == count
    assert traces() == []


def test_a_text_that_is_just_leaving_is_waited_for(canary: Contact, drain: Any) -> None:
    Delivery.objects.filter(state="unknown").update(state="leaving", left_at=NOW())

    made = ask(canary, drain)

    assert made.state == "running"
    Delivery.objects.filter(state="leaving").update(state="sent")
    Erasure.objects.update(leased_until=None)
    drain()
    made.refresh_from_db()
    assert made.state == "done"
    assert traces() == []


def test_others_keep_what_is_theirs(canary: Contact, world: World, drain: Any) -> None:
    other = Contact.objects.create(first_name="Maria", last_name="Rossi", mobile_phone="+14255550100")
    post_webhook(world.inbound_url, text_params("I am Maria", number=21))
    drain()

    ask(canary, drain)

    assert Conversation.objects.get(contact=other).title == "Maria Rossi"
    assert Message.objects.filter(text="I am Maria").exists()
    receipts = [bytes(r.body) for r in WebhookReceipt.objects.all()]
    assert sum(b"I+am+Maria" in body for body in receipts) == 1


def test_texts_of_a_shared_number_stay_unless_their_address_is_erased(
    world: World, drain: Any, as_user: Any
) -> None:
    first, second = (Contact.objects.create(last_name=n, mobile_phone=NUMBER) for n in ("One", "Two"))
    post_webhook(world.inbound_url, text_params("Hello", sender=NUMBER))
    drain()
    ada, url = as_user("ada"), reverse("admin:customer-erase")
    assert "same mobile phone" in ada.get(f"{url}?contact={first.pk}").content.decode()
    ask(first, drain)
    assert Message.objects.filter(text="Hello").exists()

    ada.post(f"{url}?address={Address.objects.get().pk}", {"typed": "(425) 555-9731"})
    drain()

    assert not Message.objects.filter(text="Hello").exists()
    assert Contact.objects.get() == second


def test_who_may_erase(as_user: Any, world: World, drain: Any) -> None:
    contact = Contact.objects.create(last_name="Zanzibarova", mobile_phone=NUMBER)
    body = {"contact": contact.pk, "confirm": NUMBER}

    def post(who: str, path: str = "", data: Any = body) -> Any:
        return as_user(who).post(f"/api/v1/erasures/{path}", data, content_type="application/json")

    assert [post(who).status_code for who in ("alice", "sam")] == [403, 403]
    assert as_user("sam").get(reverse("admin:customer-erasures")).status_code == 403
    assert post("ada", "preview/").json()["contacts"] == 1
    assert "confirm" in post("ada", data=body | {"confirm": "x"}).json()
    assert post("ada", data={"confirm": "x"}).status_code == 400
    made = post("ada")
    assert (made.status_code, made.json()["state"]) == (202, "running")
    drain()
    assert as_user("ada").get(f"/api/v1/erasures/{made.json()['id']}/").json()["state"] == "done"
    assert not OptOut.objects.exists()


# --- is it about them? -----------------------------------------------------------------------------

SUBJECT = Subject(numbers=[NUMBER, "22395", "whatsapp-id"])


@pytest.mark.parametrize(
    ("query", "body", "theirs"),
    [
        ("", "From=%2B14255559731&Body=x", True),
        ("", "From=whatsapp%3A%2B14255559731", True),
        ("From=%2B14255559731", "", True),
        ("", '{"a": {"b": ["+14255559731"]}}', True),
        ("", "broken +1 425 555 9731", True),
        ("", "From=22395&Body=x", True),
        ("", "From=%2B1&Body=22395 things", False),
        ("", "From=%2B14255550100&Body=call+%2B14255559731", False),
        ("", "", False),
    ],
)
def test_a_request_is_theirs_when_a_field_is_their_number(query: str, body: str, theirs: bool) -> None:
    assert names_number(query, body, SUBJECT) is theirs


def test_short_numbers_are_not_searched_for_in_words() -> None:
    assert not mentions(["room 22395"], SUBJECT)
    assert mentions(["call (1) 425-555-9731"], SUBJECT)
