"""Filters of administration lists that every room uses."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date


class Between(admin.ListFilter):
    """From one day to another, in the reader's time zone, both included. A subclass names the field."""

    title = "days"
    template = "admin/includes/between_filter.html"
    field_name = ""

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[Any]:
        return ["from", "to"]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Days that are none are no limit."""
        first, last = self._day("from"), self._day("to")
        if first:
            queryset = queryset.filter(**{f"{self.field_name}__gte": midnight(first)})
        if last and last < date.max:
            queryset = queryset.filter(**{f"{self.field_name}__lt": midnight(last + timedelta(days=1))})
        return queryset

    def _day(self, name: str) -> date | None:
        try:
            found = parse_date(str(self.used_parameters.get(name, "")))
        except ValueError:
            return None
        return found if found and found.year > 1 else None

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """One: what the form needs to know."""
        names = self.expected_parameters()
        kept = [(k, v) for k, values in changelist.filter_params.items() for v in values if k not in names]
        days = {name: (found.isoformat() if (found := self._day(name)) else "") for name in names}
        yield {
            "first": days["from"],
            "last": days["to"],
            "kept": kept,
            "zone": timezone.get_current_timezone_name(),
            "without": changelist.get_query_string(remove=names),
        }


def midnight(day: date) -> datetime:
    """When a day begins for the reader."""
    return timezone.make_aware(datetime.combine(day, time.min))
