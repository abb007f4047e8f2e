"""Pages that set SMS settings up at the provider: steps, drift table, pick from my account, another token.

They wait for the provider, so none of them runs inside a transaction.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from channels_app import accounts, destinations, inbound_urls, set_up, tokens, trial
from channels_app.accounts import Connection
from channels_app.admin.parts import VALIDATION_CHIPS as CHIPS
from channels_app.admin.parts import validation_chip
from channels_app.admin.set_up_acts import do, readable
from channels_app.forms_set_up import ReplaceTokenForm
from channels_app.letters import letter_for
from channels_app.models import InboundUrl, Number, ProviderAccount, SmsSettings
from channels_app.models_receipts import InboundText
from channels_app.providers.base import Check, Trouble, Validity
from omnichannel.lib import phones
from omnichannel.lib.backoffice import chip, page, render_page
from routing.models import Channel

# Warnings that come of not having asked.
NOT_VALIDATED = frozenset({Validity.NO_NUMBER, Validity.THROTTLED})
CHANGE = "channels_app.change_smssettings"
STANDINGS = {
    Validity.GOOD: "Online",
    Validity.OFFLINE: "Offline",
    Validity.NOT_READY: "Not ready",
    Validity.SANDBOX: "Sandbox",
}


def settings_or_404(pk: int) -> SmsSettings:
    """The SMS settings of a work stream in use."""
    found = SmsSettings.objects.filter(work_stream__deleted_at=None)
    return get_object_or_404(found.select_related("work_stream", "account", "inbound_url"), pk=pk)


def set_up_url(sms_settings: SmsSettings) -> str:
    """The address of their set-up page."""
    return reverse("admin:sms-set-up", args=[sms_settings.pk])


# --- the steps ------------------------------------------------------------------------------------


@page("channels/<int:pk>/set-up/", name="sms-set-up", title="Set up SMS", permission=CHANGE)
@require_http_methods(["GET", "POST"])
def set_up_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What is to be done here and at the provider, with the real values; POST does a part of it."""
    sms_settings = settings_or_404(pk)
    if request.method == "POST":
        return do(request, sms_settings, set_up_url(sms_settings))
    return render_page(
        request,
        "admin/channels_app/set_up.html",
        title=f"Set up SMS for {sms_settings.work_stream}",
        trail=trail(sms_settings),
        may_insist=request.GET.get("insist") == "promote",
        **set_up_context(sms_settings),
    )


def trail(sms_settings: SmsSettings) -> list[tuple[str, str]]:
    """The way to the pages of SMS settings."""
    change = reverse("admin:channels_app_smssettings_change", args=[sms_settings.pk])
    return [
        ("SMS Settings", reverse("admin:channels_app_smssettings_changelist")),
        (str(sms_settings.work_stream), change),
    ]


def set_up_context(sms_settings: SmsSettings) -> dict[str, Any]:
    """The values on the page, and what is done already. Nothing is asked at the provider."""
    account = sms_settings.account
    numbers = list(set_up.claimed(account, Channel.SMS))
    number = next((n for n in numbers if n.sms_number.work_stream_id == sms_settings.work_stream_id), None)
    finding = set_up.finding_of(number) if number else None
    shown = connection_context(sms_settings, numbers)
    done = {
        "number": number is not None,
        "validated": is_validated(sms_settings),
        "url": is_told(sms_settings, finding, shown["posted"]),
        "texted": number is not None and InboundText.objects.filter(number=number).exists(),
    }
    steps = steps_of(account)
    return {
        **shown,
        "steps": [(name, done[name], f"admin/channels_app/set_up/{name}.html") for name in steps],
        "done": done,
        "url_step": steps.index("url") + 2,
        "sms_settings": sms_settings,
        "trial": (last := trial.last_of(sms_settings)),
        "trial_said": validation_chip(": ".join(trial.said(last))) if last else "",
        "number": number,
        "readable": readable(number) if number else "",
        "finding": finding,
        "before": (before := set_up.before_of(number) if number else None),
        "before_url": destinations.without_password(before.url) if before else "",
        "next_step": next((name for name in steps if not done[name]), ""),
    }


