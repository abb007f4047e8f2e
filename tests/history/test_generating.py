"""The made-up history holds together: what is kept beside conversations follows from their threads."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Max, Q

from conversations.models import Conversation, Message, State
from omnichannel.history.words import COMMON, RARE
from tests.world import World

pytestmark = pytest.mark.django_db


def generate(**options: int | bool) -> None:
    sizes = {"conversations": 200, "messages": 2000, "queues": 4, "agents": 6}
    call_command("generate_history", **sizes | options)


def test_it_writes_as_much_as_was_asked_for(world: World) -> None:
    generate()
    assert (Conversation.objects.count(), Message.objects.count()) == (200, 2000)
    assert 0 < Conversation.objects.exclude(state=State.CLOSED).count() < 20


def test_a_second_one_goes_on_after_the_first(world: World) -> None:
    generate()
    generate(force=True)
    assert Conversation.objects.count() == 400


def test_what_is_kept_follows_from_the_thread(world: World) -> None:
    generate()
    inbound, internal = Q(messages__direction="inbound"), Q(messages__direction="internal")
    rows = Conversation.objects.annotate(
        count=Count("messages"),
        inbound=Max("messages__seq", filter=inbound),
        written=Count("messages", filter=internal),
        latest=Max("messages__created_at"),
    )
    wrong = ~Q(count=F("last_seq")) | ~Q(inbound=F("last_inbound_seq")) | ~Q(latest=F("last_message_at"))
    assert not rows.filter(wrong).exists()
    assert not rows.filter(has_internal_message=True, written=0).exists()
    assert not rows.filter(has_internal_message=False, written__gt=0).exists()


def test_later_messages_have_higher_ids(world: World) -> None:
    generate()
    moments = list(Message.objects.order_by("id").values_list("created_at", flat=True))
    assert moments == sorted(moments)


def test_one_word_is_common_and_one_is_rare(world: World) -> None:
    generate()
    assert Message.objects.filter(text__contains=COMMON).count() > 300
    assert 0 < Message.objects.filter(text__contains=RARE).count() < 5


def test_it_keeps_away_from_where_people_work(world: World) -> None:
    generate()
    with pytest.raises(CommandError, match="no demo"):
        generate()


def test_it_wants_two_messages_for_each_conversation(world: World) -> None:
    with pytest.raises(CommandError, match="two messages"):
        generate(messages=300)
