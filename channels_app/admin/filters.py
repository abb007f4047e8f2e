"""Filters above the lists of the channels."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from channels_app import attention


class TroubleFilter(admin.SimpleListFilter):
    """What wants a person about SMS Settings or WhatsApp accounts, as the home page counts it."""

    title = "needs attention"
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One chip each."""
        return [
            (attention.VALIDATION_FAILED, "Validation failed"),
            (attention.VALIDATION_WARNED, "Validated with a warning"),
            (attention.NEVER_VALIDATED, "Never validated"),
            (attention.NUMBER_MISSING, "No number"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those with the chosen trouble."""
        kind = self.value() or ""
        known = {word for word, _ in self.lookup_choices}
        return attention.with_trouble(queryset, kind) if kind in known else queryset
