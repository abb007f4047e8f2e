"""Texts in: what customers wrote, taken out of its receipt, and what became of it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from channels_app.admin.masks import MaskedForOthers
from channels_app.admin.record_filters import NumberFilter
from channels_app.models_receipts import InboundText
from channels_app.providers import REGISTRY
from omnichannel.lib.backoffice import NOTHING, FoundByIndex, RecordAdmin, chip

DISPOSITIONS = {"conversation": "ok", "unrouted": "warn", "blocked": "", "kept": ""}


class Fetched(admin.SimpleListFilter):
    """Those that never arrived by webhook."""

    title = "way"
    parameter_name = "fetched"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The one that is asked for."""
        return [("yes", "Fetched from the provider")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those chosen."""
        return queryset.filter(is_fetched=True) if self.value() == "yes" else queryset


@admin.register(InboundText)
class InboundTextAdmin(MaskedForOthers, FoundByIndex, RecordAdmin):
    """Customers' texts, each once, whatever became of them."""

    list_display = ("name", "received_at", "address", "number", "shown_disposition", "reason", "way")
    list_filter = ("disposition", NumberFilter, Fetched)
    list_select_related = ("address", "number", "receipt")
    # With the providers, which are few, the index of the constraint serves it.
    matching = staticmethod(lambda texts, text: texts.filter(provider__in=REGISTRY, external_id=text))
    search_help_text = "The provider's id, whole"
    fields = (
        *("external_id", "received_at", "way", "sent_at", "address", "number", "text", "media_count"),
        *("keyword", "shown_disposition", "reason", "receipt"),
    )

    @admin.display(description="text")
    def name(self, text: InboundText) -> str:
        """Its id here."""
        return f"Text {text.pk}"

    @admin.display(description="became")
    def shown_disposition(self, text: InboundText) -> str:
        """Its word."""
        return chip(text.get_disposition_display(), DISPOSITIONS[text.disposition])

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Receipts tell why, without what they keep of the request."""
        return super().get_queryset(request).defer("receipt__body", "receipt__headers")

    @admin.display(description="why")
    def reason(self, text: InboundText) -> str:
        """Why it is in no conversation, as its receipt says."""
        return (text.receipt.reason if text.receipt else "") or NOTHING

    @admin.display(description="way")
    def way(self, text: InboundText) -> str:
        """By webhook, or fetched."""
        return chip("Fetched", "warn") if text.is_fetched else "Webhook"
