"""The command bar: its list for the page that is open, and a page of its own without a script."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from conversations import access
from conversations.bar import bar
from conversations.command_bar import entries
from conversations.situation import situation_of
from conversations.views import at_desk
from conversations.worklists import Seat
from omnichannel.lib.ids import whole_number


@require_GET
@at_desk
def commands(request: HttpRequest, seat: Seat) -> HttpResponse:
    """What fits `q`; with `c`, the commands of that conversation too. Commands need the page they are of."""
    question = request.GET.get("q", "")
    in_page = "HX-Request" in request.headers
    conversation_id = whole_number(request.GET.get("c", "")) if in_page else None
    situation = None
    if conversation_id:
        conversation = access.find(seat.user, conversation_id)
        situation = situation_of(conversation, seat=seat, now=timezone.now())
    context = {"entries": entries(seat, question, situation), "question": question}
    if in_page:
        return render(request, "desk/_commands_found.html", context)
    return render(request, "desk/commands.html", bar(seat) | context)
