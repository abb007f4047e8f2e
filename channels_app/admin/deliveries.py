"""Deliveries, and our calls to providers: what became of each text, in words and step by step."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from channels_app import accounts
from channels_app.admin.masks import MaskedForOthers
from channels_app.admin.parts import state_chip
from channels_app.admin.record_filters import AccountFilter, ChannelOfNumber, NumberFilter, StatusClass
from channels_app.models_deliveries import Delivery, ProviderCall
from channels_app.providers.base import Error
from channels_app.status import FINAL
from channels_app.story import story
from omnichannel.lib.backoffice import NOTHING, RecordAdmin, chip, moment, table
from omnichannel.lib.listfilters import during


def answer_chip(call: ProviderCall) -> str:
    """The status of a call, or why there was none."""
    if call.status is None:
        return chip(call.error or "No answer", "bad")
    return chip(call.status, "bad" if call.status >= 400 else "")


@admin.register(Delivery)
class DeliveryAdmin(MaskedForOthers, RecordAdmin):
    """Texts on their way out, and what became of them."""

    list_display = ("delivery", "address", "number", "shown_state", "explanation", "created_at")
    list_filter = ("state", ChannelOfNumber, NumberFilter, during("created_at"))
    list_select_related = ("address", "number")
    search_fields = ("external_id__exact",)
    search_help_text = "The provider's id, whole"
    fieldsets = (
        ("The text", {"fields": ("text", "address", "number", "priority", "created_at")}),
        (
            "What became of it",
            {
                "fields": (
                    *("shown_state", "happened", "prospect", "next_step", "why", "state_changed_at"),
                    *("external_id", "attempts"),
                )
            },
        ),
        ("Step by step", {"fields": ("events_shown", "retried", "not_before", "not_after", "next_try")}),
        ("Calls to the provider", {"fields": ("calls_shown",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Delivery | None = None) -> Any:
        """Without what nobody knows."""
        found = super().get_fieldsets(request, obj)
        if obj is None or story(obj).prospect:
            return found
        return [
            (name, {**how, "fields": tuple(f for f in how["fields"] if f != "prospect")})
            for name, how in found
        ]

    @admin.display(description="delivery")
    def delivery(self, delivery: Delivery) -> str:
        """Its number."""
        return f"Delivery {delivery.pk}"

    @admin.display(description="state")
    def shown_state(self, delivery: Delivery) -> str:
        """Its word."""
        return state_chip(delivery.state)

    @admin.display(description="what happened")
    def happened(self, delivery: Delivery) -> str:
        """In words."""
        return story(delivery).happened

    @admin.display(description="may it work later?")
    def prospect(self, delivery: Delivery) -> str:
        """May work later, will not work, our fault."""
        return story(delivery).prospect or NOTHING

    @admin.display(description="next step")
    def next_step(self, delivery: Delivery) -> str:
        """What a person should do."""
        return story(delivery).next_step

    @admin.display(description="code")
    def why(self, delivery: Delivery) -> str:
        """Our word, and the provider's code with its page."""
        url = accounts.provider_of(delivery.account).error_url(delivery.provider_code)
        link = format_html('<a href="{}" rel="noreferrer">{}</a>', url, delivery.provider_code) if url else ""
        word = (
            "Another error"
            if delivery.error == Error.OTHER
            else delivery.error.replace("_", " ").capitalize()
        )
        return format_html("{} {}", word, link) if delivery.error else NOTHING

    @admin.display(description="in order")
    def calls_shown(self, delivery: Delivery) -> str:
        """Each request of ours for this text, with a link to it."""
        rows = [
            (
                format_html(
                    '<a href="{}">Call {}</a>',
                    reverse("admin:channels_app_providercall_change", args=[call.pk]),
                    call.pk,
                ),
                moment(call.at),
                call.method,
                answer_chip(call),
                f"{call.duration_ms} ms",
            )
            for call in delivery.calls.order_by("id")[:100]
        ]
        return table(["Call", "When", "Method", "Answer", "Took"], rows, empty="None yet.")

    @admin.display(description="in order")
    def events_shown(self, delivery: Delivery) -> str:
        """What we did and each report."""
        events = delivery.events.order_by("id")[:100]
        rows = [(moment(e.at), e.word, e.provider_code, e.detail) for e in events]
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
class ProviderCallAdmin(MaskedForOthers, RecordAdmin):
    """Our requests to providers, without secrets."""

    list_display = ("call", "at", "account", "method", "shown_status", "duration_ms", "delivery")
    list_filter = (StatusClass, AccountFilter, during("at"))
    list_select_related = ("account", "delivery")
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

    @admin.display(description="call")
    def call(self, call: ProviderCall) -> str:
        """Its number."""
        return f"Call {call.pk}"

    @admin.display(description="answer")
    def shown_status(self, call: ProviderCall) -> str:
        """The status, or why there was none."""
        return answer_chip(call)

    @admin.display(description="body")
    def answer_shown(self, call: ProviderCall) -> str:
        """As it came, without secrets."""
        return format_html('<pre class="raw" tabindex="0">{}</pre>', call.answer or NOTHING)
