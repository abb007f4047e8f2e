"""The page of a work stream: what several rooms know of it, in the documents' tabs, with one save."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse

from channels_app import validation
from channels_app.admin import LEVELS, ConflictsAreTold
from channels_app.admin.on_stream import (
    SmsNumberInline,
    SmsSettingsInline,
    ask_for_tokens_again,
    introduce,
    tell,
)
from channels_app.models import SmsNumber, SmsSettings
from channels_app.models_whatsapp import WhatsAppNumber
from conversations.routing_again import kept_for
from omnichannel.lib import phones
from routing.admin import WorkStreamAdmin
from routing.channels import enabled_channels
from routing.models import Channel, WorkStream

CHANGES_SETTINGS = "channels_app.change_smssettings"


@dataclass(frozen=True)
class Tab:
    """A tab: fieldsets by their name, and inlines by their model."""

    id: str
    name: str
    sections: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    # The only channel whose streams have it; empty: all.
    channel: str = ""
    template: str = ""
    fieldsets: list[Any] = field(default_factory=list)
    inlines: list[Any] = field(default_factory=list)

    def filled(self, fieldsets: list[Any], inlines: list[Any]) -> "Tab":
        """The tab with its parts of a page."""
        mine = [one for one in fieldsets if one.name in self.sections]
        rows = [one for one in inlines if one.opts.model._meta.label in self.models]
        return replace(self, fieldsets=mine, inlines=rows)

    def is_for(self, stream: WorkStream | None) -> bool:
        """Whether a stream's page has it; a new stream has no channel yet, and nothing to list."""
        if stream is None:
            return not self.template
        return self.channel in ("", stream.channel)


# In the documents' order, with the documents' names. A tab without parts is left out.
TABS = (
    Tab("work-distribution", "Work distribution", ("General information", "Work distribution")),
    Tab("routing-rule-items", "Routing rule items", ("Routing rule items",), ("routing.RoutingRule",)),
    Tab("sms-settings", "SMS Settings", models=("channels_app.SmsSettings",), channel=Channel.SMS),
    Tab("sms-numbers", "SMS Numbers", models=("channels_app.SmsNumber",), channel=Channel.SMS),
    Tab(
        "whatsapp-numbers",
        "WhatsApp numbers",
        channel=Channel.WHATSAPP,
        template="admin/channels_app/on_stream/whatsapp_numbers.html",
    ),
)


@admin.register(WorkStream)
class WorkStreamPage(ConflictsAreTold, WorkStreamAdmin):
    """A work stream with its rules, SMS settings and number: one form, one transaction, one save."""

    inlines = (SmsSettingsInline, SmsNumberInline)

    def get_inlines(self, request: HttpRequest, obj: WorkStream | None) -> Any:
        """SMS Settings and number are for SMS; a new stream may become one."""
        return () if obj is not None and obj.channel != Channel.SMS else self.inlines

    def records_on_page(self, stream: WorkStream) -> list[Any]:
        """What the one save stores; the order of the rules looks after itself."""
        sms_settings = SmsSettings.objects.filter(work_stream=stream).select_related("account").first()
        sms_number = SmsNumber.objects.filter(work_stream=stream).select_related("number").first()
        of_settings = [sms_settings, sms_settings.account] if sms_settings else []
        return [stream, *of_settings, *([sms_number, sms_number.number] if sms_number else [])]

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        """A number needs settings, which may come with the same save."""
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        if request.method == "POST":
            introduce(formsets)
        return formsets, inlines

    def get_inline_formsets(
        self, request: HttpRequest, formsets: list[Any], inline_instances: list[Any], obj: Any = None
    ) -> list[Any]:
        """A page that was sent and is shown again has errors, and has forgotten the tokens."""
        if request.method == "POST":
            ask_for_tokens_again(formsets)
        return super().get_inline_formsets(request, formsets, inline_instances, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """All of it; then what the administrator should know."""
        super().save_related(request, form, formsets, change)
        tell(request, formsets)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: WorkStream | None = None,
    ) -> HttpResponse:
        """In tabs, with Validate API Key once there is something to validate."""
        fieldsets, inlines = list(context["adminform"]), context["inline_admin_formsets"]
        tabs = [tab.filled(fieldsets, inlines) for tab in TABS]
        shown = [tab for tab in tabs if tab.is_for(obj)]
        context["tabs"] = [tab for tab in shown if tab.fieldsets or tab.inlines or tab.template]
        context["is_enabled"] = obj is None or obj.channel in enabled_channels()
        context["whatsapp_numbers"] = whatsapp_numbers(obj)
        context["may_validate"] = (
            obj is not None
            and request.user.has_perm(CHANGES_SETTINGS)
            and SmsSettings.objects.filter(work_stream=obj).exists()
        )
        if obj is not None and request.user.has_perm("channels_app.view_inboundtext"):
            context["kept_texts"] = kept_for(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_post_save_add(self, request: HttpRequest, obj: WorkStream) -> HttpResponseRedirect:
        """Stay, to show the inbound URL. Browsers keep the tab: it stands behind the # of the address."""
        return to_page(obj.pk)

    def response_post_save_change(self, request: HttpRequest, obj: WorkStream) -> HttpResponseRedirect:
        """Stay."""
        return to_page(obj.pk)

    # --- Validate API Key -------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        """With Validate API Key."""
        view = self.admin_site.admin_view(self.validate_view)
        return [path("<int:pk>/validate/", view, name="routing_workstream_validate"), *super().get_urls()]

    def validate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Validate the stream's account and number; waits for the provider, outside any transaction."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        found = SmsSettings.objects.filter(work_stream=pk, work_stream__deleted_at=None)
        sms_settings = found.select_related("account", "work_stream").first()
        if sms_settings is None or not request.user.has_perm(CHANGES_SETTINGS):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))  # type: ignore[attr-defined, no-any-return]
        for check in validation.validate(sms_settings=sms_settings):
            messages.add_message(request, LEVELS[check.level], check.text)
        return to_page(pk)


def whatsapp_numbers(stream: WorkStream | None) -> list[tuple[WhatsAppNumber, str]]:
    """The WhatsApp numbers whose texts a stream takes, each as people read it."""
    if stream is None or stream.channel != Channel.WHATSAPP:
        return []
    roles = stream.whatsapp_numbers.select_related("number", "whatsapp_account").order_by("name", "id")
    return [(role, phones.readable(f"+{role.number.value}")) for role in roles]


def to_page(pk: int) -> HttpResponseRedirect:
    """The page of a stream."""
    return HttpResponseRedirect(reverse("admin:routing_workstream_change", args=[pk]))