def is_validated(connection: Connection) -> bool:
    """Whether the last validation leaves nothing to be done, though it may have warned."""
    level, outcome = connection.last_validation_status.partition(":")[0], connection.last_validation_outcome
    return level == "success" or (level == "warning" and outcome not in NOT_VALIDATED)


def steps_of(account: ProviderAccount) -> list[str]:
    """The steps after the settings, in the documents' order: a URL that is sent off goes first."""
    steps = ["number", "validated", "texted"]
    steps.insert(0 if accounts.words_of(account).url_before_save else 2, "url")
    return steps


def is_told(
    sms_settings: SmsSettings, finding: destinations.Finding | None, posted: dict[str, object] | None
) -> bool:
    """Whether the provider knows the inbound URL: by looking there, else by what came in."""
    if set_up.can_set_up(sms_settings.account, Channel.SMS):
        return finding is not None and finding.state in destinations.ARRIVING
    return posted is not None and bool(posted["held_by"])


def connection_context(connection: Connection, numbers: list[Number]) -> dict[str, Any]:
    """What every set-up page shows: the account, its inbound URLs, and where the texts of its numbers go."""
    account = connection.account
    provider = accounts.provider_of(account)
    url = accounts.inbound_address(connection.inbound_url)
    posted = inbound_urls.posted_to(account)
    return {
        "connection": connection,
        "account": account,
        "words": provider.words,
        "url": url,
        "guide": provider.guide,
        "where_to": provider.guide.where_to(set_up.channel_of(connection)),
        "letter": letter_for(account, url),
        "posted": url_row(posted) if posted else None,
        "url_with_retries": url + provider.guide.retries,
        "method": destinations.METHOD,
        "validation": validation_chip(connection.last_validation_status),
        "may_promote": tokens.may_promote(account),
        "can_set_up": set_up.can_set_up(account, set_up.channel_of(connection)),
        "rows": [(n, readable(n), set_up.finding_of(n), set_up.expected_address(n)) for n in numbers],
        "looked_at": max((n.webhook_seen_at for n in numbers if n.webhook_seen_at), default=None),
        "urls": [url_row(each) for each in inbound_urls.working(account)],
        "silent_days": inbound_urls.SILENT_FOR.days,
    }


def url_row(url: InboundUrl) -> dict[str, object]:
    """An inbound URL of the account, whose it is, and until when it works."""
    return {
        "id": url.pk,
        "address": accounts.inbound_address(url),
        "held_by": inbound_urls.holder_of(url),
        "last_used_at": url.last_used_at,
        "retires_at": inbound_urls.silent_until(url),
    }


# --- pick from my account -------------------------------------------------------------------------


@page("channels/<int:pk>/numbers/", name="sms-pick-number", title="Pick from my account", permission=CHANGE)
@require_http_methods(["GET"])
def pick_number(request: HttpRequest, pk: int) -> HttpResponse:
    """The account's own numbers. Choosing one goes to `next` (or the number's own form) with it filled in."""
    sms_settings = settings_or_404(pk)
    title = f"Pick a number for {sms_settings.work_stream}"
    back = way_back(request, number_form(sms_settings))
    mine = sms_settings.work_stream.name
    return render_pick(request, sms_settings, mine=mine, back=back, title=title, trail=trail(sms_settings))


def render_pick(
    request: HttpRequest, connection: Connection, *, mine: str, back: str, **context: Any
) -> HttpResponse:
    """The numbers of an account at the provider; `mine` is who asks, by name."""
    rows: list[set_up.Row] = []
    trouble = None
    try:
        rows = set_up.look(connection.account, set_up.channel_of(connection))
    except Trouble as found:
        trouble = found.check
    listed = [picked(row, connection, mine, back) for row in rows if row.present is not None]
    return render_page(
        request,
        "admin/channels_app/pick_number.html",
        rows=listed,
        trouble=trouble,
        account=connection.account,
        words=accounts.words_of(connection.account),
        guide=accounts.provider_of(connection.account).guide,
        channel=set_up.channel_of(connection),
        back=back,
        **context,
    )


