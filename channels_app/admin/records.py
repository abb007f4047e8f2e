"""Administration of what came in and went out: receipts, refusals, opt-outs, deliveries, calls."""

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html

from channels_app import accounts
from channels_app.admin.parts import state_chip
from channels_app.admin.record_filters import AccountFilter
from channels_app.models import Delivery, OptOut, ProviderCall, Refusal
from channels_app.status import FINAL
from contacts.search import address_ids
from omnichannel.lib.backoffice import NOTHING, FoundByIndex, RecordAdmin, chip, table
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
class OptOutAdmin(FoundByIndex, RecordAdmin):
    """Pairs of number and customer that are closed, or were."""

    list_display = ("address", "number", "started_at", "ended_at", "source")
    list_display_links = ("address",)
    list_select_related = ("address", "number")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    matching = staticmethod(lambda pairs, text: pairs.filter(address__in=address_ids(text)))
    search_help_text = "The customer's number, or the beginning of their name"
    fields = ("address", "number", "started_at", "ended_at", "source")


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    """Texts on their way out, and what became of them."""

    list_display = ("delivery", "address", "number", "shown_state", "explanation", "created_at")
    list_filter = ("state",)
    list_select_related = ("address", "number")
    search_fields = ("external_id__exact",)
    search_help_text = "The provider's id, whole"
    fieldsets = (
        ("The text", {"fields": ("text", "address", "number", "priority", "created_at")}),
        (
            "What became of it",
            {"fields": ("shown_state", "state_changed_at", "why", "external_id", "attempts")},
        ),
        ("What happened", {"fields": ("events_shown", "retried", "not_before", "not_after", "next_try")}),
    )

    @admin.display(description="delivery")
    def delivery(self, delivery: Delivery) -> str:
        """Its number."""
        return f"Delivery {delivery.pk}"

    @admin.display(description="state")
    def shown_state(self, delivery: Delivery) -> str:
        """Its word."""
        return state_chip(delivery.state)

    @admin.display(description="why")
    def why(self, delivery: Delivery) -> str:
        """The sentence, our word, and the provider's code with its page."""
        url = accounts.provider_of(delivery.account).error_url(delivery.provider_code)
        link = format_html('<a href="{}" rel="noreferrer">{}</a>', url, delivery.provider_code) if url else ""
        return (
            format_html("{} {} {}", delivery.explanation, delivery.error, link) if delivery.error else NOTHING
        )

    @admin.display(description="in order")
    def events_shown(self, delivery: Delivery) -> str:
        """What we did and each report."""
        events = delivery.events.order_by("id")[:100]
        rows = [
            (timezone.localtime(e.at).strftime("%Y-%m-%d %H:%M:%S"), e.word, e.provider_code, e.detail)
            for e in events
        ]
        return table(["When", "Word", "Code", "Detail"], rows, empty="Nothing yet.")

    @admin.display(description="try again of")
    def retried(self, delivery: Delivery) -> str:
        """The delivery before this one."""
        return str(delivery.retry_of) if delivery.retry_of else NOTHING

    @admin.display(description="next try at")
    def next_try(self, delivery: Delivery) -> object:
        """Only while there will be one."""
        return NOTHING if delivery.state in FINAL else timezone.localtime(delivery.next_attempt_at)


@admin.register(ProviderCall)
class ProviderCallAdmin(RecordAdmin):
    """Our requests to providers, without secrets."""

    list_display = ("__str__", "at", "account", "shown_status", "duration_ms")
    list_select_related = ("account",)
    fields = (
        "at",
        "account",
        "delivery",
        "method",
        "url",
        "shown_status",
        "duration_ms",
        "error",
        "answer_shown",
    )

    @admin.display(description="answer")
    def shown_status(self, call: ProviderCall) -> str:
        """The status, or why there was none."""
        if call.status is None:
            return chip(call.error or "No answer", "bad")
        return chip(call.status, "bad" if call.status >= 400 else "")

    @admin.display(description="body")
    def answer_shown(self, call: ProviderCall) -> str:
        """As it came, without secrets."""
        return format_html('<pre class="raw" tabindex="0">{}</pre>', call.answer or NOTHING)
