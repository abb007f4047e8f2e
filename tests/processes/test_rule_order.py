"""Many who order one list of rules at once, on PostgreSQL: the positions stay 1, 2, 3 …, each rule once."""

import random
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from routing.models import RoutingRule
from routing.services import Stale, delete_rule, move_rule, reorder_rules, save_rule
from tests.world import World, build_world


def order(world: World) -> list[int]:
    return list(world.stream.rules.order_by("position", "id").values_list("id", flat=True))


def act(world: World, seed: int) -> str:
    """One person's change, as a page would make it from what it saw."""
    chance = random.Random(seed)
    try:
        seen = order(world)
        what = chance.choice(["move", "reorder", "add", "delete"])
        if what == "add":
            save_rule(
                RoutingRule(work_stream=world.stream, name=f"new {seed}", queue=world.billing),
                position=chance.choice([None, 1, 3]),
            )
        elif what == "reorder":
            reorder_rules(work_stream=world.stream, ids=chance.sample(seen, len(seen)), seen=seen)
        else:
            rule = RoutingRule.objects.filter(pk=chance.choice(seen)).first()
            if rule is None:
                raise Stale("gone")
            if what == "delete":
                delete_rule(rule)
            else:
                move_rule(rule=rule, by=chance.choice([-1, 1]))
    except Stale:
        return "stale"
    finally:
        connection.close()
    return "done"


def test_rules_stay_numbered_whatever_is_done_at_once(times_as_many: int) -> None:
    world = build_world()
    for n in range(12):
        save_rule(RoutingRule(work_stream=world.stream, name=str(n), queue=world.billing))

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda seed: act(world, seed), range(60 * times_as_many)))

    positions = list(world.stream.rules.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
    assert outcomes.count("done") > 10
