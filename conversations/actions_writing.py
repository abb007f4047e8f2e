"""What is done with texts before they leave: drafts are kept, replies taken back, sent now, or moved."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from conversations import drafts, later
from conversations.actions import SeeOther, acts
from conversations.forms import DraftForm, LaterForm, once
from conversations.models import Conversation, Message, State
from conversations.views import address_of
from conversations.worklists import Seat, Worklist


@acts
def draft(request: HttpRequest, seat: Seat, _worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Keep what is being typed, as JSON: its version, and other words that it replaced.

    Nothing is kept of a form that has been sent meanwhile, and none in a Closed conversation.
    """
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse(form.errors, status=HTTPStatus.BAD_REQUEST)
    typed = form.cleaned_data
    kept: drafts.Kept | None = drafts.Kept("", "")

    def keep() -> None:
        nonlocal kept
        is_closed = Conversation.objects.filter(pk=conversation.pk, state=State.CLOSED).exists()
        kept = (
            None
            if is_closed
            else drafts.keep(
                user=seat.user,
                conversation=conversation,
                kind=typed["kind"],
                text=typed["text"],
                known=typed["known"],
                now=timezone.now(),
            )
        )

    once(request.session, typed["form_id"], conversation_id=conversation.pk, do=keep, is_sent=False)
    if kept is None:
        return JsonResponse({"text": ["The conversation is Closed."]}, status=HTTPStatus.CONFLICT)
    return JsonResponse({"version": kept.version, "replaced": kept.replaced})


@acts
def take_back(
    _request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation, *, message_id: int
) -> HttpResponse:
    """Take back a reply that has not left; its words are in the composer again."""
    message = _message(conversation, message_id)
    later.take_back(message=message, agent=seat.agent, now=timezone.now())
    return SeeOther(address_of(worklist, conversation.pk))


@acts
def send_now(
    _request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation, *, message_id: int
) -> HttpResponse:
    """Let a scheduled text leave at once."""
    message = _message(conversation, message_id)
    later.send_now(message=message, agent=seat.agent, now=timezone.now())
    return SeeOther(address_of(worklist, conversation.pk))


@acts
def change_time(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation, *, message_id: int
) -> HttpResponse:
    """Let a scheduled text leave at another time."""
    message, form = _message(conversation, message_id), LaterForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.sentence)
        return SeeOther(address_of(worklist, conversation.pk))
    later.change_time(
        message=message,
        agent=seat.agent,
        not_before=form.cleaned_data["send_at"],
        cancel_if_customer_writes=form.cleaned_data["cancel_if_customer_writes"],
        now=timezone.now(),
    )
    return SeeOther(address_of(worklist, conversation.pk))


def _message(conversation: Conversation, message_id: int) -> Message:
    """A text of ours in this conversation."""
    found = conversation.messages.filter(pk=message_id, delivery__isnull=False).first()
    if found is None:
        raise Http404
    return found
