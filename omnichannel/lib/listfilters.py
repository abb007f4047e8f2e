"""Filters of administration lists that are served by an index, whatever the table's size."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from omnichannel.lib import periods
from omnichannel.lib.ids import whole_number


class PeriodFilter(admin.ListFilter):
    """Today, the last 24 hours, 7 days, or from … to … in the reader's zone. Use `during(field)`."""

    title = "time"
    template = "admin/period_filter.html"
    field: ClassVar[str]
    names = ("when", "from", "to")

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.names:
            if name in params:
                given = params.pop(name)
                self.used_parameters[name] = str(given[-1] if isinstance(given, list) else given)
        self.problem, self.rest = "", [(k, v) for k, v in request.GET.items() if k not in (*self.names, "p")]
        self.zone = timezone.get_current_timezone_name()
        self.since, self.until = (self.used_parameters.get(name, "") for name in ("from", "to"))

    def has_output(self) -> bool:
        """Always."""
        return True

    def expected_parameters(self) -> list[str | None]:
        """Its names in the address."""
        return list(self.names)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The fixed spans."""
        chosen = self.used_parameters.get("when", "")
        yield {
            "selected": not self.used_parameters,
            "query_string": changelist.get_query_string(remove=list(self.names)),
            "display": "Any time",
        }
        for value, words in periods.CHOICES:
            query = changelist.get_query_string({"when": value}, remove=list(self.names))
            yield {"selected": chosen == value, "query_string": query, "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """What lies within; nothing when what was typed is no time."""
        try:
            start, end = self._bounds(timezone.now())
        except periods.NotATime as error:
            self.problem = str(error)
            return queryset.none()
        found = queryset.filter(**{f"{self.field}__gte": start}) if start else queryset
        return found.filter(**{f"{self.field}__lt": end}) if end else found

    def _bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        given: dict[str, Any] = self.used_parameters
        return periods.bounds(
            when=given.get("when", ""), since=given.get("from", ""), until=given.get("to", ""), now=now
        )


def during(field: str) -> type[PeriodFilter]:
    """A PeriodFilter over a column."""
    return type("During", (PeriodFilter,), {"field": field})


class ByIdFilter(admin.SimpleListFilter):
    """One of a few records (accounts, our numbers), by its id; at most LISTED of them are offered."""

    LISTED = 200
    column: ClassVar[str]

    def rows(self) -> QuerySet:
        """Those offered, in order."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Their ids and names."""
        return [(str(row.pk), str(row)) for row in self.rows()[: self.LISTED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those of the chosen one."""
        chosen = str(self.value() or "")
        if not chosen:
            return queryset
        pk = whole_number(chosen)
        return queryset.none() if pk is None else queryset.filter(**{self.column: pk})
