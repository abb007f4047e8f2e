"""Refused webhooks and opt-outs, to be read."""

from django.contrib import admin
from django.utils.html import format_html

from channels_app.admin.masks import MaskedForOthers
from channels_app.admin.record_filters import AccountFilter
from channels_app.models_receipts import OptOut, Refusal
from contacts.search import address_ids
from omnichannel.lib.backoffice import NOTHING, FoundByIndex, RecordAdmin, table
from omnichannel.lib.listfilters import during


@admin.register(Refusal)
class RefusalAdmin(RecordAdmin):
    """Requests that were refused: the last fifty of each account, without body."""

    list_display = ("refusal", "at", "account", "verdict")
    list_filter = (AccountFilter, during("at"))
    list_select_related = ("account",)
    fields = ("at", "account", "verdict", "both_urls", "reason", "headers")

    @admin.display(description="refusal")
    def refusal(self, refusal: Refusal) -> str:
        """Its number."""
        return f"Refusal {refusal.pk}"

    @admin.display(description="URLs")
    def both_urls(self, refusal: Refusal) -> str:
        """What we expected beside what it was probably signed for."""
        signed = refusal.signed_for or "Not known"
        rows = [("We expected", refusal.computed_url), ("Probably signed for", signed)]
        return table(["", "URL"], [(who, format_html("<code>{}</code>", url)) for who, url in rows], empty="")

    @admin.display(description="headers it had")
    def headers(self, refusal: Refusal) -> str:
        """Only their names were kept."""
        return ", ".join(refusal.headers_present) or NOTHING


@admin.register(OptOut)
class OptOutAdmin(MaskedForOthers, FoundByIndex, RecordAdmin):
    """Pairs of number and customer that are closed, or were."""

    list_display = ("address", "number", "started_at", "ended_at", "source")
    list_display_links = ("address",)
    list_select_related = ("address", "number")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    matching = staticmethod(lambda pairs, text: pairs.filter(address__in=address_ids(text)))
    search_help_text = "The customer's number, or the beginning of their name"
    fields = ("address", "number", "started_at", "ended_at", "source")
