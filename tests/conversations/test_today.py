"""Figures of today: what each says, and that its list has exactly those conversations."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from conversations import figures, services, today
from conversations.models import Conversation, Session, State
from tests.conversations.desk import statements, text_in, url, write

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


def a_conversation(world, drain, n, **changed):
    """Made through the front door, then set back in time."""
    made = text_in(world, drain, f"Number {n}", sender=f"+1425555{n:04}")
    Conversation.objects.filter(pk=made.pk).update(**changed)
    return made


def turn(conversation, agent, begins, lasts):
    Session.objects.create(
        conversation=conversation, agent=agent, queue=conversation.queue, state="closed",
        created_at=begins, agent_accepted_at=begins, closed_at=begins + lasts,
    )  # fmt: skip


@pytest.fixture
def day(world, drain):
    """A day of work: by name, the conversations in it."""
    alice, minute, hour = world.agents["alice"], timedelta(minutes=1), timedelta(hours=1)
    made = {
        "old": a_conversation(world, drain, 1, created_at=NOW - 30 * hour, state_changed_at=NOW - 30 * hour),
        "fresh": a_conversation(world, drain, 2, created_at=NOW - minute, state_changed_at=NOW - minute),
        "active": a_conversation(
            world, drain, 3, created_at=NOW - 2 * hour, state=State.ACTIVE, agent=alice, units=20,
            state_changed_at=NOW - 10 * minute,
        ),
        "closed": a_conversation(
            world, drain, 4, created_at=NOW - 3 * hour, state=State.CLOSED, closed_by=alice,
            closed_at=NOW - hour, state_changed_at=NOW - hour,
        ),
        "yesterday": a_conversation(
            world, drain, 5, created_at=NOW - 20 * hour, state=State.CLOSED, closed_by=alice,
            closed_at=NOW - 18 * hour, state_changed_at=NOW - 18 * hour,
        ),
        "unread": a_conversation(
            world, drain, 6, created_at=NOW - 4 * hour, state=State.CLOSED, closed_at=NOW - 2 * hour,
            state_changed_at=NOW - 2 * hour,
        ),
    }  # fmt: skip
    turn(made["active"], alice, NOW - 2 * hour + 4 * minute, minute)
    turn(made["closed"], alice, NOW - 3 * hour + 2 * minute, 10 * minute)
    turn(made["closed"], alice, NOW - 2 * hour, 20 * minute)
    turn(made["yesterday"], alice, NOW - 19 * hour, hour)
    return made


# By figure: today, and in the last 24 hours.
BEHIND = {
    "open": ({"old", "fresh"}, {"old", "fresh"}),
    "active": ({"active"}, {"active"}),
    "waiting": (set(), set()),
    "wrap-up": (set(), set()),
    "started": (
        {"fresh", "active", "closed", "unread"},
        {"fresh", "active", "closed", "unread", "yesterday"},
    ),
    "closed": ({"closed", "unread"}, {"closed", "unread", "yesterday"}),
    "open-long": ({"old"}, {"old"}),
    "active-long": ({"active"}, {"active"}),
    "load": ({"active"}, {"active"}),
    "wait": ({"active", "closed"}, {"active", "closed", "yesterday"}),
    "response": (set(), set()),
    "handle": ({"closed"}, {"closed", "yesterday"}),
}


def scope(span="today"):
    with timezone.override("UTC"):
        return today.scope_of(span, NOW)


@pytest.mark.parametrize("span", ["today", "24h"])
def test_the_list_behind_a_figure_has_exactly_what_it_counts(day, span):
    assert set(BEHIND) == set(figures.FIGURES)
    found = figures.values(figures.FIGURES, scope(span))
    names = {conversation.pk: name for name, conversation in day.items()}
    for slug, expected in BEHIND.items():
        page = figures.behind(figures.FIGURES[slug], scope(span), skip=0, size=50)
        assert {names[row.pk] for row in page.rows} == expected[span == "24h"], slug
        assert found[slug].count == len(page.rows), slug


def test_averages_are_of_those_conversations(day):
    found = figures.values(["wait", "handle", "response"], scope())

    assert found["wait"].average == timedelta(minutes=3)
    assert found["handle"].average == timedelta(minutes=30)
    assert found["response"].average is None


def test_the_first_response_is_the_first_text_that_was_sent(world, taken, alice):
    write(alice, taken, "Hello")
    sent = taken.messages.get(direction="outbound").created_at

    found = figures.values(["response"], figures.Scope(taken.created_at, timezone.now()))

    assert found["response"].average == sent - taken.created_at


def test_the_first_response_is_counted_for_whoever_wrote_it(world, drain, taken, alice, bob, now):
    write(alice, taken, "Hello")
    alice.post(url("release", taken))
    bob.post(url("pick", taken, "open"))
    write(bob, taken, "Hello again")
    sent = taken.messages.filter(direction="outbound").order_by("seq")[0].created_at

    found = figures.agents(figures.Scope(taken.created_at, timezone.now()))

    assert [(line.name, line.response) for line in found] == [("Bob", None)]
    services.pick(conversation_id=text_in(world, drain, "x", sender="+14255550177").pk,
                  agent=world.agents["alice"], now=now)  # fmt: skip
    found = figures.agents(figures.Scope(taken.created_at, timezone.now()))
    assert {line.name: line.response for line in found} == {"Alice": sent - taken.created_at, "Bob": None}


def test_a_plot_has_a_bar_for_each_hour_of_the_readers_day(day):
    hours = figures.by_hour("started", scope())

    assert len(hours) == 16
    assert (hours[15], hours[13], hours[12], hours[11], sum(hours)) == (1, 1, 1, 1, 4)


def test_a_day_begins_at_midnight_of_the_reader():
    with timezone.override("Europe/Zurich"):
        assert today.scope_of("today", NOW).since == datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


def test_queues_and_agents_have_lines_of_their_own(world, day):
    waiting = {line.name: (line.waiting.count, line.oldest) for line in figures.queues(scope())}
    agents = [
        (line.name, line.used, line.in_hand.count, line.closed.count, line.handle)
        for line in figures.agents(scope())
    ]

    assert waiting == {"Default queue": (2, NOW - timedelta(hours=30)), "Billing": (0, None)}
    assert agents == [("Alice", 20, 1, 1, timedelta(minutes=30))]


@pytest.mark.parametrize(
    ("lasted", "words"),
    [(None, "–"), (5, "5 s"), (65, "1 min 5 s"), (3700, "1 h 1 min"), (200000, "2 d 7 h")],
)
def test_durations_are_told_in_two_units(lasted, words):
    assert today.lasting(lasted and timedelta(seconds=lasted)) == words


def test_a_figure_stops_counting_and_says_so(day, monkeypatch):
    monkeypatch.setattr(figures, "LOOKED_AT", 3)

    found = figures.values(["started"], scope())["started"]
    page = figures.behind(figures.FIGURES["started"], scope(), skip=2, size=2)

    assert today.counted(found) == "2+"
    assert (len(page.rows), page.is_last) == (1, True)


# --- the pages ---------------------------------------------------------------------------------------


def test_the_page_leads_to_the_list_behind_each_figure(world, waiting, as_user):
    sam = as_user("sam")

    page = sam.get("/desk/today/").content.decode()

    for slug in set(figures.FIGURES) - {"load"}:
        assert f'href="/desk/today/{slug}/?span=today"' in page
        assert sam.get(f"/desk/today/{slug}/?span=today").status_code == 200
    listed = sam.get(f"/desk/today/open/?queue={world.default_queue.pk}").content.decode()
    assert url("conversation", waiting) in listed
    assert (
        url("conversation", waiting)
        not in sam.get(f"/desk/today/open/?queue={world.billing.pk}").content.decode()
    )


@pytest.mark.parametrize(
    "path",
    [
        "/desk/today/?span=x",
        "/desk/today/open/?skip=99999999999999999999",
        "/desk/today/open/?skip=-1&span=%00",
    ],
)
def test_odd_addresses_are_forgiven(as_user, path):
    assert as_user("sam").get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/desk/today/what/", "/desk/today/open/?queue=x", "/desk/today/open/?agent=99"]
)
def test_what_is_not_there_is_not_found(as_user, path):
    assert as_user("sam").get(path).status_code == 404


def test_for_agents_there_are_no_figures(alice):
    assert alice.get("/desk/today/").status_code == 404
    assert alice.get("/desk/today/open/").status_code == 404
    assert "/desk/today/" not in alice.get("/desk/my/").content.decode()


def test_the_page_takes_few_statements(day, as_user):
    sam = as_user("sam")
    sam.get("/desk/today/")

    assert statements(lambda: sam.get("/desk/today/")) <= 16
    assert statements(lambda: sam.get("/desk/today/wait/")) <= 7


def test_services_and_figures_agree_on_a_day_at_the_desk(world, taken, now):
    options = {"conversation_id": taken.pk, "agent": world.agents["alice"]}
    services.end(now=timezone.now(), **options)
    services.close_session(now=timezone.now(), **options)

    found = figures.values(["started", "closed", "handle"], figures.Scope(taken.created_at, timezone.now()))

    assert [value.count for value in found.values()] == [1, 1, 1]
