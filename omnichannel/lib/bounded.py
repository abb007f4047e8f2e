"""Counting that costs no more than a limit, whatever there is to count."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery


class _Count(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS bounded)"
    output_field = IntegerField()


def bounded_count(rows: QuerySet[Any, Any], at_most: int) -> Subquery:
    """How many rows there are, `at_most` at most, as a column for annotate()."""
    return _Count(rows.order_by().values("pk")[:at_most])