def picked(row: set_up.Row, connection: Connection, mine: str, back: str) -> dict[str, object]:
    """A number of the account as the page shows it; `choose` is empty when it cannot be chosen."""
    present = row.present
    assert present is not None
    is_mine = row.holder == mine
    finding = row.finding or destinations.compare(
        present, expected=accounts.inbound_address(connection.inbound_url)
    )
    # A sender that is not online yet may be set up all the same: what it can do changes.
    may_choose = (present.can_text or present.standing is not None) and (is_mine or not row.holder)
    return {
        "readable": phones.readable(f"+{row.value}"),
        "value": row.value,
        "present": present,
        "standing": standing_chip(present.standing) if present.standing else "",
        "holder": row.holder,
        "is_mine": is_mine,
        "finding": finding,
        # What an unused number does is no fault; that somebody else uses it is worth a second look.
        "level": finding.level if is_mine else "" if finding.state is destinations.State.NOT_SET else "warn",
        "choose": with_number(back, row.value) if may_choose else "",
    }


def standing_chip(standing: Check) -> str:
    """Where a number stands at the provider, as a word; and what to do, when there is something."""
    shown = chip(STANDINGS.get(standing.outcome, standing.level.capitalize()), CHIPS[standing.level])
    if standing.level == "success":
        return shown
    return format_html('{}<span class="note">{}</span>', shown, standing.text)


def way_back(request: HttpRequest, usual: str) -> str:
    """Where a chosen number is filled in: `next`, when it is a page of ours, else the usual one."""
    wanted = request.GET.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, None, require_https=request.is_secure()):
        return wanted
    return usual


def number_form(sms_settings: SmsSettings) -> str:
    """The form of a work stream's number."""
    held = getattr(sms_settings.work_stream, "sms_number", None)
    if held is not None:
        return reverse("admin:channels_app_smsnumber_change", args=[held.pk])
    stream = urlencode({"work_stream": sms_settings.work_stream_id})
    return f"{reverse('admin:channels_app_smsnumber_add')}?{stream}"


def with_number(url: str, value: str) -> str:
    """The address with `number` in its query, before the fragment that names a tab."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode({"number": value})]))
    return urlunsplit(parts._replace(query=query))


# --- the secret ------------------------------------------------------------------------------------


@page(
    "channels/accounts/<int:pk>/token/",
    name="replace-token",
    title="Replace a secret",
    permission="channels_app.change_provideraccount",
)
@require_http_methods(["GET", "POST"])
def replace_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Another secret for an account and all that use it: asked about first, kept only if it validates."""
    account = get_object_or_404(ProviderAccount, pk=pk)
    form = ReplaceTokenForm(request.POST if request.method == "POST" else None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            check = tokens.replace_token(account=account, **form.values())
        except tokens.NotKept as refused:
            form.tell(refused)
        else:
            words = accounts.words_of(account)
            said = check.text if check else f"{words.name} was not asked."
            messages.success(request, f"Replaced for all that use this account. {said}")
            return HttpResponseRedirect(reverse("admin:channels_app_provideraccount_change", args=[pk]))
    return render_page(
        request,
        "admin/channels_app/replace_token.html",
        title=f"Replace the {accounts.words_of(account).secret}",
        words=accounts.words_of(account),
        trail=[
            ("Provider accounts", reverse("admin:channels_app_provideraccount_changelist")),
            (account.external_id, reverse("admin:channels_app_provideraccount_change", args=[pk])),
        ],
        form=form,
        account=account,
        used_by=accounts.used_by(account),
    )
