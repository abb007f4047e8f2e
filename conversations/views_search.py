"""Search on the desk: all that somebody may read, whenever it was said."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from conversations import search_query, search_results
from conversations.bar import bar
from conversations.views import at_desk
from conversations.worklists import MY, Seat
from omnichannel.lib.ids import whole_number


@require_GET
@at_desk
def search(request: HttpRequest, seat: Seat) -> HttpResponse:
    """What was found, a page at a time."""
    asked = search_query.read(request.GET.get("q", ""))
    before = whole_number(request.GET.get("before", "")) or 0
    context: dict[str, Any] = {
        "asked": asked,
        "found": search_results.find(asked, seat=seat, before=before),
        "before": before,
        "operators": search_query.OPERATORS,
        "worklist": MY,
    }
    return render(request, "desk/search.html", bar(seat) | context)
