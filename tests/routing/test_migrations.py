"""Rows of conditions become the rules' own value, and nothing of them is lost."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@pytest.mark.django_db(transaction=True)
def test_rows_become_the_condition_of_their_rule() -> None:
    before = [("routing", "0002_rule_condition"), ("conversations", "0001_initial")]
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    try:
        executor.migrate(before)
        apps = executor.loader.project_state(before).apps
        stream = apps.get_model("routing", "WorkStream").objects.create(name="S")
        queue = apps.get_model("routing", "Queue").objects.create(name="Q")
        rules = apps.get_model("routing", "RoutingRule").objects
        last = rules.create(work_stream=stream, queue=queue, name="last", position=9, match="any")
        rules.create(work_stream=stream, queue=queue, name="first", position=2)
        for value in ("b", "a"):
            last.conditions.create(field="first_message", operator="contains", value=value)

        executor = MigrationExecutor(connection)
        executor.migrate(newest)
        apps = executor.loader.project_state(newest).apps
        rules = apps.get_model("routing", "RoutingRule").objects
        last, first = rules.get(name="last"), rules.get(name="first")
    finally:
        MigrationExecutor(connection).migrate(newest)

    assert (first.position, first.condition) == (1, {"match": "all", "conditions": []})
    assert last.position == 2
    assert last.condition == {
        "match": "any",
        "conditions": [
            {"field": "first_message", "operator": "contains", "value": "b"},
            {"field": "first_message", "operator": "contains", "value": "a"},
        ],
    }
