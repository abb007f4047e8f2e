"""Texts that were kept unrouted are routed again: once, in their order, whoever asks and however often."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.models_receipts import InboundText, OptOut, WebhookReceipt
from contacts.models import Address
from contacts.services import set_block
from conversations.models import Conversation, Message
from conversations.routing_again import kept_for, route_again
from omnichannel.models import AuditEntry
from routing.models import WorkStream
from tests.path.support import thread, write
from tests.world import CUSTOMER

OTHER = "+14255550177"
INACTIVE = "The work stream Support by SMS is Inactive: it starts no conversation."


@pytest.fixture
def kept(world, drain):
    """Two texts of one customer and one of another came while the stream was Inactive; now it is Active."""
    WorkStream.objects.update(status="inactive")
    write(world, "Hello", number=1)
    write(world, "My bill is wrong", number=2)
    write(world, "Good morning", number=3, sender=OTHER)
    drain()
    assert set(InboundText.objects.values_list("disposition", flat=True)) == {"unrouted"}
    WorkStream.objects.update(status="active")
    return world


def again(world, texts=None):
    found = InboundText.objects.all() if texts is None else texts
    return route_again(found, by=world.users["ada"], now=timezone.now())


def test_they_get_into_conversations_in_their_order(kept):
    outcome = again(kept)

    assert (outcome.asked, outcome.routed, outcome.kept) == (3, 3, {})
    first, second = Conversation.objects.order_by("id")
    assert thread(first, "inbound") == ["Hello", "My bill is wrong"]
    assert thread(second, "inbound") == ["Good morning"]
    assert (first.state, second.state) == ("open", "open")
    assert {text.disposition for text in InboundText.objects.all()} == {"conversation"}
    assert {r.reason for r in WebhookReceipt.objects.all()} == {"Routed again."}


def test_the_thread_tells_when_they_came_and_the_audit_log_who_had_them_routed(kept):
    InboundText.objects.update(received_at=timezone.now().replace(2026, 3, 1, 9, 5))
    again(kept)

    said = thread(Conversation.objects.first(), "system")
    assert (
        f"That text had come at 2026-03-01 09:05 UTC, and was kept. {kept.users['ada']} had it routed now."
        in said
    )
    entries = AuditEntry.objects.filter(additional_data__what="Routed again")
    assert entries.count() == 3
    assert entries[0].changes == {"disposition": ["unrouted", "conversation"]}


def test_a_second_time_does_nothing(kept):
    again(kept)
    before = Message.objects.count()

    outcome = again(kept)

    assert (outcome.asked, outcome.routed) == (0, 0)
    assert Message.objects.count() == before


def test_only_those_that_are_asked_for(kept):
    again(kept, InboundText.objects.filter(text="Good morning"))

    assert thread(Conversation.objects.get(), "inbound") == ["Good morning"]


def test_what_still_nothing_takes_stays_with_the_reason(kept):
    WorkStream.objects.update(status="inactive")

    outcome = again(kept)

    assert (outcome.asked, outcome.routed, outcome.kept) == (3, 0, {INACTIVE: 3})
    assert set(InboundText.objects.values_list("disposition", flat=True)) == {"unrouted"}
    assert not AuditEntry.objects.filter(additional_data__what="Routed again").exists()


def test_they_join_the_conversation_that_the_customer_has_meanwhile(kept, drain):
    write(kept, "Are you there?", number=4)
    drain()

    again(kept)

    mine = Conversation.objects.get(address__value=CUSTOMER)
    assert thread(mine, "inbound") == ["Are you there?", "Hello", "My bill is wrong"]


def test_a_text_whose_webhook_is_removed_is_routed_all_the_same(kept):
    WebhookReceipt.objects.all().delete()

    assert again(kept).routed == 3


def test_a_number_that_was_given_to_a_stream_later_takes_its_texts(world, drain):
    number = world.number.sms_number
    stream = number.work_stream
    number.delete()
    write(world, "Hello", number=1)
    drain()
    assert InboundText.objects.get().disposition == "unrouted"
    assert again(world).routed == 0

    type(number).objects.create(work_stream=stream, number=world.number, type=number.type)

    assert again(world).routed == 1
    assert thread(Conversation.objects.get(), "inbound") == ["Hello"]


def test_a_blocked_sender_stays_out(kept):
    address = Address.objects.get(value=CUSTOMER)
    set_block(address, until=timezone.now() + timedelta(days=1), reason="", by="ada", now=timezone.now())

    outcome = again(kept)

    assert (outcome.routed, outcome.kept) == (1, {"The sender is blocked.": 2})
    assert InboundText.objects.filter(disposition="blocked").count() == 2


def test_a_forgotten_customers_text_is_left_alone(kept):
    Address.objects.filter(value=CUSTOMER).update(kind=Address.Kind.ERASED)

    assert (again(kept).asked, Conversation.objects.count()) == (1, 1)


def test_an_opt_out_word_that_nobody_took_counts_then(world, drain):
    number = world.number.sms_number
    stream = number.work_stream
    kind = number.type
    number.delete()
    write(world, "Hello", number=1)
    drain()
    InboundText.objects.update(text="STOP", keyword="stop")
    type(number).objects.create(work_stream=stream, number=world.number, type=kind)

    again(world)

    assert OptOut.objects.filter(ended_at=None).count() == 1
    assert Conversation.objects.get().state == "closed"


def test_they_are_counted_beside_their_stream(kept):
    found = kept_for(kept.stream)
    assert (found.count, found.number_id) == (3, kept.number.pk)

    again(kept)

    assert kept_for(kept.stream) is None
    assert kept_for(WorkStream.objects.create(name="Another")) is None
