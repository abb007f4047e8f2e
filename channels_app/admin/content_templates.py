"""Channels → Content templates: what WhatsApp has approved, to be read, and Sync."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from channels_app import templates
from channels_app.admin.record_filters import AccountFilter
from channels_app.models_whatsapp import ContentTemplate
from omnichannel.lib.backoffice import NOTHING, RecordAdmin, chip, moment, table

Approval = ContentTemplate.Approval
CHIPS = {
    Approval.APPROVED: "ok",
    Approval.REJECTED: "bad",
    Approval.DISABLED: "bad",
    Approval.PAUSED: "warn",
}
# What each approval means for somebody who wants to send it.
MEANINGS = {
    Approval.UNSUBMITTED: "Submit it for WhatsApp's approval at the provider.",
    Approval.RECEIVED: "WhatsApp has it, and has not decided yet.",
    Approval.PENDING: "WhatsApp has it, and has not decided yet.",
    Approval.APPROVED: "It can be sent, also when the 24 hours are over.",
    Approval.REJECTED: "WhatsApp does not allow it. Change it at the provider and submit it again.",
    Approval.PAUSED: "WhatsApp has stopped it for a while, because people complained about it.",
    Approval.DISABLED: "WhatsApp has stopped it for good. Make another one.",
}
ASKED_AT_ONCE = 2


class AccountWithTemplates(AccountFilter):
    """By the account at the provider, of those that have any."""

    def rows(self) -> QuerySet:
        """Accounts with templates, the oldest first."""
        return super().rows().filter(id__in=ContentTemplate.objects.values("account"))


class AtTheProvider(admin.SimpleListFilter):
    """Whether the last look at the provider's list still found it."""

    title, parameter_name = "what the provider has", "there"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both."""
        return [("yes", "Still there"), ("no", "Deleted there")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those chosen."""
        gone = {"yes": False, "no": True}.get(self.value() or "")
        return queryset if gone is None else queryset.filter(gone_at__isnull=not gone)


@admin.register(ContentTemplate)
class ContentTemplateAdmin(RecordAdmin):
    """Copies of what the provider has; nothing can be edited here."""

    list_display = ("name", "language", "shown_approval", "body", "account", "synced_at")
    list_filter = ("approval", "language", AccountWithTemplates, AtTheProvider)
    list_select_related = ("account",)
    search_fields = ("name", "external_id__exact")
    search_help_text = "A part of the name, or the whole Content SID"
    change_list_template = "admin/channels_app/contenttemplate/change_list.html"
    fieldsets = (
        ("What the customer reads", {"fields": ("shown_body", "shown_variables")}),
        ("Approval by WhatsApp", {"fields": ("shown_approval", "meaning", "rejection_reason", "category")}),
        (
            "At the provider",
            {"fields": ("name", "language", "kind", "external_id", "account", "synced_at", "gone")},
        ),
    )

    @admin.display(description="approval", ordering="approval")
    def shown_approval(self, template: ContentTemplate) -> str:
        """Its word; what is gone is said first."""
        if template.gone_at is not None:
            return chip("No longer there", "warn")
        return chip(Approval(template.approval).label, CHIPS.get(Approval(template.approval), ""))

    @admin.display(description="can it be sent?")
    def meaning(self, template: ContentTemplate) -> str:
        """In words, with what to do next."""
        if template.gone_at is not None:
            return "No: it was deleted at the provider."
        if template.approval == Approval.APPROVED and template.unsupported:
            return template.unsupported
        return MEANINGS[Approval(template.approval)]

    @admin.display(description="text")
    def shown_body(self, template: ContentTemplate) -> str:
        """With its line breaks."""
        return format_html('<pre class="raw" tabindex="0">{}</pre>', template.body or NOTHING)

    @admin.display(description="variables")
    def shown_variables(self, template: ContentTemplate) -> str:
        """Each with its example."""
        rows = [
            (f"{{{{{name}}}}}", template.variables.get(name) or NOTHING) for name in templates.names(template)
        ]
        return table(["Variable", "Example"], rows, empty="None.")

    @admin.display(description="missing there since")
    def gone(self, template: ContentTemplate) -> str:
        """When it was first not in the provider's list."""
        return moment(template.gone_at)

    def has_sync_permission(self, request: HttpRequest) -> bool:
        """Whoever may change templates, though nobody edits one."""
        return request.user.has_perm("channels_app.change_contenttemplate")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the Sync button for those who may."""
        found = {**(extra_context or {}), "may_sync": self.has_sync_permission(request)}
        return super().changelist_view(request, found)

    def get_urls(self) -> list[Any]:
        """With Sync."""
        view = self.admin_site.admin_view(self.sync_view)
        return [path("sync/", view, name="channels_app_contenttemplate_sync"), *super().get_urls()]

    def sync_view(self, request: HttpRequest) -> HttpResponse:
        """Ask the providers now."""
        if not self.has_sync_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        done = templates.sync_now(most=ASKED_AT_ONCE, now=timezone.now())
        for account, result in done:
            level = messages.ERROR if result.problem else messages.SUCCESS
            messages.add_message(request, level, f"{account}: {result.sentence}")
        if not done:
            messages.warning(
                request, "There is no WhatsApp account to ask. Make one under Channels, WhatsApp."
            )
        return HttpResponseRedirect(reverse("admin:channels_app_contenttemplate_changelist"))
