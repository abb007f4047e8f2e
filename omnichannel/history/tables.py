"""Writing rows by the million: COPY on PostgreSQL, many at once elsewhere, indexes made afterwards."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Model
from django.db.models.fields import NOT_PROVIDED

AT_ONCE = 20_000
NULL = r"\N"


class Table:
    """Rows of one model on their way into the database; ids go on from the highest there is.

    `columns` (fields' attribute names) differ from row to row; the others are as a new record has them.
    Values are texts, whole numbers or None, in the forms that both engines read.
    """

    def __init__(self, model: type[Model], *columns: str, **same: Any) -> None:
        """`same` has the columns that are alike in all rows."""
        self.model, self.name = model, model._meta.db_table
        rest = {f.attname: f for f in model._meta.concrete_fields if f.attname not in {"id", *columns}}
        fixed = {n: same[n] if n in same else _usual(f) for n, f in rest.items()}
        fixed = {name: value for name, value in fixed.items() if value is not NOT_PROVIDED}
        self.fixed = tuple(fixed.values())
        fields = {f.attname: f.column for f in model._meta.concrete_fields}
        self.columns = ["id", *(fields[name] for name in columns), *(fields[name] for name in fixed)]
        self.next_id = (model._default_manager.aggregate(last=Max("pk"))["last"] or 0) + 1
        self.rows: list[tuple[Any, ...]] = []

    def add(self, *values: Any) -> int:
        """Take a row; returns its id."""
        pk = self.next_id
        self.next_id += 1
        self.rows.append((pk, *values, *self.fixed))
        return pk

    def write(self) -> None:
        """Everything taken so far, if it is worth a trip."""
        if len(self.rows) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Everything taken so far."""
        names = ", ".join(f'"{column}"' for column in self.columns)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                lines = "".join("\t".join(map(_copied, row)) + "\n" for row in self.rows)
                cursor.copy_expert(f'COPY "{self.name}" ({names}) FROM STDIN', io.StringIO(lines))
            else:
                holes = ", ".join(["%s"] * len(self.columns))
                # Names of our own models.
                statement = f'INSERT INTO "{self.name}" ({names}) VALUES ({holes})'  # noqa: S608
                cursor.executemany(statement, self.rows)
        self.rows.clear()


def moment(at: datetime) -> str:
    """A time as both engines read it."""
    return str(at.astimezone(UTC).replace(tzinfo=None))


def _copied(value: Any) -> str:
    return NULL if value is None else str(value)


def _usual(field: Any) -> Any:
    """What a new record has in a field; NOT_PROVIDED when the database knows."""
    if not field.has_default() and field.db_default is not NOT_PROVIDED:
        return NOT_PROVIDED
    value = field.get_default()
    if isinstance(value, bool):
        return int(value)
    return "{}" if value == {} else "[]" if value == [] else value


@contextmanager
def in_bulk(tables: Sequence[Table]) -> Iterator[None]:
    """In one transaction, without asking each reference; on PostgreSQL with indexes made at the end."""
    if connection.vendor != "postgresql":
        with connection.constraint_checks_disabled(), transaction.atomic():
            yield
        return
    with transaction.atomic():
        _unasked()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
            indexes = [index for table in tables for index in _indexes(cursor, table.name)]
            for name, _ in indexes:
                cursor.execute(f'DROP INDEX "{name}"')
        yield
        with connection.cursor() as cursor:
            for _, definition in indexes:
                cursor.execute(definition)
            for table in tables:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {table.next_id})"
                )
                cursor.execute(f'ANALYZE "{table.name}"')
            cursor.execute("SET LOCAL session_replication_role = origin")


def _unasked() -> None:
    """Rows made to fit need no check of each reference; who may not say so waits for it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
    except DatabaseError:
        pass


def _indexes(cursor: Any, table: str) -> list[tuple[str, str]]:
    """Names and definitions of a table's indexes that no constraint needs."""
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "WHERE i.indrelid = %s::regclass AND NOT EXISTS "
        "(SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
        [table],
    )
    return [(name.strip('"'), definition) for name, definition in cursor.fetchall()]
