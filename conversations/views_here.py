"""Signs of life of who has a conversation open. No rules here."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from conversations import access, viewing
from conversations.views import at_desk
from conversations.worklists import Seat, Worklist


@require_POST
@at_desk
def here(request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int) -> HttpResponse:
    """Somebody has it open (`typing`: and writes), or has closed it (`left`)."""
    conversation = access.find(seat.user, conversation_id)
    if "left" in request.POST:
        viewing.leave(user=seat.user, conversation=conversation)
    else:
        viewing.give_sign(
            user=seat.user,
            conversation=conversation,
            is_typing="typing" in request.POST,
            now=timezone.now(),
        )
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
