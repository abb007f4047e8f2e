"""Pages that set SMS settings up at the provider: steps, drift table, pick from my account, another token.

They wait for the provider, so none of them runs inside a transaction.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from channels_app import accounts, destinations, inbound_urls, set_up, tokens, validation
from channels_app.admin.parts import LEVELS, validation_chip
from channels_app.forms_set_up import ReplaceTokenForm
from channels_app.models import InboundText, InboundUrl, Number, ProviderAccount, SmsSettings
from channels_app.providers.base import Trouble
from channels_app.providers.number_setup import can_set_up
from omnichannel.lib import phones
from omnichannel.lib.backoffice import page, render_page
from omnichannel.lib.ids import whole_number

CHANGE = "channels_app.change_smssettings"
Act = Callable[[HttpRequest, SmsSettings, str], str | None]


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
        name, _, about = request.POST.get("do", "").partition(":")
        if name not in ACTS:
            raise Http404
        back = set_up_url(sms_settings)
        try:
            back = ACTS[name](request, sms_settings, about) or back
        except Trouble as trouble:
            messages.add_message(request, LEVELS[trouble.check.level], trouble.check.text)
        except accounts.Conflict as conflict:
            messages.error(request, str(conflict))
        return HttpResponseRedirect(back)
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
        ("SMS settings", reverse("admin:channels_app_smssettings_changelist")),
        (str(sms_settings.work_stream), change),
    ]


def set_up_context(sms_settings: SmsSettings) -> dict[str, Any]:
    """The values on the page, and what is done already. Nothing is asked at the provider."""
    account = sms_settings.account
    numbers = list(set_up.claimed(account))
    number = next((n for n in numbers if n.sms_number.work_stream_id == sms_settings.work_stream_id), None)
    finding = set_up.finding_of(number) if number else None
    url = accounts.inbound_address(sms_settings.inbound_url)
    done = {
        "number": number is not None,
        "validated": sms_settings.last_validation_status.startswith("success:"),
        "url": finding is not None and finding.state in destinations.ARRIVING,
        "texted": number is not None and InboundText.objects.filter(number=number).exists(),
    }
    return {
        "sms_settings": sms_settings,
        "account": account,
        "number": number,
        "readable": phones.readable(f"+{number.value}") if number else "",
        "finding": finding,
        "before": (before := set_up.before_of(number) if number else None),
        "before_url": destinations.without_password(before.url) if before else "",
        "url": url,
        "url_with_retries": url + destinations.RETRIES,
        "retries": destinations.RETRIES,
        "method": destinations.METHOD,
        "done": done,
        "next_step": next((name for name, is_done in done.items() if not is_done), ""),
        "validation": validation_chip(sms_settings.last_validation_status),
        "may_promote": tokens.may_promote(account),
        "can_set_up": can_set_up(accounts.provider_of(account)),
        "rows": [
            (n, phones.readable(f"+{n.value}"), set_up.finding_of(n), set_up.expected_address(n))
            for n in numbers
        ],
        "looked_at": max((n.webhook_seen_at for n in numbers if n.webhook_seen_at), default=None),
        "urls": [url_row(each) for each in inbound_urls.working(account).select_related("sms_settings")],
        "silent_days": inbound_urls.SILENT_FOR.days,
    }


def url_row(url: InboundUrl) -> dict[str, object]:
    """An inbound URL of the account, whose it is, and until when it works."""
    held = SmsSettings.objects.filter(inbound_url=url).select_related("work_stream").first()
    return {
        "id": url.pk,
        "address": accounts.inbound_address(url),
        "held_by": held.work_stream.name if held else "",
        "last_used_at": url.last_used_at,
        "retires_at": inbound_urls.silent_until(url),
    }


# --- what the buttons do --------------------------------------------------------------------------


def look(request: HttpRequest, sms_settings: SmsSettings, about: str) -> None:
    """Ask the provider where each number's texts go."""
    rows = set_up.look(sms_settings.account)
    found = [row.finding for row in rows if row.finding is not None]
    astray = sum(one.level == "bad" for one in found)
    if astray:
        messages.warning(
            request, f"Twilio was asked: the texts of {astray} of {len(found)} do not come here."
        )
    else:
        messages.success(request, "Twilio was asked: see below where texts go.")


def set_url(request: HttpRequest, sms_settings: SmsSettings, about: str) -> None:
    """Set the inbound URL at the provider for one number."""
    number = number_of(sms_settings, about)
    changed = set_up.set_inbound_url(number)
    before = changed.before.url
    was = (
        f"It was {destinations.without_password(before)} ({changed.before.method})"
        if before
        else "The webhook was empty"
    )
    messages.success(
        request,
        f"Twilio now posts texts to {phones.readable(f'+{number.value}')} here, and once more if that fails. "
        f"{was} before.",
    )
    finding = set_up.finding_of(number)
    if finding is not None and finding.level == "bad":
        messages.warning(request, finding.sentence)


def put_back(request: HttpRequest, sms_settings: SmsSettings, about: str) -> None:
    """Set what was there before."""
    number = number_of(sms_settings, about)
    changed = set_up.put_back(number)
    to = destinations.without_password(changed.after.url) or "nowhere"
    messages.success(request, f"Put back: texts to {phones.readable(f'+{number.value}')} go to {to} again.")


