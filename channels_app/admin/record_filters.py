"""What the lists of the channels are filtered by."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from channels_app.models import Number, ProviderAccount
from channels_app.narrowing import ANSWERS, of_channel
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


class StatusClass(admin.SimpleListFilter):
    """By what a call came to; each class has an index of its own."""

    title = "answer"
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The classes."""
        return [(value, words) for value, (words, _) in ANSWERS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those of the chosen class."""
        chosen = ANSWERS.get(str(self.value() or ""))
        return queryset.filter(**chosen[1]) if chosen else queryset
