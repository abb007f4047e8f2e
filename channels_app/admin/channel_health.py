"""Diagnostics → Channel health: accounts and numbers as they stand, next steps, Fetch missed messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from channels_app import drift, incidents, missed
from channels_app.accounts import provider_of
from channels_app.admin.incidents import next_step
from channels_app.admin.parts import validation_chip
from channels_app.facts import account_facts, number_facts
from channels_app.health import AccountFacts, NumberFacts
from channels_app.models import Number, ProviderAccount
from channels_app.models_health import AccountWatch, Incident
from channels_app.providers.inbound_list import can_list
from channels_app.providers.number_setup import SetsUpNumbers
from omnichannel.lib.backoffice import page, render_page

NAME = "channel-health"
ACCOUNTS_SHOWN = 50


@dataclass(frozen=True)
class NumberRow:
    """A number with its figures and its open incidents."""

    number: Number
    facts: NumberFacts
    error_rate: str
    incidents: list[Any]


@dataclass(frozen=True)
class AccountRow:
    """An account with its figures, its open incidents and its numbers."""

    account: ProviderAccount
    facts: AccountFacts
    watch: AccountWatch | None
    validation: str
    incidents: list[Any]
    numbers: list[NumberRow]
    # What the provider calls it, and what it lets us ask.
    secret: str
    tells_texts: bool
    tells_webhooks: bool


@page(
    "diagnostics/channel-health/", name=NAME, title="Channel health", permission="channels_app.view_incident"
)
def channel_health(request: HttpRequest) -> HttpResponse:
    """The figures of this moment."""
    now = timezone.now()
    rows = [account_row(account, now=now) for account in incidents.accounts_in_use()[:ACCOUNTS_SHOWN]]
    return render_page(
        request,
        "admin/channels_app/channel_health.html",
        title="Channel health",
        accounts=rows,
        may_fetch=request.user.has_perm("channels_app.change_provideraccount"),
        zone=timezone.get_current_timezone_name(),
    )


def account_row(account: ProviderAccount, *, now: datetime) -> AccountRow:
    """An account as it stands."""
    found = list(
        Incident.objects.filter(account=account, ended_at=None)
        .select_related("account", "number")
        .order_by("id")
    )
    told = [(incident, next_step(incident)) for incident in found]
    provider = provider_of(account)
    return AccountRow(
        account=account,
        facts=account_facts(account, now=now),
        watch=AccountWatch.objects.filter(account=account).first(),
        validation=validation_chip(account.last_validation_status),
        incidents=[each for each in told if each[0].number_id is None],
        numbers=[
            number_row(number, told, now=now)
            for number in incidents.numbers_in_use(account).select_related(
                "sms_number__work_stream", "whatsapp_number__work_stream"
            )
        ],
        secret=provider.words.secret,
        tells_texts=can_list(provider),
        tells_webhooks=isinstance(provider, SetsUpNumbers),
    )


def number_row(number: Number, told: list[tuple[Incident, str]], *, now: datetime) -> NumberRow:
    """A number as it stands."""
    facts = number_facts(number, now=now)
    rate = "–" if facts.error_rate is None else f"{facts.error_rate:.0%} ({facts.failed} of {facts.finished})"
    return NumberRow(number, facts, rate, [each for each in told if each[0].number_id == number.pk])


@page(
    "diagnostics/channel-health/<int:pk>/look/",
    name=f"{NAME}-look",
    title="Look again",
    permission="channels_app.change_provideraccount",
)
def look_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Fetch missed messages and look for drift now; waits for the provider, outside any transaction."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    account, now = get_object_or_404(incidents.accounts_in_use(), pk=pk), timezone.now()
    result = missed.fetch(account, now=now)
    (messages.error if result.problem else messages.success)(request, result.sentence)
    if not result.problem and (problem := drift.look(account, now=now)):
        messages.warning(request, problem)
    incidents.look_at_account(account, now=now)
    return HttpResponseRedirect(reverse(f"admin:{NAME}"))
