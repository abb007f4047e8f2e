"""The states of a conversation: the table, the capacity, and what time closes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations import changes, services, upkeep, writing
from conversations.models import Conversation, Message, Session, State
from conversations.transitions import TABLE, USES_CAPACITY, Cause, Idle, NotAllowed, after, is_overdue
from routing.models import WorkStream
from tests.channels_app.support import address
from tests.path.support import thread, write
from tests.world import CUSTOMER

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
# Written once more, by hand, after the documented table of states: the code's own table is what is tested.
EXPECTED = {
    ("open", "pick"): "active",
    ("open", "time"): "closed",
    ("open", "opt_out_word"): "closed",
    ("active", "end"): "wrap_up",
    ("active", "close_session"): "waiting",
    ("active", "release"): "open",
    ("active", "transfer"): "open",
    ("active", "time"): "closed",
    ("waiting", "reopen"): "active",
    ("waiting", "customer_wrote"): "open",
    ("waiting", "time"): "closed",
    ("wrap_up", "close_session"): "closed",
    ("wrap_up", "time"): "closed",
    ("open", "assign"): "active",
    ("open", "move"): "open",
    ("active", "take_over"): "active",
    ("waiting", "take_over"): "active",
    ("wrap_up", "take_over"): "wrap_up",
    **{(state, "erasure"): "closed" for state in ("open", "active", "waiting", "wrap_up")},
}


USUAL = {"open": timedelta(days=30), "active": timedelta(days=30), "wrap_up": timedelta(days=1)}


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("state", State)
def test_the_table(state, cause):
    expected = EXPECTED.get((state.value, cause.value))
    if expected:
        assert after(state, cause) == expected
        return
    with pytest.raises(NotAllowed) as refused:
        after(state, cause)
    assert state.label in str(refused.value)
    assert refused.value.code == "not_allowed"


def test_closed_is_final_in_the_table_and_every_state_has_a_way_out():
    assert not [key for key in TABLE if key[0] is State.CLOSED]
    assert {state for state, _ in TABLE} == set(State) - {State.CLOSED}
    assert {state for state, cause in TABLE if cause is Cause.CUSTOMER_WROTE} == {State.WAITING}
    assert {State.ACTIVE, State.WRAP_UP} == USES_CAPACITY


# --- the verbs, over the table --------------------------------------------------------------------


@pytest.fixture
def opened(world, drain) -> Conversation:
    write(world, "Hello", number=1)
    drain()
    return Conversation.objects.get()


def bring(conversation: Conversation, world, state: str) -> None:
    alice, now = world.agents["alice"], timezone.now()
    options = {"conversation_id": conversation.pk, "agent": alice, "now": now}
    if state != "open":
        services.pick(**options)
    if state == "waiting":
        services.close_session(**options)
    if state in {"wrap_up", "closed"}:
        services.end(**options)
    if state == "closed":
        services.close_session(**options)


VERBS = {
    "pick": lambda world, **o: services.pick(**o),
    "end": lambda world, **o: services.end(**o),
    "close_session": lambda world, **o: services.close_session(**o),
    "release": lambda world, **o: services.release(**o),
    "transfer": lambda world, **o: services.transfer_to_queue(queue=world.billing, **o),
}
# What alice may do with a conversation that is hers (an Open one is nobody's): the state that follows.
ALLOWED = {
    ("open", "pick"): ("active", "alice", 20),
    ("active", "end"): ("wrap_up", "alice", 20),
    ("active", "close_session"): ("waiting", "alice", 0),
    ("active", "release"): ("open", None, 0),
    ("active", "transfer"): ("open", None, 0),
    ("waiting", "pick"): ("active", "alice", 20),
    ("wrap_up", "close_session"): ("closed", "alice", 0),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", State.values)
def test_what_an_agent_may_do(world, opened, state, verb):
    bring(opened, world, state)
    before = Conversation.objects.values().get()
    seen = thread(opened)
    options = {"conversation_id": opened.pk, "agent": world.agents["alice"], "now": timezone.now()}

    if (state, verb) not in ALLOWED:
        with pytest.raises(NotAllowed):
            VERBS[verb](world, **options)
        assert Conversation.objects.values().get() == before
        assert thread(opened) == seen
        return
    VERBS[verb](world, **options)

    now = Conversation.objects.get()
    expected, owner, used = ALLOWED[(state, verb)]
    assert (now.state, now.agent and now.agent.user.username) == (expected, owner)
    assert services.used_capacity(world.agents["alice"]) == used
    assert now.version == before["version"] + 1
    assert len(thread(opened)) == len(seen) + 1
    assert Session.objects.filter(state="active").count() == (1 if expected in USES_CAPACITY else 0)
    assert now.queue == (world.billing if verb == "transfer" else world.default_queue)


@pytest.mark.parametrize("verb", ["end", "close_session", "release", "transfer"])
def test_what_is_somebody_elses_may_not_be_touched(world, opened, verb):
    bring(opened, world, "active")
    with pytest.raises(changes.NotYours, match="Alice"):
        VERBS[verb](world, conversation_id=opened.pk, agent=world.agents["bob"], now=timezone.now())
    assert Conversation.objects.get().agent == world.agents["alice"]


@pytest.mark.parametrize("state", ["active", "wrap_up"])
def test_a_lost_pick_is_told_who_has_it(world, opened, state):
    bring(opened, world, state)
    with pytest.raises(services.Lost, match="Alice") as lost:
        services.pick(conversation_id=opened.pk, agent=world.agents["bob"], now=timezone.now())
    assert lost.value.code == "lost"
    assert Session.objects.count() == 1


def test_somebody_elses_waiting_one_cannot_be_picked(world, opened):
    bring(opened, world, "waiting")
    with pytest.raises(NotAllowed):
        services.pick(conversation_id=opened.pk, agent=world.agents["bob"], now=timezone.now())


def test_units_are_those_of_the_moment_of_assignment(world, opened, drain):
    bring(opened, world, "active")
    WorkStream.objects.update(capacity=50)
    assert services.used_capacity(world.agents["alice"]) == 20
    write(world, "Hi", number=2, sender="+14255550199")
    drain()
    other = Conversation.objects.latest("id")
    services.pick(conversation_id=other.pk, agent=world.agents["alice"], now=timezone.now())
    assert services.used_capacity(world.agents["alice"]) == 70
    assert services.used_capacity(world.agents["bob"]) == 0


def test_an_ended_one_keeps_its_capacity_until_its_session_is_closed(world, opened):
    bring(opened, world, "wrap_up")
    assert services.used_capacity(world.agents["alice"]) == 20
    services.close_session(conversation_id=opened.pk, agent=world.agents["alice"], now=timezone.now())
    assert services.used_capacity(world.agents["alice"]) == 0
    closed = Conversation.objects.get()
    assert (closed.closed_by, closed.closed_at is not None) == (world.agents["alice"], True)


@pytest.mark.parametrize(
    ("state", "expected"),
    [("open", "open"), ("active", "active"), ("wrap_up", "wrap_up"), ("waiting", "open")],
)
def test_a_customers_text_joins_and_only_wakes_what_waits(world, opened, drain, state, expected):
    bring(opened, world, state)
    before = Conversation.objects.get()
    write(world, "and another thing", number=2)
    drain()
    now = Conversation.objects.get()
    assert now.state == expected
    assert thread(now, "inbound") == ["Hello", "and another thing"]
    assert now.agent == (None if expected == "open" else before.agent)
    assert (now.state_changed_at > before.state_changed_at) == (state == "waiting")


def test_a_text_after_closed_makes_a_second_one_and_the_first_stays(world, opened, drain):
    bring(opened, world, "closed")
    closed = Conversation.objects.values().get()
    write(world, "one more", number=2)
    drain()
    assert Conversation.objects.count() == 2
    assert Conversation.objects.filter(pk=opened.pk).values().get() == closed


def test_a_closed_one_takes_nothing_more(world, opened):
    bring(opened, world, "closed")
    alice, now = world.agents["alice"], timezone.now()
    with pytest.raises(NotAllowed):
        writing.reply(conversation_id=opened.pk, agent=alice, text="x", now=now)
    with pytest.raises(NotAllowed):
        writing.write_internal(conversation_id=opened.pk, author=alice.user, text="x", now=now)


def test_seq_has_no_gaps(world, opened, drain):
    bring(opened, world, "active")
    writing.reply(conversation_id=opened.pk, agent=world.agents["alice"], text="Hi", now=timezone.now())
    writing.write_internal(
        conversation_id=opened.pk, author=world.users["alice"], text="note", now=timezone.now()
    )
    write(world, "two", number=2)
    drain()
    kept = Conversation.objects.get()
    assert list(kept.messages.order_by("seq").values_list("seq", flat=True)) == list(
        range(1, kept.last_seq + 1)
    )


# --- what the database holds by itself ------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"state": "active", "agent": None},
        {"state": "wrap_up", "agent": None},
        {"state": "open", "agent": "alice"},
    ],
    ids=["active without agent", "wrap-up without agent", "open with agent"],
)
def test_the_agent_fits_the_state(world, opened, values):
    values = values | {"agent": world.agents.get(values["agent"])}
    with pytest.raises(IntegrityError, match="conversation_agent_fits_state"), transaction.atomic():
        Conversation.objects.update(**values)


def test_there_is_one_conversation_that_is_not_closed(world, opened):
    opened.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        opened.save(force_insert=True)


def test_only_what_is_outbound_is_delivered(world, opened):
    with pytest.raises(IntegrityError, match="message_only_outbound"), transaction.atomic():
        Message.objects.filter(direction="inbound").update(direction="outbound")


# --- time -----------------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "longest"),
    [("open", timedelta(days=30)), ("active", timedelta(days=30)), ("wrap_up", timedelta(days=1))],
)
def test_time_in_the_state_closes(world, opened, state, longest):
    bring(opened, world, state)
    since = Conversation.objects.get().state_changed_at
    assert upkeep.close_overdue(now=since + longest - SECOND) == 0
    assert upkeep.close_overdue(now=since + longest) == 1
    closed = Conversation.objects.get()
    assert (closed.state, closed.closed_at) == ("closed", since + longest)
    assert services.used_capacity(world.agents["alice"]) == 0
    assert not Session.objects.filter(state="active").exists()
    assert upkeep.close_overdue(now=since + 2 * longest) == 0


@pytest.mark.parametrize("minutes", [480, 481, 10_080])
def test_waiting_follows_its_stream_and_the_last_text_of_either_side(world, opened, minutes):
    WorkStream.objects.update(auto_close_after_inactivity=minutes)
    alice = world.agents["alice"]
    bring(opened, world, "active")
    replied = timezone.now() + timedelta(hours=2)
    writing.reply(conversation_id=opened.pk, agent=alice, text="Hi", now=replied)
    services.close_session(conversation_id=opened.pk, agent=alice, now=replied + timedelta(hours=1))
    writing.write_internal(
        conversation_id=opened.pk, author=alice.user, text="no text", now=replied + timedelta(hours=3)
    )
    limit = replied + timedelta(minutes=minutes)
    assert upkeep.close_overdue(now=limit - SECOND) == 0
    assert upkeep.close_overdue(now=limit) == 1


def test_a_customers_text_gives_it_a_new_time(world, opened, drain):
    bring(opened, world, "waiting")
    write(world, "STOP", number=2)
    drain()
    last = Conversation.objects.get().last_message_at
    assert Conversation.objects.get().state == "waiting"
    assert upkeep.close_overdue(now=last + timedelta(minutes=480) - SECOND) == 0
    assert upkeep.close_overdue(now=last + timedelta(minutes=480)) == 1


MOMENTS = st.integers(-40 * 24 * 60 * 60, 60).map(lambda s: NOW + timedelta(seconds=s))
EDGES = st.sampled_from([30 * 86400, 86400, 480 * 60, 600 * 60]).flatmap(
    lambda s: st.sampled_from([s - 1, s, s + 1]).map(lambda t: NOW - timedelta(seconds=t))
)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    state=st.sampled_from(State.values),
    changed=MOMENTS | EDGES,
    spoken=MOMENTS | EDGES,
    minutes=st.sampled_from([480, 600, 43_200]),
)
def test_the_query_and_the_rule_agree(world, state, changed, spoken, minutes):
    Conversation.objects.all().delete()
    WorkStream.objects.update(auto_close_after_inactivity=minutes)

    Conversation.objects.create(
        address=address(CUSTOMER),
        number=world.number,
        work_stream=world.stream,
        queue=world.default_queue,
        identification="none",
        title="x",
        state=state,
        agent=None if state == "open" else world.agents["alice"],
        created_at=changed,
        state_changed_at=changed,
        modified_at=changed,
        last_message_at=spoken,
        last_inbound_at=spoken,
    )
    idle = Idle(
        state=State(state),
        state_changed_at=changed,
        last_message_at=spoken,
        longest=timedelta(minutes=minutes) if state == "waiting" else USUAL.get(state),
    )
    assert upkeep.overdue(now=NOW).exists() == is_overdue(idle, now=NOW)


def test_the_sweep_closes_many_at_once_and_only_those(world, drain):
    for number in range(5):
        write(world, "Hello", number=number + 1, sender=f"+1425555010{number}")
    drain()
    late = timezone.now() + timedelta(days=30)
    Conversation.objects.filter(address__value="+14255550103").update(state_changed_at=late)
    assert upkeep.close_overdue(now=late, most=3) == 3
    assert upkeep.close_overdue(now=late) == 1
    assert Conversation.objects.exclude(state="closed").get().address.value == "+14255550103"


def test_a_pick_is_lost_when_the_conversation_went_to_another_queue_meanwhile(world, opened):
    Conversation.objects.update(queue=world.billing)
    with pytest.raises(services.Lost, match="another queue"):
        services.pick(conversation_id=opened.pk, agent=world.agents["alice"], now=timezone.now())


def test_an_internal_message_of_blanks_is_none(world, opened):
    with pytest.raises(NotAllowed, match="Write something"):
        writing.write_internal(
            conversation_id=opened.pk, author=world.users["alice"], text=" \n ", now=timezone.now()
        )
