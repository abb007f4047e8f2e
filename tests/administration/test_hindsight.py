"""What a rule would have done with last week's conversations: counted, listed, and nothing saved."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conversations import hindsight
from conversations.models import Conversation, RoutingDecision
from routing.conditions import Condition, all_of
from routing.models import RoutingRule
from routing.rules import Rule
from routing.services import as_value, save_rule
from tests.administration.test_rules import ADD, BILL, form
from tests.world import World, post_webhook, text_params

TEXTS = ["My bill", "Another bill, please", "Where is my bike?"]


@pytest.fixture
def texts(world: World, drain: Any) -> None:
    """Three customers wrote; one of them about a bike, which has a rule."""
    save_rule(
        RoutingRule(work_stream=world.stream, name="Another", queue=world.billing),
        all_of(Condition("first_message", "begins_with", "another")),
    )
    for n, text in enumerate(TEXTS, start=1):
        post_webhook(world.inbound_url, text_params(text, sender=f"+1425555010{n}", number=n))
    drain()


def look(world: World, rule: Rule, position: int | None = None, user: str = "ada") -> hindsight.Hindsight:
    return hindsight.would_have(
        user=world.users[user], work_stream=world.stream, rule=rule, position=position, now=timezone.now()
    )


BILLS = Rule(0, "Bills", 1, all_of(Condition(*BILL)))


def test_preview_tells_what_would_have_been_and_saves_nothing(ada: Client, world: World, texts: None) -> None:
    response = ada.post(ADD, form(world, BILL, _preview="1"))

    page = " ".join(response.content.decode().split())
    assert "Would have matched 2 of last week's 3 conversations, and won 1 at its place." in page
    assert "“Another” wins" in page
    first = Conversation.objects.get(decisions__facts__first_message="My bill")
    assert reverse("admin:conversations_conversation_change", args=[first.pk]) in page
    assert "No rule was true: Default queue." in page
    assert "bike" not in page
    assert 'value="VIP"' in page
    assert RoutingRule.objects.count() == 1


def test_a_rule_with_faults_is_mended_first(ada: Client, world: World, texts: None) -> None:
    page = ada.post(ADD, form(world, ("first_message", "equals", ""), _preview="1")).content.decode()

    assert "Enter the value to compare with." in page
    assert "Would have matched" not in page


def test_a_saved_rule_is_tried_at_its_own_place_with_what_was_typed(
    ada: Client, world: World, texts: None
) -> None:
    rule = RoutingRule.objects.get()
    url = reverse("admin:routing_routingrule_change", args=[rule.pk])

    page = " ".join(ada.post(url, form(world, BILL, _preview="1")).content.decode().split())

    assert "Would have matched 2 of last week's 3 conversations, and won 2 at its place." in page
    rule.refresh_from_db()
    assert (rule.name, rule.condition["conditions"][0]["operator"]) == ("Another", "begins_with")


@pytest.mark.parametrize(("position", "won"), [(None, 1), (1, 2), (2, 1), (99, 1)])
def test_what_it_wins_depends_on_its_place(world: World, texts: None, position: int | None, won: int) -> None:
    found = look(world, BILLS, position)

    assert (found.looked_at, found.matched, found.won) == (3, 2, won)


def test_only_last_week_counts_and_only_what_is_known(world: World, texts: None) -> None:
    ids = list(RoutingDecision.objects.order_by("id").values_list("id", flat=True))
    RoutingDecision.objects.filter(pk=ids[0]).update(decided_at=timezone.now() - timedelta(days=8))
    RoutingDecision.objects.filter(pk=ids[1]).update(facts={})

    found = look(world, Rule(0, "All", 1, all_of()))

    assert (found.looked_at, found.matched) == (2, 1)


def test_a_bound_is_said(ada: Client, world: World, texts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hindsight, "MOST_DECISIONS", 2)

    page = " ".join(ada.post(ADD, form(world, BILL, _preview="1")).content.decode().split())

    assert "There were more: the newest 2 were looked at." in page


def test_what_a_person_may_not_see_is_neither_counted_nor_listed(world: World, texts: None) -> None:
    assert look(world, BILLS, user="bob").matched == 2
    assert look(world, BILLS, user="alice").matched == 1


def test_it_costs_the_same_however_many_there_are(world: World, texts: None) -> None:
    rule = as_value(RoutingRule.objects.get())
    look(world, rule)  # the role is read once per person
    with CaptureQueriesContext(connection) as few:
        look(world, rule)
    decision = RoutingDecision.objects.first()
    for _ in range(60):
        decision.pk = None
        decision.save()
    with CaptureQueriesContext(connection) as many:
        look(world, rule)
    assert len(few) == len(many)
    assert not [q for q in many if not q["sql"].lstrip().upper().startswith(("SELECT", "WITH"))]


def test_the_page_warns_of_the_rule_as_it_was_typed(ada: Client, world: World) -> None:
    contradiction = [("account.name", "has_data", ""), ("account.name", "no_data", "")]

    page = ada.post(ADD, form(world, *contradiction, _preview="1")).content.decode()

    assert "Can never be true: its conditions contradict one another." in page
