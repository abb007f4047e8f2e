"""Incidents: what is or was wrong, and the next step."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from channels_app.health import in_words
from channels_app.models import ProviderAccount
from channels_app.models_health import Incident
from omnichannel.lib.backoffice import RecordAdmin, chip

Kind = Incident.Kind
RECEIPTS, DELIVERIES = "channels_app_webhookreceipt", "channels_app_delivery"
# What to do about each kind: what the link says, the list it leads to, and the list's filter.
NEXT_STEPS = {
    Kind.VALIDATION: (
        "Check Account SID and Auth Token, then Validate API Key",
        "channels_app_smssettings",
        "",
    ),
    Kind.NUMBER_LOST: ("Choose a number of this account", "channels_app_smsnumber", ""),
    Kind.NUMBER_OFFLINE: ("Validate, and see what the provider says", "channels_app_whatsappaccount", ""),
    Kind.WEBHOOK_DRIFT: ("Set the inbound URL at the provider", "channels_app_smssettings", ""),
    Kind.REFUSALS: ("See what the webhooks were signed for", "channels_app_refusal", "account={account}"),
    Kind.ERROR_RATE: ("See which texts failed and why", DELIVERIES, "state=failed&number={number}"),
    Kind.INBOUND_BACKLOG: ("See what waits; is the task queue running?", RECEIPTS, "state=received"),
    Kind.OUTBOUND_BACKLOG: ("See what waits and why", DELIVERIES, "state=pending&number={number}"),
    Kind.MISSED: (
        "See which texts; then check the inbound URL at the provider",
        "channels_app_inboundtext",
        "fetched=yes",
    ),
    Kind.SILENT: ("Check the inbound URL at the provider", "channels_app_smssettings", ""),
}


# What a list of incidents reads ahead, for carries_whatsapp_alone.
USED_BY = ("account__sms_settings__work_stream", "account__whatsapp_accounts")
# The same of an account that carries WhatsApp alone.
ON_WHATSAPP = {
    "channels_app_smssettings": "channels_app_whatsappaccount",
    "channels_app_smsnumber": "channels_app_whatsappaccount",
}


def next_step(incident: Incident) -> str:
    """A link to where it is mended."""
    words, target, query = NEXT_STEPS[Kind(incident.kind)]
    if target in ON_WHATSAPP and carries_whatsapp_alone(incident.account):
        target = ON_WHATSAPP[target]
    asked = query.format(account=incident.account_id, number=incident.number_id or "")
    url = reverse(f"admin:{target}_changelist")
    return format_html('<a href="{}{}">{}</a>', url, f"?{asked}" if asked else "", words)


def carries_whatsapp_alone(account: ProviderAccount) -> bool:
    """Whether WhatsApp accounts use an account, and no work stream's SMS Settings do."""
    if any(used.work_stream.deleted_at is None for used in account.sms_settings.all()):
        return False
    return any(used.deleted_at is None for used in account.whatsapp_accounts.all())


class OpenOrEnded(admin.SimpleListFilter):
    """Open incidents, or ended ones."""

    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two."""
        return [("open", "Open"), ("ended", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those chosen."""
        if self.value() not in {"open", "ended"}:
            return queryset
        return queryset.filter(ended_at__isnull=self.value() == "open")


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    """What is or was wrong with an account or a number. They start and end by themselves."""

    list_display = ("what", "state", "subject", "details", "started_at", "lasted", "next_step")
    list_filter = (OpenOrEnded, "kind")
    list_select_related = ("account", "number")
    fields = ("what", "state", "subject", "details", "started_at", "last_seen_at", "ended_at", "next_step")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With who uses the accounts."""
        return super().get_queryset(request).prefetch_related(*USED_BY)

    @admin.display(description="incident")
    def what(self, incident: Incident) -> str:
        """Its kind."""
        return incident.get_kind_display()

    @admin.display(description="state")
    def state(self, incident: Incident) -> str:
        """Open or ended."""
        return chip("Ended", "ok") if incident.ended_at else chip("Open", "bad")

    @admin.display(description="about")
    def subject(self, incident: Incident) -> str:
        """The number, or the account."""
        return f"Number {incident.number}" if incident.number else str(incident.account)

    @admin.display(description="lasted")
    def lasted(self, incident: Incident) -> str:
        """From its start to its end, or until now."""
        return in_words((incident.ended_at or timezone.now()) - incident.started_at)

    @admin.display(description="next step")
    def next_step(self, incident: Incident) -> str:
        """Where it is mended."""
        return next_step(incident)
