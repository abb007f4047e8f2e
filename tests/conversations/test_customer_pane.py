"""Beside the thread: who the customer is, found, linked, unlinked, noted, blocked."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from channels_app.models_receipts import OptOut
from contacts.models import FOR_EVER, Account, Address, Contact, Note
from conversations import linking, services, writing
from conversations.changes import NotYours
from conversations.models import Conversation, Message
from conversations.transitions import NotAllowed
from omnichannel.models import AuditEntry
from tests.conversations.desk import cursor_in, feed, text_in, url
from tests.world import CUSTOMER

pytestmark = pytest.mark.django_db
OTHER = "+14255550177"


def page_of(client, conversation, **params):
    return client.get(url("conversation", conversation), params).content.decode()


def pane_of(client, conversation, **params):
    return page_of(client, conversation, **params).split('id="customer"')[1]


def said(conversation):
    rows = Message.objects.filter(conversation=conversation, direction="system").order_by("seq")
    return list(rows.values_list("text", flat=True))


@pytest.fixture
def maria(world):
    """Somebody who is known, by another number."""
    company = Account.objects.create(name="Northwind Traders")
    return Contact.objects.create(
        first_name="Maria",
        last_name="Keller",
        mobile_phone=OTHER,
        email="maria@example.test",
        account=company,
    )


# --- finding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["mar", "Keller", "maria kell", "(425) 555-0177", "maria@ex", "northw"])
def test_a_contact_is_found_by_name_number_mail_or_company(alice, taken, maria, typed):
    found = alice.get(url("find-contact", taken), {"find": typed}, headers={"HX-Request": "true"})

    assert "Maria Keller" in found.content.decode()


def test_numbers_that_are_found_are_masked_without_the_right(alice, taken, maria):
    found = alice.get(url("find-contact", taken), {"find": "maria"}, headers={"HX-Request": "true"})

    assert "+1 ••• ••• 77" in found.content.decode()
    assert "0177" not in found.content.decode()


def test_without_a_script_the_page_itself_shows_what_was_found(alice, taken, maria):
    led_to = alice.get(url("find-contact", taken), {"find": "maria"})

    assert led_to["Location"].endswith("?find=maria#customer")
    assert "Maria Keller" in pane_of(alice, taken, find="maria")


def test_what_nobody_is_called_is_said(alice, taken):
    found = alice.get(url("find-contact", taken), {"find": "nobody"}, headers={"HX-Request": "true"})

    assert "No contact is called so" in found.content.decode()


def test_only_whose_conversation_it_is_searches_for_its_customer(bob, as_user, taken, maria):
    for client in (bob, as_user("sam")):
        answer = client.get(url("find-contact", taken), {"find": "maria"}, headers={"HX-Request": "true"})
        assert answer.status_code == 404
    assert "Find the customer" not in pane_of(bob, taken)


# --- linking --------------------------------------------------------------------------------------


def test_a_linked_conversation_is_called_by_the_contact_and_says_so(alice, taken, maria):
    alice.post(url("link", taken), {"contact": maria.pk})

    taken.refresh_from_db()
    assert (taken.contact, taken.title, taken.identification) == (maria, "Maria Keller", "one")
    assert said(taken)[-1] == "Alice linked the conversation to Maria Keller."
    assert "Northwind Traders" in pane_of(alice, taken)
    assert "No records found" not in pane_of(alice, taken)


@pytest.mark.parametrize(("remember", "later"), [("on", "Maria Keller"), ("", None)])
def test_later_texts_are_theirs_only_when_that_is_meant(
    world, drain, alice, taken, maria, now, remember, later
):
    alice.post(url("link", taken), {"contact": maria.pk, "remember": remember})
    for step in (services.end, services.close_session):
        step(conversation_id=taken.pk, agent=world.agents["alice"], now=now)

    conversation = text_in(world, drain, "Me again")

    assert conversation.title == (later or Address.objects.get(value=CUSTOMER).visitor_name)


def test_of_several_with_the_number_one_is_chosen(world, drain, alice, now):
    twins = [Contact.objects.create(last_name=f"Twin {n}", mobile_phone=CUSTOMER) for n in "AB"]
    conversation = text_in(world, drain, "Hello")
    services.pick(conversation_id=conversation.pk, agent=world.agents["alice"], now=now)

    pane = pane_of(alice, conversation)
    assert "One or more records found. Select a record or create new" in pane
    assert all(twin.last_name in pane for twin in twins)

    alice.post(url("link", conversation), {"contact": twins[1].pk})

    assert Conversation.objects.get(pk=conversation.pk).contact == twins[1]


@pytest.mark.parametrize("who", ["bob", "sam", "ada"])
def test_nobody_else_links_or_unlinks_it(as_user, taken, maria, who):
    as_user(who).post(url("link", taken), {"contact": maria.pk})
    assert Conversation.objects.get(pk=taken.pk).contact is None

    Conversation.objects.update(contact=maria)
    as_user(who).post(url("unlink", taken))
    assert Conversation.objects.get(pk=taken.pk).contact == maria


def test_a_closed_conversation_stays_whose_it_was(world, taken, maria, now):
    for step in (services.end, services.close_session):
        step(conversation_id=taken.pk, agent=world.agents["alice"], now=now)

    with pytest.raises(NotAllowed, match="final"):
        linking.link(
            conversation_id=taken.pk,
            agent=world.agents["alice"],
            contact_id=maria.pk,
            remember=False,
            now=now,
        )


def test_a_second_contact_is_refused_until_the_first_is_unlinked(alice, taken, maria):
    other = Contact.objects.create(last_name="Other")
    alice.post(url("link", taken), {"contact": maria.pk})

    page = alice.post(url("link", taken), {"contact": other.pk}, follow=True).content.decode()

    assert "Unlink that one first" in page
    assert Conversation.objects.get(pk=taken.pk).contact == maria


@pytest.mark.parametrize("contact", ["", "x", "-1", "99999999999999999999", "\x00"])
def test_a_contact_that_is_none_is_not_found(alice, taken, contact):
    assert alice.post(url("link", taken), {"contact": contact}).status_code == 404


def test_a_contact_who_has_gone_meanwhile_is_told(alice, taken):
    page = alice.post(url("link", taken), {"contact": 10**9}, follow=True).content.decode()

    assert "This contact is no longer there" in page


def test_unlinked_it_is_a_visitor_again(alice, taken, maria):
    alice.post(url("link", taken), {"contact": maria.pk, "remember": "on"})

    alice.post(url("unlink", taken), {"forget": "on"})

    taken.refresh_from_db()
    address = Address.objects.get(value=CUSTOMER)
    assert (taken.contact, taken.title, taken.identification) == (None, address.visitor_name, "none")
    assert address.contact is None
    assert said(taken)[-1] == "Alice unlinked the conversation from Maria Keller."


def test_unlinking_keeps_the_address_unless_that_is_meant(alice, taken, maria):
    alice.post(url("link", taken), {"contact": maria.pk, "remember": "on"})

    alice.post(url("unlink", taken))

    assert Address.objects.get(value=CUSTOMER).contact == maria


def test_linking_lets_read_the_earlier_conversations_of_the_contact_and_unlinking_ends_it(
    world, drain, alice, bob, taken, maria, now
):
    world.default_queue.members.clear()
    earlier = text_in(world, drain, "My invoice", sender=OTHER)
    Conversation.objects.filter(pk=earlier.pk).update(queue=world.billing)
    services.pick(conversation_id=earlier.pk, agent=world.agents["bob"], now=now)
    assert alice.get(url("conversation", earlier)).status_code == 404

    alice.post(url("link", taken), {"contact": maria.pk})
    assert url("conversation", earlier) in pane_of(alice, taken)
    assert alice.get(url("conversation", earlier)).status_code == 200

    alice.post(url("unlink", taken))
    assert alice.get(url("conversation", earlier)).status_code == 404


def test_a_page_that_is_open_learns_whose_conversation_it_is(world, bob, taken, maria, now):
    cursor = cursor_in(page_of(bob, taken))

    linking.link(
        conversation_id=taken.pk, agent=world.agents["alice"], contact_id=maria.pk, remember=False, now=now
    )

    answer = feed(bob, cursor, conversation=taken).content.decode()
    assert 'id="customer-who"' in answer
    assert "Northwind Traders" in answer
    assert feed(bob, cursor_in(answer), conversation=taken).status_code == 204


# --- a new contact --------------------------------------------------------------------------------


def new_contact(**values):
    return {"first_name": "", "last_name": "Noser", "mobile_phone": CUSTOMER, "email": ""} | values


def test_a_contact_is_added_and_linked_in_one_step(alice, taken, maria):
    alice.post(url("add-contact", taken), new_contact(company="northwind traders", remember="on"))

    made = Contact.objects.get(last_name="Noser")
    assert Conversation.objects.get(pk=taken.pk).contact == made
    assert made.account == maria.account
    assert Address.objects.get(value=CUSTOMER).contact == made
    assert AuditEntry.objects.filter(object_pk=str(made.pk), actor__username="alice").exists()


def test_the_form_begins_with_what_the_address_tells(world, alice, taken):
    Address.objects.filter(value=CUSTOMER).update(profile_name="Anna Maria Noser")

    pane = pane_of(alice, taken)

    assert 'value="Anna Maria"' in pane
    assert 'value="Noser"' in pane
    assert 'value="+1 425-555-0100"' in pane


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(alice, taken):
    answer = alice.post(url("add-contact", taken), new_contact(last_name="", email="nonsense"))

    pane = answer.content.decode().split('id="customer"')[1]
    assert answer.status_code == 422
    assert 'id="contact-last_name-error"' in pane
    assert 'value="nonsense"' in pane
    assert not Contact.objects.exists()


def test_a_second_press_makes_no_second_contact(alice, taken):
    for _ in range(2):
        alice.post(url("add-contact", taken), new_contact())

    assert Contact.objects.count() == 1


def test_a_contact_that_cannot_be_linked_is_not_made(bob, taken):
    bob.post(url("add-contact", taken), new_contact())

    assert not Contact.objects.exists()


# --- notes ----------------------------------------------------------------------------------------


def test_a_note_is_kept_with_its_author_once(alice, taken, maria):
    alice.post(url("link", taken), {"contact": maria.pk})
    form_id = form_id_of_note(alice, taken)

    for _ in range(2):
        alice.post(url("contact-note", taken), {"text": "Calls on Mondays\r\nonly.", "form_id": form_id})

    assert list(Note.objects.values_list("contact", "text", "author")) == [
        (maria.pk, "Calls on Mondays\nonly.", "alice")
    ]
    assert "Calls on Mondays\nonly." in pane_of(alice, taken)


def form_id_of_note(client, conversation):
    return pane_of(client, conversation).split('name="form_id" value="')[1].split('"')[0]


def test_notes_are_about_people(alice, taken):
    assert "Save note" not in pane_of(alice, taken)

    page = alice.post(url("contact-note", taken), {"text": "x", "form_id": "x"}, follow=True)

    assert "Link the conversation to a contact first" in page.content.decode()
    assert not Note.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "x" * 5001])
def test_a_note_that_cannot_be_kept_comes_back(alice, taken, maria, text):
    Conversation.objects.update(contact=maria)

    answer = alice.post(url("contact-note", taken), {"text": text, "form_id": "x"})

    assert answer.status_code == 422
    assert not Note.objects.exists()


# --- addresses and blocks -------------------------------------------------------------------------


def test_all_addresses_of_the_contact_show_what_keeps_their_texts(world, alice, taken, maria, now):
    Conversation.objects.update(contact=maria)
    stopped = Address.objects.create(kind="phone", value="+14255550188", contact=maria)
    Address.objects.create(kind="phone", value="+14255550199", contact=maria, blocked_until=FOR_EVER)
    OptOut.objects.create(number=world.number, address=stopped, started_at=now, source="STOP")

    pane = pane_of(alice, taken)

    assert "+1 425-555-0100" in pane  # whom one writes to
    assert "+1 ••• ••• 88" in pane  # a record like others
    assert f"texted STOP to +{world.number.value}" in pane
    assert "blocked for ever" in pane


def test_a_customer_is_blocked_until_a_moment_in_the_agents_zone(world, alice, taken, now):
    type(world.users["alice"]).objects.filter(username="alice").update(time_zone="Europe/Zurich")
    zone = ZoneInfo("Europe/Zurich")
    until = (now + timedelta(days=3)).astimezone(zone).replace(second=0, microsecond=0)
    address = Address.objects.get(value=CUSTOMER)

    values = {"address": address.pk, "until": f"{until:%Y-%m-%dT%H:%M}", "reason": "Insults"}
    alice.post(url("block", taken), values)

    address.refresh_from_db()
    assert (address.blocked_until, address.block_reason, address.blocked_by) == (until, "Insults", "alice")
    assert said(taken)[-1].startswith("Alice blocked the customer")
    page = page_of(alice, taken)
    assert f"blocked until {until:%-d %B %Y, %H:%M}" in page
    assert "This customer is blocked." in page
    assert AuditEntry.objects.filter(object_pk=str(address.pk), actor__username="alice").exists()

    alice.post(url("unblock", taken), {"address": address.pk})
    address.refresh_from_db()
    assert not address.is_blocked(timezone.now())
    assert said(taken)[-1] == "Alice unblocked the customer."


@pytest.mark.parametrize(
    "until", ["2020-01-01T10:00", "nonsense", "0001-01-01T00:00", "9999-12-31T23:59", "2060-01-01T00:00"]
)
def test_a_block_that_makes_no_sense_comes_back(alice, taken, until):
    address = Address.objects.get(value=CUSTOMER)

    answer = alice.post(url("block", taken), {"address": address.pk, "until": until})

    assert answer.status_code == 422
    assert not Address.objects.get(pk=address.pk).blocked_until


def test_addresses_of_other_people_are_not_found(alice, taken):
    other = Address.objects.create(kind="phone", value="+14255550123")

    for name in ("block", "unblock"):
        assert alice.post(url(name, taken), {"address": other.pk}).status_code == 404


def test_who_may_only_read_blocks_nobody(world, bob, taken, now):
    Conversation.objects.update(queue=world.billing)
    world.billing.members.clear()
    address = Address.objects.get(value=CUSTOMER)

    assert bob.post(url("block", taken), {"address": address.pk}).status_code == 404


# --- where, when, why -----------------------------------------------------------------------------


def test_the_customers_own_time_is_told(world, drain, alice):
    conversation = text_in(world, drain, "Grüezi", sender="+41791234567")

    assert "(Zurich) there" in alice.get(url("conversation", conversation, "open")).content.decode()


def test_why_it_is_here_names_the_facts_with_numbers_masked(world, drain, alice, maria):
    conversation = text_in(world, drain, "Where is my lamp?", sender=OTHER)

    around = alice.get(url("conversation", conversation, "open")).content.decode().split('id="why"')[1]

    assert "Customer First Message" in around
    assert "Where is my lamp?" in around
    assert "+1 ••• ••• 77" in around
    assert "555-0177" not in around
    assert OTHER not in around


def test_texts_that_wait_for_their_moment_are_counted(world, alice, taken, now):
    sent = writing.reply(conversation_id=taken.pk, agent=world.agents["alice"], text="Hi", now=now)
    type(sent.delivery).objects.update(not_before=now + timedelta(hours=2))

    assert "1 text to be sent later" in pane_of(alice, taken)


def test_not_yours_is_told_by_the_service(world, taken, maria, now):
    with pytest.raises(NotYours):
        linking.unlink(conversation_id=taken.pk, agent=world.agents["bob"], forget=False, now=now)


def test_a_contact_s_company_has_letters_that_can_be_seen(alice, taken):
    answer = alice.post(url("add-contact", taken), {"last_name": "Keller", "company": "\u200b"})

    assert answer.status_code == 422


def test_nobody_is_found_by_a_sign_that_is_none(alice, taken):
    assert alice.get(url("conversation", taken), {"find": "\x00"}).status_code == 200
