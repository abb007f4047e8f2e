"""Acting on the desk: read the form, ask who may, call a service, go on. No rules here."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from channels_app import attachments, media, templates
from channels_app.models_media import Media
from channels_app.outbox import Refused
from conversations import access, drafts, later, services, writing
from conversations.changes import Lost
from conversations.collisions import WrittenMeanwhile
from conversations.forms import ReplyForm, TemplateForm, TransferForm, TryAgainForm, WriteForm, once
from conversations.models import Conversation, Message
from conversations.models_desk import Draft
from conversations.transitions import NotAllowed
from conversations.views import address_of, at_desk, show
from conversations.worklists import MY, Seat, Worklist
from omnichannel.lib.ids import whole_number

# The drafts of the forms that have one.
DRAFTS = {"reply_form": Draft.Kind.REPLY, "note_form": Draft.Kind.NOTE}


class SeeOther(HttpResponseRedirect):
    """After a POST: look there now."""

    status_code = HTTPStatus.SEE_OTHER


def acts(do: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A POST by somebody who may act on the conversation. What is not allowed is said in a toast.

    Whoever comes back to the address of an action (a reload, a log-in) is sent to the conversation.
    """

    @at_desk
    @wraps(do)
    def view(
        request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int, **kwargs: Any
    ) -> HttpResponse:
        if request.method != "POST":
            return SeeOther(address_of(worklist, conversation_id))
        conversation = access.find(seat.user, conversation_id)
        if not access.may_act(seat.user, conversation, seat.agent):
            raise Http404
        try:
            return do(request, seat, worklist, conversation, **kwargs)
        except Lost as error:
            messages.error(request, str(error))
            return SeeOther(reverse("desk:list", args=[worklist]))
        except (NotAllowed, Refused) as error:
            messages.error(request, str(error))
            return SeeOther(address_of(worklist, conversation_id))

    return view


# --- writing --------------------------------------------------------------------------------------


