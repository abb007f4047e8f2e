"""Set up WhatsApp at the provider: the steps with the real values, drift table, pick from my account.

They wait for the provider, so none of them runs inside a transaction.
"""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from channels_app import destinations, set_up, whatsapp
from channels_app.admin.set_up_acts import do, readable
from channels_app.admin.set_up_pages import connection_context, render_pick, way_back
from channels_app.models import Number
from channels_app.models_receipts import InboundText
from channels_app.models_whatsapp import WhatsAppAccount
from omnichannel.lib.backoffice import page, render_page
from routing.models import Channel

CHANGE = "channels_app.change_whatsappaccount"


def account_or_404(pk: int) -> WhatsAppAccount:
    """A WhatsApp account in use."""
    return get_object_or_404(whatsapp.accounts_in_use().select_related("account", "inbound_url"), pk=pk)


def trail(whatsapp_account: WhatsAppAccount) -> list[tuple[str, str]]:
    """The way to the pages of a WhatsApp account."""
    change = reverse("admin:channels_app_whatsappaccount_change", args=[whatsapp_account.pk])
    return [
        ("WhatsApp", reverse("admin:channels_app_whatsappaccount_changelist")),
        (str(whatsapp_account), change),
    ]


@page("whatsapp/<int:pk>/set-up/", name="whatsapp-set-up", title="Set up WhatsApp", permission=CHANGE)
@require_http_methods(["GET", "POST"])
def set_up_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What is to be done here and at the provider, with the real values; POST does a part of it."""
    whatsapp_account = account_or_404(pk)
    if request.method == "POST":
        return do(request, whatsapp_account, reverse("admin:whatsapp-set-up", args=[pk]))
    return render_page(
        request,
        "admin/channels_app/whatsapp_set_up.html",
        title=f"Set up {whatsapp_account}",
        trail=trail(whatsapp_account),
        may_insist=request.GET.get("insist") == "promote",
        **set_up_context(whatsapp_account),
    )


def set_up_context(whatsapp_account: WhatsAppAccount) -> dict[str, Any]:
    """The values on the page, and what is done already. Nothing is asked at the provider."""
    account = whatsapp_account.account
    every = list(set_up.claimed(account, Channel.WHATSAPP))
    mine = [one for one in every if one.whatsapp_number.whatsapp_account_id == whatsapp_account.pk]
    numbers = [number_row(number) for number in mine]
    done = {
        "number": bool(mine),
        # The sandbox, for one, never does better than a warning.
        "validated": whatsapp_account.last_validation_status.startswith(("success:", "warning:")),
        "url": bool(mine) and all(row["is_arriving"] for row in numbers),
        "texted": InboundText.objects.filter(number__in=mine).exists(),
    }
    return {
        **connection_context(whatsapp_account, every),
        "whatsapp_account": whatsapp_account,
        "numbers": numbers,
        "done": done,
        "next_step": next((name for name, is_done in done.items() if not is_done), ""),
    }


def number_row(number: Number) -> dict[str, Any]:
    """A number as its step shows it; what nobody can ask about is done when texts have come."""
    finding, before = set_up.finding_of(number), set_up.before_of(number)
    is_by_hand = finding is not None and finding.state is destinations.State.BY_HAND
    is_ours = finding is not None and finding.state in destinations.ARRIVING
    return {
        "number": number,
        "readable": readable(number),
        "finding": finding,
        "is_arriving": is_ours or (is_by_hand and InboundText.objects.filter(number=number).exists()),
        "can_be_set": finding is None or finding.is_fixable or is_ours,
        "before": before,
        "before_url": destinations.without_password(before.url) if before else "",
    }


@page(
    "whatsapp/<int:pk>/numbers/",
    name="whatsapp-pick-number",
    title="Pick from my account",
    permission=CHANGE,
)
@require_http_methods(["GET"])
def pick_number(request: HttpRequest, pk: int) -> HttpResponse:
    """The account's own senders. Choosing one goes to `next` (or to a new number) with it filled in."""
    whatsapp_account = account_or_404(pk)
    usual = f"{reverse('admin:channels_app_whatsappnumber_add')}?{urlencode({'whatsapp_account': pk})}"
    return render_pick(
        request,
        whatsapp_account,
        mine=str(whatsapp_account),
        back=way_back(request, usual),
        title=f"Pick a number for {whatsapp_account}",
        trail=trail(whatsapp_account),
    )
