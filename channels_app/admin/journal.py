"""The webhook journal: requests of providers as they came, what became of them, and Replay."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from agents.roles import sees_numbers
from channels_app import accounts, journal, receipts, reports
from channels_app.admin.parts import state_chip
from channels_app.admin.record_filters import AccountFilter, NumberFilter
from channels_app.models_health import Replay
from channels_app.models_receipts import InboundText, WebhookReceipt
from omnichannel.lib.audit import note_read
from omnichannel.lib.backoffice import NOTHING, RecordAdmin, moment, table
from omnichannel.lib.ids import whole_number
from omnichannel.lib.listfilters import during


@admin.register(WebhookReceipt)
class WebhookReceiptAdmin(RecordAdmin):
    """Requests of providers, as they came. Failed ones can be replayed."""

    list_display = (
        "receipt",
        "received_at",
        "shown_state",
        "reason",
        "channel",
        "number",
        "account",
        "attempts",
    )
    list_filter = ("state", "channel", NumberFilter, AccountFilter, during("received_at"))
    list_select_related = ("account", "number")
    actions = ("replay_selected",)
    change_form_template = "admin/channels_app/webhookreceipt/change_form.html"
    fieldsets = (
        (
            "What became of it",
            {
                "fields": (
                    *(
                        "shown_state",
                        "reason",
                        "next_step",
                        "about",
                        "attempts",
                        "received_at",
                        "processed_at",
                    ),
                    *("next_try", "replayed"),
                )
            },
        ),
        (
            "What came",
            {
                "fields": (
                    *("account", "channel", "number", "request_line", "content_type", "parameters", "raw"),
                    "headers_shown",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Bodies are read on the page of one, not in lists."""
        found = super().get_queryset(request)
        return found if _is_of_one(request) else found.defer("body", "headers", "path")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The receipt, with its request as this person may read it; that is noted."""
        receipt = super().get_object(request, object_id, from_field)
        if receipt is not None and _is_of_one(request):
            whole = sees_numbers(request.user)
            receipt.shown = journal.shown(receipt, secrets=accounts.secrets_of(receipt.account), whole=whole)
            if whole:
                note_read(receipt, what="raw request")
        return receipt

    @admin.display(description="receipt")
    def receipt(self, receipt: WebhookReceipt) -> str:
        """Its number."""
        return f"Receipt {receipt.pk}"

    @admin.display(description="state")
    def shown_state(self, receipt: WebhookReceipt) -> str:
        """Its word."""
        return state_chip(receipt.state)

    @admin.display(description="next step")
    def next_step(self, receipt: WebhookReceipt) -> str:
        """What a person should do."""
        return journal.next_step(receipt)

    @admin.display(description="what it was")
    def about(self, receipt: WebhookReceipt) -> str:
        """The text that was taken out of it, or the delivery that it reported on."""
        if text := InboundText.objects.filter(receipt=receipt).first():
            url = reverse("admin:channels_app_inboundtext_change", args=[text.pk])
            return format_html('<a href="{}">Text {}</a>', url, text.pk)
        if delivery := reports.reported_by(receipt):
            url = reverse("admin:channels_app_delivery_change", args=[delivery.pk])
            return format_html('<a href="{}">Report on delivery {}</a>', url, delivery.pk)
        return NOTHING

    @admin.display(description="next try at")
    def next_try(self, receipt: WebhookReceipt) -> object:
        """Only while there will be one."""
        return timezone.localtime(receipt.next_attempt_at) if receipt.state == "received" else NOTHING

    @admin.display(description="replayed")
    def replayed(self, receipt: WebhookReceipt) -> str:
        """Who had it taken again, when, and why it had failed."""
        replays = Replay.objects.filter(receipt=receipt).select_related("by").order_by("-id")[:50]
        rows = [(moment(r.at), r.by or "Somebody", r.reason) for r in replays]
        return table(["When", "Who", "It had failed because"], rows, empty="Never.")

    @admin.display(description="request")
    def request_line(self, receipt: Any) -> str:
        """Method and path, without the token of the inbound URL."""
        return format_html("<code>{}</code>", receipt.shown.line)

    @admin.display(description="parameters")
    def parameters(self, receipt: Any) -> str:
        """The form or query string, decoded, without secrets."""
        return table(["Name", "Value"], receipt.shown.parameters, empty="None.")

    @admin.display(description="raw body")
    def raw(self, receipt: Any) -> str:
        """As it came, without secrets; what is no UTF-8 shows as �."""
        return format_html('<pre class="raw" tabindex="0">{}</pre>', receipt.shown.body or NOTHING)

    @admin.display(description="headers")
    def headers_shown(self, receipt: Any) -> str:
        """Without signatures and credentials."""
        return table(["Header", "Value"], receipt.shown.headers, empty="None kept.")

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
        count = receipts.replay(queryset, by=request.user, now=timezone.now())
        if count:
            messages.success(request, f"Replayed: {count} will be taken again in a moment.")
            if count == receipts.REPLAYED_AT_ONCE:
                messages.warning(request, f"At most {count} are replayed at once: do it again for the rest.")
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
        failed = WebhookReceipt.objects.filter(pk=whole_number(object_id) or 0, state="failed")
        may_replay = self.has_replay_permission(request) and failed.exists()
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "may_replay": may_replay}
        )


def _is_of_one(request: HttpRequest) -> bool:
    return bool(request.resolver_match and "object_id" in request.resolver_match.kwargs)
