"""Administration of what came in and went out: receipts, refusals, opt-outs, deliveries, calls."""

from typing import Any
from urllib.parse import parse_qsl

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from channels_app import accounts, receipts
from channels_app.admin.parts import state_chip
from channels_app.models import Delivery, OptOut, ProviderCall, Refusal, WebhookReceipt
from channels_app.status import FINAL
from omnichannel.lib import redact
from omnichannel.lib.backoffice import NOTHING, RecordAdmin, chip, table


@admin.register(WebhookReceipt)
class WebhookReceiptAdmin(RecordAdmin):
    """Requests of providers, as they came. Failed ones can be replayed."""

    list_display = ("receipt", "received_at", "account", "shown_state", "reason", "attempts")
    list_filter = ("state",)
    list_select_related = ("account",)
    actions = ("replay_selected",)
    change_form_template = "admin/channels_app/webhookreceipt/change_form.html"
    fieldsets = (
        (
            "What became of it",
            {"fields": ("shown_state", "reason", "attempts", "received_at", "processed_at")},
        ),
        (
            "What came",
            {"fields": ("account", "request_line", "content_type", "parameters", "raw", "headers_shown")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Bodies are read on the page of one, not in lists."""
        found = super().get_queryset(request)
        return (
            found
            if request.resolver_match and "object_id" in request.resolver_match.kwargs
            else found.defer("body")
        )

    @admin.display(description="receipt")
    def receipt(self, receipt: WebhookReceipt) -> str:
        """Its number."""
        return f"Receipt {receipt.pk}"

    @admin.display(description="state")
    def shown_state(self, receipt: WebhookReceipt) -> str:
        """Its word."""
        return state_chip(receipt.state)

    @admin.display(description="request")
    def request_line(self, receipt: WebhookReceipt) -> str:
        """Method and path."""
        return format_html("<code>{} {}</code>", receipt.method, receipt.path)

    @admin.display(description="parameters")
    def parameters(self, receipt: WebhookReceipt) -> str:
        """The form or query string, decoded, without secrets."""
        raw = receipt.path.partition("?")[2] if receipt.method == "GET" else self._text(receipt)
        if "json" in receipt.content_type:
            return NOTHING
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=None)
        rows = [(name, redact.MASK if redact.SECRET_NAMES.search(name) else value) for name, value in pairs]
        return table(["Name", "Value"], rows, empty="None.")

    @admin.display(description="raw body")
    def raw(self, receipt: WebhookReceipt) -> str:
        """As it came, without secrets; what is no UTF-8 shows as �."""
        return format_html('<pre class="raw">{}</pre>', self._text(receipt) or NOTHING)

    @admin.display(description="headers")
    def headers_shown(self, receipt: WebhookReceipt) -> str:
        """Without signatures and credentials."""
        return table(["Header", "Value"], sorted(redact.mapping(receipt.headers).items()), empty="None kept.")

    def _text(self, receipt: WebhookReceipt) -> str:
        account = receipt.account
        secrets = (account.secret.reveal(), account.secondary_secret.reveal())
        return redact.text(bytes(receipt.body).decode("utf-8", "replace"), secrets=secrets)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whoever may change receipts, though nobody edits one."""
        return request.user.has_perm("channels_app.change_webhookreceipt")

    @admin.action(permissions=["replay"], description="Replay failed receipts")
    def replay_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take failed receipts again."""
        self._replay(request, queryset)

    def get_urls(self) -> list[Any]:
        """With Replay."""
        view = self.admin_site.admin_view(self.replay_view)
        return [
            path("<int:pk>/replay/", view, name="channels_app_webhookreceipt_replay"),
            *super().get_urls(),
        ]

    def replay_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replay one receipt."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_replay_permission(request):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined, no-any-return]
        self._replay(request, WebhookReceipt.objects.filter(pk=pk))
        return HttpResponseRedirect(reverse("admin:channels_app_webhookreceipt_change", args=[pk]))

    def _replay(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = receipts.replay(queryset, now=timezone.now())
        if count:
            messages.success(request, f"Replayed: {count} will be taken again in a moment.")
        else:
            messages.warning(request, "Nothing was replayed: only failed receipts can be.")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the Replay button where it makes sense."""
        failed = (
            WebhookReceipt.objects.filter(pk=object_id, state="failed") if object_id.isdecimal() else None
        )
        may_replay = failed is not None and self.has_replay_permission(request) and failed.exists()
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "may_replay": may_replay}
        )


@admin.register(Refusal)
class RefusalAdmin(RecordAdmin):
    """Requests that were refused: the last fifty of each account, without body."""

    list_display = ("__str__", "at", "account", "reason")
    list_select_related = ("account",)
    fields = ("at", "account", "reason", "computed_url", "headers_present")


@admin.register(OptOut)
class OptOutAdmin(RecordAdmin):
    """Pairs of number and customer that are closed, or were."""

    list_display = ("address", "number", "started_at", "ended_at", "source")
    list_display_links = ("address",)
    list_select_related = ("address", "number")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("address__value",)
    search_help_text = "The customer's number"
    fields = ("address", "number", "started_at", "ended_at", "source")


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    """Texts on their way out, and what became of them."""

    list_display = ("delivery", "address", "number", "shown_state", "explanation", "created_at")
    list_filter = ("state",)
    list_select_related = ("address", "number")
    search_fields = ("=external_id",)
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
        return format_html('<pre class="raw">{}</pre>', call.answer or NOTHING)
