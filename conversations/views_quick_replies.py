"""Quick replies on the desk: choosing one while writing, and keeping one's own."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from conversations import access, quick_replies
from conversations.bar import bar
from conversations.forms import ReplyForm
from conversations.forms_quick_replies import PersonalQuickReplyForm
from conversations.models_quick_replies import QuickReply
from conversations.quick_panel import inserted, panel_of
from conversations.situation import situation_of
from conversations.views import at_desk, show
from conversations.worklists import Seat, Worklist
from omnichannel.lib.ids import whole_number

MOST_SHOWN = 200


@require_http_methods(["GET", "POST"])
@at_desk
def choose(request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int) -> HttpResponse:
    """The panel by itself; without a script, the page with it, or with what was chosen. Nothing is stored."""
    conversation = access.find(seat.user, conversation_id)
    situation = situation_of(conversation, seat=seat, now=timezone.now())
    sent = request.POST if request.method == "POST" else request.GET
    asked = {name: str(value) for name, value in sent.items()}
    if "HX-Request" in request.headers:
        panel = panel_of(situation, seat.user, asked)
        context = {"quick": panel, "worklist": worklist, "conversation": conversation, "by_script": True}
        return render(request, "desk/_quick.html", context)
    text = asked.get("text", "").replace("\x00", "").replace("\r\n", "\n")
    forms: dict[str, Any] = {}
    if chosen := whole_number(asked.get("quick_reply", "")):
        text = inserted(situation, seat.user, text=text, quick_reply_id=chosen)
    elif "close" not in asked:
        forms["quick"] = panel_of(situation, seat.user, asked)
    if text:
        forms["reply_form"] = ReplyForm({"text": text, "form_id": asked.get("form_id", "")[:32]})
    return show(request, seat, worklist, conversation, forms=forms)


def _own(seat: Seat) -> Any:
    """One's own ones; raises Http404 where agents may have none."""
    if not quick_replies.are_personal_allowed():
        raise Http404
    return QuickReply.objects.filter(owner=seat.user)


@require_http_methods(["GET", "POST"])
@at_desk
def personal(request: HttpRequest, seat: Seat, *, quick_reply_id: int | None = None) -> HttpResponse:
    """One's own quick replies, with a form for a new one or for the one of the address."""
    own = _own(seat)
    known = None if quick_reply_id is None else get_object_or_404(own, pk=quick_reply_id)
    data = request.POST if request.method == "POST" else None
    form = PersonalQuickReplyForm(data, instance=known, owner=seat.user)
    if form.is_bound and form.is_valid() and (kept := form.store()):
        messages.success(request, f"{kept.title}: saved.")
        return redirect("desk:personal-quick-replies")
    shown = own.prefetch_related("tags").order_by("title", "locale", "id")[:MOST_SHOWN]
    context = bar(seat) | {"own": shown, "form": form, "known": known}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "desk/personal_quick_replies.html", context, status=status)


@require_POST
@at_desk
def delete_personal(request: HttpRequest, seat: Seat, *, quick_reply_id: int) -> HttpResponse:
    """Delete one of one's own."""
    gone = get_object_or_404(_own(seat), pk=quick_reply_id)
    quick_replies.delete(gone)
    messages.success(request, f"{gone.title}: deleted.")
    return redirect("desk:personal-quick-replies")
