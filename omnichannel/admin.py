"""Pages of the administration that show several rooms together."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from channels_app import accounts
from channels_app.admin import validation_chip
from channels_app.models import SmsNumber, SmsSettings
from omnichannel import search_page, workers_page  # noqa: F401  (they register their pages)
from omnichannel.configuration import admin as configuration_pages  # noqa: F401  (registers its pages)
from omnichannel.customers import admin as customers
from omnichannel.lib import phones
from omnichannel.lib.backoffice import table
from routing.admin import WorkStreamAdmin
from routing.admin_rules import RoutingRuleAdmin
from routing.models import RoutingRule, WorkStream

__all__ = ["WorkStreamPage", "customers"]


@admin.register(WorkStream)
class WorkStreamPage(WorkStreamAdmin):
    """A work stream with its SMS settings, its number and its rules: the steps of setting one up."""

    sms_settings_panel = ("SMS Settings", {"fields": ("sms_settings_shown",), "classes": ("panel",)})
    sms_numbers_panel = ("SMS Numbers", {"fields": ("sms_number_shown",), "classes": ("panel",)})
    readonly_fields: ClassVar[Any] = (
        *WorkStreamAdmin.readonly_fields,
        "sms_settings_shown",
        "sms_number_shown",
    )

    def get_fieldsets(self, request: HttpRequest, obj: WorkStream | None = None) -> Any:
        """What other rooms know, for those who may see it."""
        found = super().get_fieldsets(request, obj)
        if obj is None or not request.user.has_perm("channels_app.view_smssettings"):
            return found
        return (*found[:2], self.sms_settings_panel, self.sms_numbers_panel, *found[2:])

    @admin.display(description="account and inbound URL")
    def sms_settings_shown(self, stream: WorkStream) -> str:
        """Provider, inbound URL, last validation."""
        found = (
            SmsSettings.objects.select_related("account", "inbound_url").filter(work_stream=stream).first()
        )
        if found is None:
            return _nothing_yet("No SMS settings yet.", "New SMS settings", "smssettings", stream)
        rows = [
            ("SMS Provider", found.account.get_provider_display()),
            ("Account SID", found.account.external_id),
            (
                "Twilio inbound URL",
                format_html("<code>{}</code>", accounts.inbound_address(found.inbound_url)),
            ),
            ("Last validation", validation_chip(found.last_validation_status)),
        ]
        return _panel(rows, "SMS settings and Validate API Key", "smssettings", found.pk)

    @admin.display(description="one per work stream")
    def sms_number_shown(self, stream: WorkStream) -> str:
        """The number."""
        found = SmsNumber.objects.select_related("number").filter(work_stream=stream).first()
        if found is None:
            return _nothing_yet("No number yet.", "New SMS number", "smsnumber", stream)
        rows = [
            ("Number", phones.readable(f"+{found.number.value}")),
            ("Type", found.get_type_display()),
            ("Description", found.description or "–"),
        ]
        return _panel(rows, "SMS number", "smsnumber", found.pk)


@admin.register(RoutingRule)
class RoutingRulePage(RoutingRuleAdmin):
    """A routing rule item, with what conversations tell of it."""


def _panel(rows: list[tuple[str, Any]], link: str, model: str, pk: int) -> str:
    url = reverse(f"admin:channels_app_{model}_change", args=[pk])
    made = table(["Field", "Value"], rows, empty="")
    return format_html('{}<p class="panel-links"><a class="button" href="{}">{}</a></p>', made, url, link)


def _nothing_yet(sentence: str, link: str, model: str, stream: WorkStream) -> str:
    url = reverse(f"admin:channels_app_{model}_add")
    return format_html(
        '<p class="empty">{}</p><p class="panel-links"><a class="button" href="{}?work_stream={}">{}</a></p>',
        sentence,
        url,
        stream.pk,
        link,
    )
