"""What the lists of the channels are filtered by."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from channels_app.models import Number, ProviderAccount
from omnichannel.lib.listfilters import ByIdFilter
from routing.models import Channel


class NumberFilter(ByIdFilter):
    """By our number."""

    title, parameter_name, column = "our number", "number", "number"

    def rows(self) -> QuerySet:
        """Numbers, those in use first."""
        return Number.objects.order_by(F("deleted_at").desc(nulls_first=True), "value")


class AccountFilter(ByIdFilter):
    """By the account at the provider."""

    title, parameter_name, column = "account", "account", "account"

    def rows(self) -> QuerySet:
        """Accounts, the oldest first."""
        return ProviderAccount.objects.order_by("id")


class ChannelOfNumber(admin.SimpleListFilter):
    """By channel, for records that only know the number: its few numbers are named to the database."""

    title = parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The channels."""
        return list(Channel.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those of its numbers."""
        return of_channel(queryset, str(self.value() or ""))


def of_channel(records: QuerySet, channel: str) -> QuerySet:
    """Records whose number is of a channel; all for an empty one."""
    if not channel:
        return records
    return records.filter(
        number__in=list(Number.objects.filter(channel=channel).values_list("pk", flat=True))
    )


class StatusClass(admin.SimpleListFilter):
    """By what a call came to; each class but the good one has an index of its own."""

    title = "answer"
    parameter_name = "answer"
    CLASSES: ClassVar[dict[str, tuple[str, dict[str, Any]]]] = {
        "good": ("2xx and 3xx", {"status__lt": 400}),
        "refused": ("4xx: refused", {"status__gte": 400, "status__lt": 500}),
        "broken": ("5xx: the provider failed", {"status__gte": 500}),
        "none": ("No answer", {"status__isnull": True}),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The classes."""
        return [(value, words) for value, (words, _) in self.CLASSES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those of the chosen class."""
        chosen = self.CLASSES.get(str(self.value() or ""))
        return queryset.filter(**chosen[1]) if chosen else queryset
