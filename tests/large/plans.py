"""What a page read: its statements, and how many rows of the large tables each of them touched."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from tests.large.rows import VARIED

LARGE = frozenset(model._meta.db_table for model in VARIED)


@dataclass
class Seen:
    """The statements of one request."""

    statements: list[tuple[str, Any]] = field(default_factory=list)

    def reads(self) -> Iterator[tuple[str, str, int]]:
        """(kind of scan, table, rows touched) for each look at a large table."""
        for sql, params in self.statements:
            if sql.lstrip().upper().startswith("SELECT") and any(table in sql for table in LARGE):
                yield from _scans(_plan(sql, params))


@contextmanager
def statements() -> Iterator[Seen]:
    """Keeps every statement that runs inside."""
    seen = Seen()

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield seen


def _plan(sql: str, params: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def _scans(node: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    if node.get("Relation Name") in LARGE:
        touched = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield node["Node Type"], node["Relation Name"], int(touched * node["Actual Loops"])
    for child in node.get("Plans", []):
        yield from _scans(child)
