"""Reading more of a thread: what comes above it, and what became of one text. No rules here."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from conversations import access, thread
from conversations.bubbles import bubbles, day_of
from conversations.feed import looks_of
from conversations.situation import situation_of
from conversations.views import address_of, at_desk, number_in, steps_context
from conversations.worklists import Seat, Worklist


@require_GET
@at_desk
def older(request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int) -> HttpResponse:
    """What comes before `before`, in this conversation or in the earlier one that is named by `of`; without a
    script, the page of it.
    """
    of = number_in(request, "of") or conversation_id
    conversation, before = access.find(seat.user, of), number_in(request, "before")
    if "HX-Request" not in request.headers:
        where = "" if before is None else f"?before={before}"
        return HttpResponseRedirect(f"{address_of(worklist, of)}{where}")
    shown = thread.stretch(conversation, before=before)
    possible = situation_of(conversation, seat=seat, now=timezone.now())
    is_same_day = bool(shown.messages) and day_of(shown.messages[-1]).isoformat() == request.GET.get("day")
    context = {
        "worklist": worklist,
        "conversation": conversation,
        "situation": possible,
        "root_id": conversation_id,
        "is_earlier": of != conversation_id,
        "is_end": of != conversation_id and before is None,
        "above": thread.above(conversation, shown, seat=seat),
        "bubbles": bubbles(shown.messages, looks=looks_of(possible, shown.messages)),
        # The day is said above what came, no longer above what was there.
        "said_day": before if is_same_day else None,
    }
    return render(request, "desk/_older.html", context)


@require_GET
@at_desk
def story(
    request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int, message_id: int
) -> HttpResponse:
    """What happened to a text of ours, step by step; without a script, the page with it."""
    conversation = access.find(seat.user, conversation_id)
    message = thread.text_of_ours(conversation, message_id)
    if "HX-Request" not in request.headers:
        where = f"?m={message.seq}&story={message.pk}#m-{message.pk}"
        return HttpResponseRedirect(f"{address_of(worklist, conversation_id)}{where}")
    return render(request, "desk/_steps.html", steps_context(conversation, message))
