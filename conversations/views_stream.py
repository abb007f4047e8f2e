"""Where a page of the desk hears that something changed."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations import access, nudges
from conversations.views import at_desk
from conversations.worklists import Seat, asked_for
from omnichannel.lib.ids import whole_number


@require_GET
@never_cache
def stream(request: HttpRequest) -> HttpResponse:
    """Where this page hears nudges, and how patient it is; 204 when there are none, 401 without log-in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    return _stream(request)


@at_desk
def _stream(request: HttpRequest, seat: Seat) -> HttpResponse:
    if not settings.NUDGES_URL:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    worklist = asked_for(request.GET.get("view", ""), seat=seat)
    conversation_id = whole_number(request.GET.get("c", ""))
    if conversation_id is not None:
        access.check(seat.user, conversation_id)
    topics = nudges.topics_for(seat, worklist, conversation_id)
    return JsonResponse({"address": nudges.address(topics), "soon_ms": nudges.soon_ms(worklist)})
