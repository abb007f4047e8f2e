"""Reading more of a thread: what comes above it, and what became of one text. No rules here."""

from collections.abc import Iterable, Iterator

from django import forms
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from agents.roles import sees_numbers
from conversations import access, thread, transcript
from conversations.bubbles import bubbles, day_of
from conversations.feed import looks_of
from conversations.models import Message
from conversations.situation import situation_of
from conversations.transcript import Wish
from conversations.transcript_pdf import as_pdf
from conversations.views import address_of, at_desk, number_in, steps_context
from conversations.worklists import Seat, Worklist
from omnichannel.lib import audit


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


class TranscriptForm(forms.Form):
    """What is wanted of a conversation to take along."""

    kind = forms.ChoiceField(choices=[("text", "Text"), ("pdf", "PDF")])
    internal = forms.BooleanField(required=False)


@require_GET
@at_desk
def transcript_file(
    request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int
) -> HttpResponse:
    """The conversation as a file, noted in the audit log before its first byte leaves."""
    conversation = access.find(seat.user, conversation_id)
    form = TranscriptForm(request.GET)
    if not form.is_valid():
        return HttpResponseBadRequest("Choose text or PDF.", content_type="text/plain; charset=utf-8")
    kind, wish = form.cleaned_data["kind"], Wish(form.cleaned_data["internal"], sees_numbers(seat.user))
    what = f"Transcript of conversation {conversation.pk} as {kind}, {wish.words}"
    audit.note_export(Message, what=what, count=transcript.count(conversation, wish=wish))
    name = f"conversation-{conversation.pk}-{timezone.localdate():%Y%m%d}"
    if kind == "pdf":
        return _download(HttpResponse(as_pdf(conversation, wish=wish), "application/pdf"), f"{name}.pdf")
    lines = _in_zone(timezone.get_current_timezone_name(), transcript.as_text(conversation, wish=wish))
    return _download(StreamingHttpResponse(lines, content_type="text/plain; charset=utf-8"), f"{name}.txt")  # type: ignore[arg-type]


def _in_zone(zone: str, lines: Iterable[str]) -> Iterator[str]:
    """The lines, made in the reader's zone although the request is over by then."""
    with timezone.override(zone):
        yield from lines


def _download(answer: HttpResponse, name: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
