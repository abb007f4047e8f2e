"""Reading on the desk: who is there, the pages, the feed. No rules here."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations import (
    access,
    composing,
    customer,
    list_counts,
    parts,
    presenters,
    stories,
    thread,
    worklists,
)
from conversations import feed as changes_feed
from conversations.bubbles import bubbles
from conversations.forms import TransferForm, last_sent
from conversations.frames import around, frame
from conversations.models import Conversation, Message
from conversations.picker import picker_of
from conversations.saved_views import default_list
from conversations.situation import Situation, situation_of
from conversations.worklists import MY, Seat, Worklist, may_open
from omnichannel.lib.ids import whole_number

View = Callable[..., HttpResponse]
LARGEST_SEQ = 10**9


# --- who is there ---------------------------------------------------------------------------------


def at_desk(view: View) -> View:
    """For logged-in people with a role; gives the view their seat. What they may not see is a 404."""

    @never_cache
    @wraps(view)
    def seated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            return _to_login(request, **kwargs)
        agent = access.agent_of(user)
        if agent is None:
            return render(request, "desk/no_role.html", status=HTTPStatus.FORBIDDEN)
        seat = Seat(user, agent)
        if "worklist" in kwargs and not may_open(kwargs["worklist"], seat=seat):
            raise Http404
        try:
            return view(request, seat, *args, **kwargs)
        except access.NotFound as error:
            raise Http404 from error

    return seated


def _to_login(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Log in, then come back; a form that was posted cannot be, so its conversation is shown again."""
    if request.method == "POST" and "conversation_id" in kwargs:
        return redirect_to_login(address_of(kwargs["worklist"], kwargs["conversation_id"]))
    return redirect_to_login(request.get_full_path())


def address_of(worklist: Worklist, conversation_id: int) -> str:
    """Where a conversation is shown."""
    return reverse("desk:conversation", args=[worklist, conversation_id])


# --- reading --------------------------------------------------------------------------------------


@require_GET
@at_desk
def home(_request: HttpRequest, seat: Seat) -> HttpResponse:
    """The desk begins with what the person wants to see first, else with their own work."""
    return HttpResponseRedirect(reverse("desk:list", args=[default_list(seat) or MY]))


@require_GET
@at_desk
def conversation(
    request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int
) -> HttpResponse:
    """A list and one of the conversations that the person may read."""
    return show(request, seat, worklist, access.find(seat.user, conversation_id))


def show(
    request: HttpRequest,
    seat: Seat,
    worklist: Worklist,
    conversation: Conversation,
    *,
    forms: dict[str, Any] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The whole page; `forms` are those that come back with what is wrong."""
    now = timezone.now()
    before, around = (number_in(request, name) for name in ("before", "m"))
    stretch = thread.stretch(conversation, before=before, around=around)
    situation = situation_of(conversation, seat=seat, now=now)
    looks = replace(
        changes_feed.looks_of(situation, stretch.messages),
        read_up_to=thread.last_read(conversation, seat),
        reader_id=seat.user.pk,
    )
    context, cursor = frame(request.GET.get("after", ""), seat=seat, worklist=worklist, now=now)
    seen = parts.look(seat, conversation.pk, now)
    cursor = cursor.with_parts(**changes_feed.digests(seen))
    context |= _conversation_context(request, seat, situation, forms or {})
    context |= {
        "cursor": changes_feed.encode(changes_feed.cursor_of_thread(cursor, seat, situation, stretch)),
        "stretch": stretch,
        "above": thread.above(conversation, stretch, seat=seat),
        "unread_above": thread.unread_above(
            conversation, stretch, read_up_to=looks.read_up_to or 0, seat=seat
        ),
        "bubbles": bubbles(stretch.messages, looks=looks),
        "asked": request.GET.get("find", ""),
        "found": SimpleLazyObject(lambda: customer.find(request.GET.get("find", ""), seat.user)),
        "last_sent": last_sent(request.session),
    }
    context |= seen | parts.context_of(parts.PARTS, seat, situation) | (forms or {})
    told = number_in(request, "story")
    for message in stretch.messages:
        if message.pk == told and message.delivery:
            context |= steps_context(conversation, message)
    return render(request, "desk/conversation.html", context, status=status)


def _conversation_context(
    request: HttpRequest, seat: Seat, situation: Situation, forms: dict[str, Any]
) -> dict[str, Any]:
    """What the parts of an open conversation are rendered from, on the page and in the feed."""
    conversation = situation.conversation
    context: dict[str, Any] = {
        "conversation": conversation,
        "open_id": conversation.pk,
        "situation": situation,
        **composing.context(seat, situation),
        "clock": presenters.clock(conversation, situation.now),
    }
    if situation.may_send_template:
        template_form = forms.get("template_form")
        asked = request.POST if template_form else request.GET
        context["picker"] = SimpleLazyObject(
            lambda: picker_of(conversation.number, asked.dict(), form=template_form)
        )
    if "transfer" in situation.commands:
        context["transfer_form"] = TransferForm(current=conversation.queue)
    return context | forms


@require_GET
@at_desk
def templates(request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int) -> HttpResponse:
    """The picker of content templates by itself; without a script, the page with it."""
    conversation = access.find(seat.user, conversation_id)
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(f"{address_of(worklist, conversation_id)}?{request.GET.urlencode()}")
    situation = situation_of(conversation, seat=seat, now=timezone.now())
    context = _conversation_context(request, seat, situation, {}) | {"worklist": worklist}
    return render(request, "desk/_picker.html", context)


def steps_context(conversation: Conversation, message: Message) -> dict[str, Any]:
    """What the steps of one text are rendered from."""
    account = conversation.number.account
    return {
        "told_id": message.pk,
        "written_by": message.author,
        "written_at": message.created_at,
        "provider": account.get_provider_display(),
        "steps": stories.steps(thread.events_of(message), provider=account.provider),
    }


def number_in(request: HttpRequest, name: str) -> int | None:
    """A small whole number of an address; None when it is none."""
    number = whole_number(request.GET.get(name, ""))
    return None if number is None else min(number, LARGEST_SEQ)


# --- what changed ---------------------------------------------------------------------------------


@require_GET
@never_cache
def feed(request: HttpRequest) -> HttpResponse:
    """What changed since the cursor: fragments that know their place; 204 for nothing, 401 without log-in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    return _changed(request)


@at_desk
def _changed(request: HttpRequest, seat: Seat) -> HttpResponse:
    worklist = worklists.asked_for(request.GET.get("view", ""), seat=seat)
    watch = changes_feed.Watch(worklist, request.GET.get("after", ""), number_in(request, "c"))
    cursor = changes_feed.decode(request.GET.get("cursor", ""))
    cursor = cursor and cursor.reaching(number_in(request, "first"))
    found = changes_feed.changes(seat=seat, watch=watch, cursor=cursor, now=timezone.now())
    if found is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    context: dict[str, Any] = {
        **found.seen,
        "worklist": worklist,
        "after": watch.after,
        "changes": found,
        "rows": found.rows,
        "older": found.older,
        "listed": found.listed,
        "cursor": changes_feed.encode(found.cursor),
        "open_id": watch.conversation_id,
    }
    if found.counts is not None:
        context |= around(found.counts, seat=seat, worklist=worklist)
        context |= {"agent": seat.agent, "used_capacity": found.counts[list_counts.USED]}
    if found.thread is not None:
        situation = found.thread.situation
        context |= _conversation_context(request, seat, situation, {})
        context |= parts.context_of(found.thread.parts, seat, situation)
        context["bubbles"] = found.thread.new
    return render(request, "desk/feed.html", context)