def new_url(request: HttpRequest, sms_settings: SmsSettings, about: str) -> None:
    """Issue a new inbound URL."""
    inbound_urls.issue(sms_settings=sms_settings, now=timezone.now())
    messages.success(
        request,
        "A new inbound URL was issued. The old one keeps working: set the new one at Twilio, then retire the "
        "old one.",
    )


def retire(request: HttpRequest, sms_settings: SmsSettings, about: str) -> None:
    """Retire a replaced inbound URL of the account."""
    url = get_object_or_404(inbound_urls.working(sms_settings.account), pk=whole_number(about))
    inbound_urls.retire(url=url, now=timezone.now())
    messages.success(request, "The inbound URL was retired: what still comes to it is not taken.")


def validate(request: HttpRequest, sms_settings: SmsSettings, about: str) -> None:
    """Validate API Key."""
    for check in validation.validate(sms_settings=sms_settings):
        messages.add_message(request, LEVELS[check.level], check.text)


def promote(request: HttpRequest, sms_settings: SmsSettings, about: str) -> str | None:
    """Swap the account's tokens, once the provider takes the secondary; `unproven`: somebody insists."""
    try:
        check = tokens.promote(account=sms_settings.account, keep_unproven=about == "unproven")
    except tokens.NotKept as refused:
        messages.error(request, str(refused))
        if refused.may_insist:
            return f"{set_up_url(sms_settings)}?insist=promote"
        return None
    names = ", ".join(accounts.used_by(sms_settings.account))
    messages.success(request, f"The Secondary Auth Token is now the primary, for {names}. {check.text}")
    return None


def number_of(sms_settings: SmsSettings, pk: str) -> Number:
    """A number of the account by its id, as a button names it."""
    return get_object_or_404(set_up.claimed(sms_settings.account), pk=whole_number(pk))


ACTS: dict[str, Act] = {
    "look": look,
    "set": set_url,
    "put-back": put_back,
    "new-url": new_url,
    "retire": retire,
    "validate": validate,
    "promote": promote,
}


# --- pick from my account -------------------------------------------------------------------------


@page("channels/<int:pk>/numbers/", name="sms-pick-number", title="Pick from my account", permission=CHANGE)
@require_http_methods(["GET"])
def pick_number(request: HttpRequest, pk: int) -> HttpResponse:
    """The account's own numbers. Choosing one goes to `next` (or the number's own form) with it filled in."""
    sms_settings = settings_or_404(pk)
    rows: list[set_up.Row] = []
    trouble = None
    try:
        rows = set_up.look(sms_settings.account)
    except Trouble as found:
        trouble = found.check
    back = way_back(request, sms_settings)
    listed = [picked(row, sms_settings, back) for row in rows if row.present is not None]
    return render_page(
        request,
        "admin/channels_app/pick_number.html",
        title=f"Pick a number for {sms_settings.work_stream}",
        trail=trail(sms_settings),
        rows=listed,
        trouble=trouble,
        account=sms_settings.account,
        back=back,
    )


def picked(row: set_up.Row, sms_settings: SmsSettings, back: str) -> dict[str, object]:
    """A number of the account as the page shows it; `choose` is empty when it cannot be chosen."""
    present = row.present
    assert present is not None
    is_mine = row.work_stream == sms_settings.work_stream.name
    finding = row.finding or destinations.compare(
        present, expected=accounts.inbound_address(sms_settings.inbound_url)
    )
    may_choose = present.can_text and (is_mine or not row.work_stream)
    return {
        "readable": phones.readable(f"+{row.value}"),
        "value": row.value,
        "present": present,
        "work_stream": row.work_stream,
        "is_mine": is_mine,
        "finding": finding,
        # What an unused number does is no fault; that somebody else uses it is worth a second look.
        "level": finding.level if is_mine else "" if finding.state is destinations.State.NOT_SET else "warn",
        "choose": with_number(back, row.value) if may_choose else "",
    }


def way_back(request: HttpRequest, sms_settings: SmsSettings) -> str:
    """Where a chosen number is filled in: `next`, when it is a page of ours, else the number's own form."""
    wanted = request.GET.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, None, require_https=request.is_secure()):
        return wanted
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


# --- the token ------------------------------------------------------------------------------------


@page(
    "channels/accounts/<int:pk>/token/",
    name="replace-token",
    title="Replace the Auth Token",
    permission="channels_app.change_provideraccount",
)
@require_http_methods(["GET", "POST"])
def replace_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Another Auth Token for an account and all that use it: asked about first, kept only if it validates."""
    account = get_object_or_404(ProviderAccount, pk=pk)
    form = ReplaceTokenForm(request.POST if request.method == "POST" else None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            check = tokens.replace_token(account=account, **form.values())
        except tokens.NotKept as refused:
            form.tell(refused)
        else:
            said = check.text if check else "The provider was not asked."
            messages.success(request, f"The tokens were replaced. {said}")
            return HttpResponseRedirect(reverse("admin:channels_app_provideraccount_change", args=[pk]))
    return render_page(
        request,
        "admin/channels_app/replace_token.html",
        title="Replace the Auth Token",
        trail=[
            ("Provider accounts", reverse("admin:channels_app_provideraccount_changelist")),
            (account.external_id, reverse("admin:channels_app_provideraccount_change", args=[pk])),
        ],
        form=form,
        account=account,
        used_by=accounts.used_by(account),
    )
