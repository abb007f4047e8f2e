"""An Inactive work stream and a channel that is not enabled start no conversation; open ones go on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels_app.models_receipts import InboundText, OptOut, WebhookReceipt
from conversations import upkeep
from conversations.models import Conversation
from routing.models import ChannelSetting, WorkStream
from tests.conversations.desk import statements
from tests.path.support import thread, write

INACTIVE = "The work stream Support by SMS is Inactive: it starts no conversation."
NOT_ENABLED = "SMS is not enabled: see Settings, Channels. Until then it starts no conversation."


def deactivate_stream():
    WorkStream.objects.update(status="inactive")


def disable_channel():
    ChannelSetting.objects.update(is_enabled=False)


WAYS = pytest.mark.parametrize(
    ("stop", "reason"),
    [(deactivate_stream, INACTIVE), (disable_channel, NOT_ENABLED)],
    ids=["inactive stream", "channel not enabled"],
)


@WAYS
def test_a_text_is_stored_unrouted_with_the_reason(world, drain, stop, reason):
    stop()

    write(world, "Hello", number=1)
    drain()

    text = InboundText.objects.get()
    assert (text.text, text.disposition, text.number) == ("Hello", "unrouted", world.number)
    receipt = WebhookReceipt.objects.get()
    assert (receipt.state, receipt.reason) == ("done", reason)
    assert not Conversation.objects.exists()


@WAYS
def test_a_conversation_that_is_not_closed_goes_on(world, drain, stop, reason):
    write(world, "Hello", number=1)
    drain()
    stop()

    write(world, "Are you there?", number=2)
    drain()

    assert thread(Conversation.objects.get(), "inbound") == ["Hello", "Are you there?"]
    assert [text.disposition for text in InboundText.objects.all()] == ["conversation"] * 2


@WAYS
def test_a_waiting_conversation_still_wakes(world, drain, stop, reason):
    write(world, "Hello", number=1)
    drain()
    Conversation.objects.update(state="waiting")
    stop()

    write(world, "One more thing", number=2)
    drain()

    assert Conversation.objects.get().state == "open"


@WAYS
def test_after_closing_no_new_one_is_started(world, drain, stop, reason):
    write(world, "Hello", number=1)
    drain()
    Conversation.objects.update(state="closed", closed_at=timezone.now())
    stop()

    write(world, "Again", number=2)
    drain()

    assert Conversation.objects.count() == 1
    assert InboundText.objects.latest("id").disposition == "unrouted"


@WAYS
def test_stop_counts_all_the_same(world, drain, stop, reason):
    stop()

    write(world, "STOP", number=1)
    drain()

    assert OptOut.objects.filter(ended_at=None).count() == 1
    assert InboundText.objects.get().disposition == "kept"
    assert not Conversation.objects.exists()


def test_texts_start_conversations_again_once_it_is_active(world, drain):
    deactivate_stream()
    write(world, "Hello", number=1)
    drain()
    WorkStream.objects.update(status="active")

    write(world, "Hello again", number=2)
    drain()

    assert thread(Conversation.objects.get(), "inbound") == ["Hello again"]


def test_another_stream_is_not_touched(world, drain):
    WorkStream.objects.create(name="Another", status="inactive")

    write(world, "Hello", number=1)
    drain()

    assert Conversation.objects.count() == 1


# --- the channel's limits -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "state"),
    [("auto_close_open", "open"), ("auto_close_active", "active"), ("auto_close_wrap_up", "wrap_up")],
)
def test_the_limits_of_the_channel_close(world, drain, field, state):
    write(world, "Hello", number=1)
    drain()
    agent = None if state == "open" else world.agents["alice"]
    Conversation.objects.update(state=state, agent=agent)
    ChannelSetting.objects.update(**{field: 120})
    changed = Conversation.objects.get().state_changed_at

    assert upkeep.close_overdue(now=changed + timedelta(minutes=119)) == 0
    assert upkeep.close_overdue(now=changed + timedelta(minutes=120)) == 1
    assert Conversation.objects.get().state == "closed"


def test_without_a_limit_it_is_never_closed(world, drain):
    write(world, "Hello", number=1)
    drain()
    ChannelSetting.objects.update(auto_close_open=None)

    assert upkeep.close_overdue(now=timezone.now() + timedelta(days=3650)) == 0


def test_looking_for_overdue_ones_costs_the_same_for_one_stream_and_for_twenty(world):
    def cost():
        return statements(lambda: upkeep.close_overdue(now=timezone.now()))

    first = cost()
    for number in range(20):
        WorkStream.objects.create(name=f"S{number}", auto_close_after_inactivity=480 + number)

    assert cost() == first <= 3
