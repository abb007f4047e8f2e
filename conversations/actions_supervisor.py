"""Supervisors' commands on a conversation: read the form, ask who may, call a service, go on."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from conversations import supervising
from conversations.actions import SeeOther, acts
from conversations.forms_supervisor import AssignForm
from conversations.models import Conversation
from conversations.views import address_of, show
from conversations.worklists import MY, Seat, Worklist
from omnichannel.lib.ids import whole_number


@acts
def assign(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Give an Open conversation to an agent or another queue; beyond a capacity only when told so."""
    _supervisors_only(seat)
    form = AssignForm(conversation, request.POST)
    if form.is_valid():
        try:
            assigned = _assign(form, seat)
        except supervising.OverCapacity as error:
            form.add_error(None, str(error))
            form.asks_beyond = True
        else:
            to = f"the queue {assigned.queue}" if assigned.agent is None else str(assigned.agent)
            messages.success(request, f"{assigned.title}: assigned to {to}.")
            return SeeOther(reverse("desk:list", args=[worklist]))
    forms = {"assign_form": form}
    return show(request, seat, worklist, conversation, forms=forms, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _assign(form: AssignForm, seat: Seat) -> Conversation:
    what: dict[str, Any] = {
        "conversation_id": form.conversation.pk,
        "supervisor": seat.agent,
        "now": timezone.now(),
    }
    if queue := form.cleaned_data["queue"]:
        return supervising.assign_to_queue(queue=queue, **what)
    return supervising.assign(to=form.chosen.agent, beyond=form.cleaned_data["beyond"], **what)


@acts
def take_over(
    request: HttpRequest, seat: Seat, _worklist: Worklist, conversation: Conversation
) -> HttpResponse:
    """Take it from the agent who was shown."""
    _supervisors_only(seat)
    seen = whole_number(request.POST.get("seen", ""))
    supervising.take_over(
        conversation_id=conversation.pk, supervisor=seat.agent, now=timezone.now(), seen=seen
    )
    return SeeOther(address_of(MY, conversation.pk))


def _supervisors_only(seat: Seat) -> None:
    if not seat.sees_everything:
        raise Http404
