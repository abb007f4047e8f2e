"""The order of routing rules on the page of their work stream: stored by its one save, or not at all."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from routing import admin
from routing.models import RoutingRule
from routing.services import Stale, delete_rule, move_rule
from tests.administration.conftest import errors_of, form_of, messages_of
from tests.administration.test_rules import make, names
from tests.world import World

pytestmark = pytest.mark.usefixtures("at_twilio")


def stream_url(world: World) -> str:
    return reverse("admin:routing_workstream_change", args=[world.stream.pk])


def typed_order(rules: str, **places: str) -> dict[str, str]:
    """What the page sends when these places were typed; `rules` are the names in the order it showed."""
    ids = {name: RoutingRule.objects.get(name=name).pk for name in rules}
    numbers = {f"rule_items-{pk}": places.get(name, str(n)) for n, (name, pk) in enumerate(ids.items(), 1)}
    return {"rule_items-seen": ",".join(map(str, ids.values())), **numbers}


def test_the_page_numbers_its_rules(ada: Client, world: World) -> None:
    rules = [make(world, name) for name in "abc"]

    page = ada.get(stream_url(world)).content.decode()

    seen = ",".join(str(rule.pk) for rule in rules)
    assert f'name="rule_items-seen" value="{seen}"' in page
    for place, rule in enumerate(rules, start=1):
        assert f'name="rule_items-{rule.pk}" value="{place}" min="1" max="3"' in page
    assert "data-unsaved hidden" in page


def test_one_save_stores_the_order_with_the_rest(ada: Client, world: World) -> None:
    for name in "abc":
        make(world, name)
    form = form_of(ada.get(stream_url(world)))

    ada.post(stream_url(world), {**form, "name": "Help", **typed_order("abc", c="1")})

    world.stream.refresh_from_db()
    assert (world.stream.name, names()) == ("Help", "cab")


def test_an_error_elsewhere_stores_no_order_and_keeps_what_was_typed(ada: Client, world: World) -> None:
    for name in "abc":
        make(world, name)
    form = form_of(ada.get(stream_url(world)))

    answer = ada.post(stream_url(world), {**form, "name": "", **typed_order("abc", c="1")})

    page = answer.content.decode()
    assert names() == "abc"
    assert [page.index(f'data-name="{name}"') for name in "cab"] == sorted(
        page.index(f'data-name="{name}"') for name in "abc"
    )
    assert "data-unsaved>" in page
    assert typed_order("abc")["rule_items-seen"] in page


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ({"a": "4"}, "Give each rule a number from 1 to 3."),
        ({"a": "x"}, "Give each rule a number from 1 to 3."),
        ({"b": "1", "c": "1"}, "Two rules were moved to number 1."),
    ],
)
def test_numbers_that_make_no_order_are_told_at_the_rules(
    ada: Client, world: World, places: dict[str, str], told: str
) -> None:
    for name in "abc":
        make(world, name)
    form = form_of(ada.get(stream_url(world)))

    answer = ada.post(stream_url(world), {**form, "name": "Help", **typed_order("abc", **places)})

    world.stream.refresh_from_db()
    assert errors_of(answer)["rule_items"] == [told]
    assert told in answer.content.decode()
    assert (world.stream.name, names()) == ("Support by SMS", "abc")
    for name, place in places.items():
        assert f'name="rule_items-{RoutingRule.objects.get(name=name).pk}" value="{place}"' in (
            answer.content.decode()
        )


def another_was_added(world: World) -> str:
    make(world, "d")
    return "abcd"


def one_was_removed(world: World) -> str:
    delete_rule(RoutingRule.objects.get(name="b"))
    return "ac"


def others_ordered(world: World) -> str:
    move_rule(rule=RoutingRule.objects.get(name="b"), by=-1)
    return "bac"


@pytest.mark.parametrize("meanwhile", [another_was_added, one_was_removed, others_ordered])
def test_an_order_of_a_stale_page_is_refused_as_a_whole(ada: Client, world: World, meanwhile: Any) -> None:
    for name in "abc":
        make(world, name)
    form = form_of(ada.get(stream_url(world))) | typed_order("abc", c="1")
    expected = meanwhile(world)

    answer = ada.post(stream_url(world), {**form, "name": "Help"})

    world.stream.refresh_from_db()
    assert "meanwhile" in errors_of(answer)["rule_items"][0]
    assert (world.stream.name, names()) == ("Support by SMS", expected)
    present = [str(rule.pk) for rule in RoutingRule.objects.order_by("position")]
    assert f'name="rule_items-seen" value="{",".join(present)}"' in answer.content.decode()
    assert "data-unsaved hidden" in answer.content.decode()


def test_a_stale_page_that_ordered_nothing_is_saved(ada: Client, world: World) -> None:
    for name in "abc":
        make(world, name)
    form = form_of(ada.get(stream_url(world))) | typed_order("abc")
    make(world, "d")

    ada.post(stream_url(world), {**form, "name": "Help"})

    world.stream.refresh_from_db()
    assert (world.stream.name, names()) == ("Help", "abcd")


def test_an_order_that_is_lost_at_the_last_moment_is_told_and_nothing_is_stored(
    ada: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check passes, then somebody adds a rule, then we save."""
    for name in "abc":
        make(world, name)
    form = form_of(ada.get(stream_url(world))) | typed_order("abc", c="1")

    def lose(**_: Any) -> None:
        raise Stale("The rules of this work stream are others meanwhile.")

    monkeypatch.setattr(admin, "reorder_rules", lose)

    answer = ada.post(stream_url(world), {**form, "name": "Help"}, follow=True)

    world.stream.refresh_from_db()
    assert messages_of(answer) == ["error: The rules of this work stream are others meanwhile."]
    assert (world.stream.name, names()) == ("Support by SMS", "abc")


def test_who_only_reads_the_page_cannot_send_an_order(as_user: Any, world: World) -> None:
    for name in "abc":
        make(world, name)

    assert as_user("sam").post(stream_url(world), typed_order("abc", c="1")).status_code == 403
    assert names() == "abc"
