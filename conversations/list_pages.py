"""Lists on the desk: the page, its older parts, what was read, and the views that are kept. No rules here."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from conversations import access, filters, frames, reading, worklists
from conversations import feed as changes_feed
from conversations import saved_views as kept
from conversations.bar import bar
from conversations.models import Conversation
from conversations.models_desk import SavedView
from conversations.views import address_of, at_desk
from conversations.worklists import Seat, Worklist
from omnichannel.lib.ids import whole_number
from omnichannel.lib.visible import check_visible


@require_GET
@at_desk
def worklist(request: HttpRequest, seat: Seat, *, worklist: Worklist) -> HttpResponse:
    """A list alone; filters of a form lead to their address; htmx gets older rows by themselves."""
    if filters.is_asked(request.GET):
        return HttpResponseRedirect(reverse("desk:list", args=[_filtered(request, worklist)]))
    now, after = timezone.now(), request.GET.get("after", "")
    if "HX-Request" in request.headers:
        context, _ = frames.listed(after, seat=seat, worklist=worklist, now=now, counts={})
        return render(request, "desk/_page.html", context)
    context, cursor = frames.frame(after, seat=seat, worklist=worklist, now=now)
    return render(request, "desk/list.html", context | {"cursor": changes_feed.encode(cursor)})


def _filtered(request: HttpRequest, worklist: Worklist) -> Worklist:
    """What the form asked for; a 404 for what no list knows."""
    try:
        wanted = Worklist(worklist.stream, filters.of_form(request.GET.dict()))
        return worklists.worklist(wanted.slug)
    except ValueError as error:
        raise Http404 from error


# --- what was read --------------------------------------------------------------------------------


def on_conversation(do: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST about one's own view of a conversation that one may read; a GET is sent to the conversation."""

    @at_desk
    @wraps(do)
    def view(request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseRedirect(address_of(worklist, conversation_id), status=HTTPStatus.SEE_OTHER)
        return do(request, seat, worklist, access.find(seat.user, conversation_id))

    return view


@on_conversation
def read(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """The thread was shown up to `seq`."""
    seq = whole_number(request.POST.get("seq", ""))
    if seq is None:
        return HttpResponse("seq: a whole number is missing.", status=HTTPStatus.BAD_REQUEST)
    reading.read_up_to(conversation, user=seat.user, seq=seq, now=timezone.now())
    if "HX-Request" in request.headers:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return see_other(address_of(worklist, conversation.pk))


@on_conversation
def unread(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Back to the list, where the customer's last text is unread again."""
    reading.mark_unread(conversation, user=seat.user, now=timezone.now())
    messages.success(request, f"{conversation.title}: marked as unread.")
    return see_other(reverse("desk:list", args=[worklist]))


def see_other(address: str) -> HttpResponse:
    """After a POST: look there now."""
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


# --- views that are kept --------------------------------------------------------------------------


class SavedViewForm(forms.Form):
    """A name for a list."""

    name = forms.CharField(max_length=60, validators=[check_visible])
    for_team = forms.BooleanField(required=False)
    is_default = forms.BooleanField(required=False)
    list = forms.CharField(max_length=500, widget=forms.HiddenInput)

    def clean_list(self) -> Worklist:
        """The list that is kept."""
        try:
            return worklists.worklist(self.cleaned_data["list"])
        except ValueError as error:
            raise forms.ValidationError("There is no such list.") from error


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def saved_views(request: HttpRequest, seat: Seat) -> HttpResponse:
    """One's own views and the team's; with ?list=, a form that keeps that list under a name."""
    if request.method == "POST":
        return _keep(request, seat)
    wanted = request.GET.get("list", "")
    form = SavedViewForm(initial={"list": wanted}) if _is_there(wanted, seat) else None
    return _show_views(request, seat, form)


def _is_there(slug: str, seat: Seat) -> bool:
    try:
        return worklists.may_open(worklists.worklist(slug), seat=seat)
    except ValueError:
        return False


def _keep(request: HttpRequest, seat: Seat) -> HttpResponse:
    form = SavedViewForm(request.POST)
    if form.is_valid() and not worklists.may_open(form.cleaned_data["list"], seat=seat):
        raise Http404
    if form.is_valid():
        wanted = form.cleaned_data.pop("list")
        try:
            kept.keep(wanted, seat=seat, **form.cleaned_data)
        except kept.NotKept as error:
            form.add_error("name", str(error))
        else:
            return see_other(reverse("desk:list", args=[wanted]))
    return _show_views(request, seat, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _show_views(
    request: HttpRequest, seat: Seat, form: SavedViewForm | None, status: int = HTTPStatus.OK
) -> HttpResponse:
    changeable = set(kept.changeable(seat).values_list("pk", flat=True))
    rows: list[dict[str, Any]] = [
        {"view": view, "list": kept.list_of(view), "may_change": view.pk in changeable}
        for view in kept.views_of(seat)
    ]
    context = {"form": form, "rows": rows, "may_give_to_team": seat.sees_everything} | bar(seat)
    return render(request, "desk/saved_views.html", context, status=status)


def on_view(do: Callable[..., None]) -> Callable[..., HttpResponse]:
    """A POST about a kept view that the person may change; any other is a 404."""

    @at_desk
    @wraps(do)
    def view(request: HttpRequest, seat: Seat, *, view_id: int) -> HttpResponse:
        if request.method == "POST":
            found = kept.changeable(seat).filter(pk=view_id).first()
            if found is None:
                raise Http404
            do(request, seat, found)
        return see_other(reverse("desk:saved-views"))

    return view


@on_view
def delete_view(_request: HttpRequest, _seat: Seat, found: SavedView) -> None:
    """Delete it; whoever has its list open keeps that."""
    found.delete()


@on_view
def first_view(_request: HttpRequest, seat: Seat, found: SavedView) -> None:
    """The desk begins with it; pressed once more, no longer."""
    if found.is_default:
        kept.see_usual_first(seat.user)
    else:
        kept.see_first(found)
