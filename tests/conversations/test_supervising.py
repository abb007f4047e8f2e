"""What supervisors do at the desk: watch, take over, assign."""

import pytest
from django.urls import reverse
from django.utils import timezone

from conversations import services, supervising
from conversations.changes import Lost
from conversations.models import Conversation, Message, Session, State
from conversations.models_desk import Reading
from conversations.transitions import NotAllowed
from tests.conversations.desk import statements, url


@pytest.fixture
def sam(as_user):
    return as_user("sam")


def state_of(conversation):
    row = Conversation.objects.select_related("agent__user").get(pk=conversation.pk)
    return row.state, row.agent and row.agent.user.username, row.queue.name


def said(conversation):
    lines = Message.objects.filter(conversation=conversation, direction="system").order_by("seq")
    return list(lines.values_list("text", flat=True))


def bring(world, conversation, state):
    options = {"conversation_id": conversation.pk, "agent": world.agents["alice"], "now": timezone.now()}
    if state == "waiting":
        services.close_session(**options)
    if state in {"wrap_up", "closed"}:
        services.end(**options)
    if state == "closed":
        services.close_session(**options)


# --- watching --------------------------------------------------------------------------------------


def test_watching_takes_nothing_and_marks_nothing_for_the_agent(world, taken, alice, sam):
    before = Conversation.objects.values().get()

    page = sam.get(url("conversation", taken)).content.decode()

    assert "Hello, where is my parcel?" in page
    assert "Alice has this conversation." in page
    assert Conversation.objects.values().get() == before
    assert not Reading.objects.filter(user=world.users["alice"]).exists()


# --- taking over -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "becomes"), [("active", "active"), ("waiting", "active"), ("wrap_up", "wrap_up")]
)
def test_a_supervisor_takes_over_and_the_thread_tells_both(world, taken, sam, alice, state, becomes):
    bring(world, taken, state)

    response = sam.post(url("take-over", taken), {"seen": world.agents["alice"].pk})

    assert response.url == url("conversation", taken)
    assert state_of(taken) == (becomes, "sam", "Default queue")
    assert said(taken)[-1] == "Sam took the conversation over from Alice."
    assert said(taken)[-1] in alice.get(url("conversation", taken)).content.decode()
    assert services.used_capacity(world.agents["alice"]) == 0
    assert services.used_capacity(world.agents["sam"]) == 20
    turns = Session.objects.order_by("id").values_list("agent__user__username", "state")
    assert list(turns)[-1] == ("sam", "active")
    assert ("alice", "active") not in turns


def test_since_when_it_is_active_stays_when_it_is_taken_over(world, taken):
    supervising.take_over(conversation_id=taken.pk, supervisor=world.agents["sam"], now=timezone.now())

    assert Conversation.objects.get().state_changed_at == taken.state_changed_at
    assert Session.objects.order_by("id").first().closure_reason == "supervisor_took_over"


@pytest.mark.parametrize("state", ["open", "closed"])
def test_what_nobody_works_on_cannot_be_taken_over(world, waiting, sam, now, state):
    if state == "closed":
        services.pick(conversation_id=waiting.pk, agent=world.agents["alice"], now=now)
        bring(world, waiting, "closed")
    before = Conversation.objects.values().get()

    sam.post(url("take-over", waiting))

    assert Conversation.objects.values().get() == before


def test_what_somebody_else_has_meanwhile_is_not_taken(world, taken):
    seen = world.agents["alice"].pk
    supervising.take_over(conversation_id=taken.pk, supervisor=world.agents["ada"], now=timezone.now())

    with pytest.raises(Lost, match="Ada has this conversation meanwhile"):
        supervising.take_over(
            conversation_id=taken.pk, supervisor=world.agents["sam"], now=timezone.now(), seen=seen
        )


@pytest.mark.parametrize("command", ["take-over", "assign"])
def test_for_agents_there_is_no_such_command(world, taken, bob, command):
    assert bob.post(url(command, taken), {"agent": world.agents["bob"].pk}).status_code == 404
    assert f'id="{command}"' not in bob.get(url("conversation", taken)).content.decode()
    with pytest.raises(NotAllowed):
        supervising.take_over(conversation_id=taken.pk, supervisor=world.agents["bob"], now=timezone.now())


# --- assigning -------------------------------------------------------------------------------------


def test_an_open_conversation_is_assigned_to_an_agent(world, waiting, sam):
    page = sam.get(url("conversation", waiting, "open")).content.decode()
    assert "Bob · 0 of 100 used" in page

    response = sam.post(url("assign", waiting, "open"), {"agent": world.agents["bob"].pk})

    assert response.url == reverse("desk:list", args=["open"])
    assert state_of(waiting) == ("active", "bob", "Default queue")
    assert said(waiting)[-1] == "Sam assigned the conversation to Bob."


def test_beyond_the_capacity_is_asked_and_then_done(world, waiting, sam):
    bob = world.agents["bob"]
    bob.capacity = 10
    bob.save()

    page = sam.post(url("assign", waiting, "open"), {"agent": bob.pk})
    assert page.status_code == 422
    assert "Bob has 0 of 10 used, and this conversation takes 20. Assign it anyway?" in page.content.decode()
    assert state_of(waiting)[0] == State.OPEN

    sam.post(url("assign", waiting, "open"), {"agent": bob.pk, "beyond": "1"})
    assert state_of(waiting)[:2] == ("active", "bob")


def test_only_people_of_the_queue_and_who_sees_all_can_be_chosen(world, waiting, sam, now):
    world.users["bob"].is_active = True
    supervising.assign_to_queue(
        conversation_id=waiting.pk, supervisor=world.agents["sam"], queue=world.billing, now=now
    )
    waiting.refresh_from_db()

    names = {str(one.agent) for one in supervising.candidates(waiting)}
    refused = sam.post(url("assign", waiting, "open"), {"agent": world.agents["alice"].pk})

    assert names == {"Ada", "Sam", "Bob"}
    assert refused.status_code == 422
    assert "this one is not of the queue" in refused.content.decode()


def test_moved_to_another_queue_it_keeps_its_place_by_waiting_time(world, waiting, sam):
    sam.post(url("assign", waiting, "open"), {"queue": world.billing.pk})

    moved = Conversation.objects.get()
    assert state_of(waiting) == ("open", None, "Billing")
    assert (moved.state_changed_at, moved.transfer_count) == (waiting.state_changed_at, 1)
    assert said(waiting)[-1] == "Sam assigned the conversation to the queue Billing."


@pytest.mark.parametrize(
    "typed", [{}, {"agent": "x"}, {"agent": "999"}, {"queue": "x"}, {"agent": "1", "queue": "1"}]
)
def test_what_is_no_choice_is_told_and_nothing_happens(waiting, sam, typed):
    response = sam.post(url("assign", waiting, "open"), typed)

    assert response.status_code == 422
    assert state_of(waiting)[0] == State.OPEN


def test_what_was_picked_meanwhile_is_lost(world, taken, sam):
    response = sam.post(url("assign", taken, "open"), {"agent": world.agents["bob"].pk}, follow=True)

    assert "Alice has this conversation already." in response.content.decode()


def test_the_choice_of_agents_is_one_statement_at_any_number(world, waiting):
    waiting = Conversation.objects.select_related("queue", "work_stream").get()

    assert statements(lambda: [str(one.agent) for one in supervising.candidates(waiting)]) == 1
