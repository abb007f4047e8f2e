"""Deleted channels: what was deleted, what has come to it since, and the click that makes it again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from channels_app import undeleting
from channels_app.accounts import Conflict
from channels_app.models import Number
from channels_app.models_whatsapp import WhatsAppAccount
from omnichannel.lib import phones
from omnichannel.lib.backoffice import page, render_page
from omnichannel.lib.ids import whole_number
from routing.models import Channel

LISTED_AT_MOST = 200
# What is needed to make each kind again.
MAY = {
    "sms": "channels_app.add_smsnumber",
    "whatsapp": "channels_app.add_whatsappnumber",
    "account": "channels_app.add_whatsappaccount",
    "stream": "routing.change_workstream",
}


def may_open(request: HttpRequest) -> bool:
    """Whoever may make anything again."""
    return any(request.user.has_perm(permission) for permission in MAY.values())


@page("deleted-channels/", name="deleted-channels", title="Deleted channels", permission=may_open)
@require_http_methods(["GET", "POST"])
def deleted_channels(request: HttpRequest) -> HttpResponse:
    """Numbers, WhatsApp accounts and work streams that were deleted; POST makes one again."""
    if request.method == "POST":
        kind, _, pk = request.POST.get("do", "").partition(":")
        if kind not in ACTS:
            raise Http404
        try:
            ACTS[kind](request, whole_number(pk) or 0)
        except Conflict as conflict:
            messages.error(request, str(conflict))
        return HttpResponseRedirect(reverse("admin:deleted-channels"))
    rows = [*accounts_shown(), *numbers_shown(), *streams_shown()]
    return render_page(
        request,
        "admin/channels_app/deleted_channels.html",
        title="Deleted channels",
        rows=[row for row in rows if request.user.has_perm(row["permission"])],
    )


def numbers_shown() -> list[dict[str, Any]]:
    """Numbers that nobody claims any more. Those that come back with their account are left to it."""
    rows = []
    gone = set(undeleting.deleted_accounts().values_list("pk", flat=True))
    for number in undeleting.deleted_numbers()[:LISTED_AT_MOST]:
        stream = undeleting.former_stream(number)
        if (number.former_role or {}).get("whatsapp_account") in gone:
            continue
        rows.append(
            {
                "do": f"number:{number.pk}",
                "permission": MAY[number.channel],
                "what": f"{number.get_channel_display()} number",
                "name": phones.readable(f"+{number.value}"),
                "was": f"Work stream {stream}" if stream else "",
                "deleted_at": number.deleted_at,
                "texts": undeleting.texts_since(number),
            }
        )
    return rows


def accounts_shown() -> list[dict[str, Any]]:
    """WhatsApp accounts, with how much came to the numbers that were deleted with them."""
    rows = []
    for account in undeleting.deleted_accounts()[:LISTED_AT_MOST]:
        numbers = list(undeleting.deleted_with(account))
        rows.append(
            {
                "do": f"account:{account.pk}",
                "permission": MAY["account"],
                "what": "WhatsApp account",
                "name": account.name,
                "was": ", ".join(phones.readable(f"+{number.value}") for number in numbers),
                "deleted_at": account.deleted_at,
                "texts": sum(undeleting.texts_since(number) for number in numbers),
            }
        )
    return rows


def streams_shown() -> list[dict[str, Any]]:
    """Work streams, with how much came to the numbers that they still hold."""
    rows = []
    for stream in undeleting.deleted_streams()[:LISTED_AT_MOST]:
        numbers = list(undeleting.numbers_of_stream(stream))
        rows.append(
            {
                "do": f"stream:{stream.pk}",
                "permission": MAY["stream"],
                "what": f"Work stream ({stream.get_channel_display()})",
                "name": stream.name,
                "was": ", ".join(phones.readable(f"+{number.value}") for number in numbers),
                "deleted_at": stream.deleted_at,
                "texts": sum(undeleting.texts_since(number, stream.deleted_at) for number in numbers),
            }
        )
    return rows


# --- one click ------------------------------------------------------------------------------------


def check_right(request: HttpRequest, kind: str) -> None:
    """Raise PermissionDenied for who may not make this again."""
    if not request.user.has_perm(MAY[kind]):
        raise PermissionDenied


def again_number(request: HttpRequest, pk: int) -> None:
    """A number."""
    number = get_object_or_404(undeleting.deleted_numbers(), pk=pk)
    check_right(request, number.channel)
    undeleting.make_number(number)
    messages.success(request, f"{_named(number)} takes texts again.")


def again_account(request: HttpRequest, pk: int) -> None:
    """A WhatsApp account with its numbers."""
    check_right(request, "account")
    account: WhatsAppAccount = get_object_or_404(undeleting.deleted_accounts(), pk=pk)
    problems = undeleting.make_account(account)
    messages.success(request, f"The WhatsApp account {account} was made again.")
    for problem in problems:
        messages.warning(request, problem)


def again_stream(request: HttpRequest, pk: int) -> None:
    """A work stream."""
    check_right(request, "stream")
    stream = get_object_or_404(undeleting.deleted_streams(), pk=pk)
    undeleting.make_stream(stream)
    messages.success(request, f"The work stream {stream} was made again.")
    if stream.channel == Channel.SMS and not undeleting.numbers_of_stream(stream).exists():
        messages.warning(request, "It has no number: another work stream took it meanwhile, or it had none.")


def _named(number: Number) -> str:
    return f"{number.get_channel_display()} number {phones.readable(f'+{number.value}')}"


ACTS = {"number": again_number, "account": again_account, "stream": again_stream}