@acts
def reply(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Write to the customer, with files or without."""
    form = ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_again(request, seat, worklist, conversation, "reply_form", form)

    now = timezone.now()

    def send() -> None:
        # Stored before the conversation is locked; what was sent before, or is refused, is removed again.
        with attachments.taken(form.uploads, number=conversation.number) as files:
            once(
                request.session,
                form.cleaned_data["form_id"],
                conversation_id=conversation.pk,
                do=lambda: writing.reply(
                    conversation_id=conversation.pk,
                    agent=seat.agent,
                    text=form.cleaned_data["text"],
                    files=files,
                    now=now,
                    not_before=form.not_before or later.held_until(now),
                    cancel_if_customer_writes=form.cancels,
                    seen=form.cleaned_data["last_seen_seq"],
                ),
            )

    return _sent(request, seat, worklist, conversation, ("reply_form", form), send)


@acts
def note(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Write to colleagues."""
    form = WriteForm(request.POST)
    if not form.is_valid():
        return _show_again(request, seat, worklist, conversation, "note_form", form)

    def keep() -> None:
        once(
            request.session,
            form.cleaned_data["form_id"],
            conversation_id=conversation.pk,
            do=lambda: writing.write_internal(
                conversation_id=conversation.pk,
                author=seat.user,
                text=form.cleaned_data["text"],
                now=timezone.now(),
            ),
        )

    return _sent(request, seat, worklist, conversation, ("note_form", form), keep)


def _sent(
    request: HttpRequest,
    seat: Seat,
    worklist: Worklist,
    conversation: Conversation,
    named: tuple[str, Any],
    do: Callable[[], None],
) -> HttpResponse:
    """Do it with what was typed; when refused, the page comes back with text and reasons."""
    name, form = named
    try:
        do()
    except attachments.NotTaken as error:
        for problem in error.problems:
            form.add_error(None, problem.sentence)
    except WrittenMeanwhile as error:
        form.newer = error.messages
        form.add_error(None, str(error))
    except (Refused, NotAllowed) as error:
        form.add_error(None, str(error))
    else:
        return SeeOther(address_of(worklist, conversation.pk))
    return _show_again(request, seat, worklist, conversation, name, form)


def _show_again(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation, name: str, form: Any
) -> HttpResponse:
    """The page as it is now, with what was typed and what is wrong with it; what was typed is kept too."""
    if kind := DRAFTS.get(name):
        form.replaced = drafts.keep(
            user=seat.user,
            conversation=conversation,
            kind=kind,
            text=form.typed.replace("\x00", "").replace("\r\n", "\n"),
            known=form.data.get("known", ""),
            now=timezone.now(),
        ).replaced
    current = access.find(seat.user, conversation.pk)
    is_behind = bool(getattr(form, "newer", ()))
    status = HTTPStatus.CONFLICT if is_behind else HTTPStatus.UNPROCESSABLE_ENTITY
    return show(request, seat, worklist, current, forms={name: form}, status=status)


@acts
def send_template(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation
) -> HttpResponse:
    """Send a content template; with `preview`, only show what the customer would read."""
    usable = templates.usable(conversation.number)
    chosen = usable.filter(pk=whole_number(request.POST.get("template", "")) or 0).first()
    form = TemplateForm(request.POST, number=conversation.number, chosen=chosen)
    if "preview" in request.POST:
        unsent = TemplateForm(number=conversation.number, chosen=chosen, initial=request.POST.dict())
        return show(request, seat, worklist, conversation, forms={"template_form": unsent})

    if not form.is_valid():
        return _show_again(request, seat, worklist, conversation, "template_form", form)

    now = timezone.now()

    def send() -> None:
        once(
            request.session,
            form.cleaned_data["form_id"],
            conversation_id=conversation.pk,
            do=lambda: writing.reply(
                conversation_id=conversation.pk,
                agent=seat.agent,
                now=now,
                not_before=later.held_until(now),
                template=form.cleaned_data["template"],
                variables=form.values,
            ),
        )

    return _sent(request, seat, worklist, conversation, ("template_form", form), send)


@acts
def fetch_again(
    _request: HttpRequest, _seat: Seat, worklist: Worklist, conversation: Conversation, *, media_id: int
) -> HttpResponse:
    """Ask the provider once more for a file that could not be fetched; harmless for any other."""
    wanted = Media.objects.filter(pk=media_id, inbound_text__message__conversation=conversation)
    if not wanted.exists():
        raise Http404
    media.fetch_again(wanted.filter(state=Media.State.FAILED), now=timezone.now())
    return SeeOther(address_of(worklist, conversation.pk))


@acts
def try_again(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation, *, message_id: int
) -> HttpResponse:
    """Send a text once more that did not arrive, or that may not have."""
    message = Message.objects.filter(conversation=conversation, pk=message_id).first()
    form = TryAgainForm(request.POST)
    if message is None or not form.is_valid():
        raise Http404
    # The service compares what was seen with what is there.
    message.delivery_id = form.cleaned_data["delivery"]
    writing.try_again(message=message, agent=seat.agent, now=timezone.now())
    return SeeOther(address_of(worklist, conversation.pk))


# --- moving ---------------------------------------------------------------------------------------


@acts
def pick(_request: HttpRequest, seat: Seat, _worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Take an Open conversation, or reopen one's own Waiting one."""
    services.pick(conversation_id=conversation.pk, agent=seat.agent, now=timezone.now())
    return SeeOther(address_of(MY, conversation.pk))


@acts
def end(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Mark it as resolved; with `next`, go on to that conversation."""
    services.end(conversation_id=conversation.pk, agent=seat.agent, now=timezone.now())
    following = whole_number(request.POST.get("next", "")) or conversation.pk
    return SeeOther(address_of(worklist, following))


@acts
def close_session(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation
) -> HttpResponse:
    """Leave it: parked, or closed after it was ended."""
    seen = request.POST.get("seen") or None
    left = services.close_session(
        conversation_id=conversation.pk, agent=seat.agent, now=timezone.now(), seen=seen
    )
    messages.success(request, f"{left.title}: now {left.get_state_display()}.")
    return SeeOther(reverse("desk:list", args=[worklist]))


@acts
def release(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Give it back to its queue."""
    left = services.release(conversation_id=conversation.pk, agent=seat.agent, now=timezone.now())
    messages.success(request, f"{left.title}: released to {left.queue}.")
    return SeeOther(reverse("desk:list", args=[worklist]))


@acts
def transfer(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation
) -> HttpResponse:
    """Hand it to another queue."""
    form = TransferForm(request.POST, current=conversation.queue)
    if not form.is_valid():
        return _show_again(request, seat, worklist, conversation, "transfer_form", form)
    left = services.transfer_to_queue(
        conversation_id=conversation.pk,
        agent=seat.agent,
        queue=form.cleaned_data["queue"],
        now=timezone.now(),
    )
    messages.success(request, f"{left.title}: transferred to {left.queue}.")
    return SeeOther(reverse("desk:list", args=[worklist]))
