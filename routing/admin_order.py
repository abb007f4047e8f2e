"""A page of its own for the order of a work stream's rules: each move is stored at once."""

from typing import Any

from django.contrib import messages
from django.forms import Media, Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from omnichannel.lib.backoffice import page, render_page
from omnichannel.lib.ids import whole_numbers
from routing.models import RoutingRule, WorkStream
from routing.rule_list import rule_items_panel
from routing.services import Stale, move_rule, reorder_rules

RULES_CSS: Any = {"all": ["omnichannel/rules.css"]}
RULES_JS: Any = [Script("omnichannel/rules.js", defer=True)]
STEPS = {"up": -1, "down": 1}


def find_stream(stream_id: int) -> WorkStream:
    """A work stream in use; raises Http404."""
    stream = WorkStream.objects.filter(pk=min(stream_id, 10**18), deleted_at=None).first()
    if stream is None:
        raise Http404
    return stream


def trail_to(stream: WorkStream) -> list[tuple[str, str]]:
    """The breadcrumbs of a page that belongs to a stream."""
    return [
        ("Work Streams", reverse("admin:routing_workstream_changelist")),
        (stream.name, reverse("admin:routing_workstream_change", args=[stream.pk])),
    ]


@page(
    "routing/workstream/<int:stream_id>/rule-order/",
    name="routing_rule_order",
    title="Order of routing rules",
    permission="routing.change_routingrule",
)
def rule_order(request: HttpRequest, stream_id: int) -> HttpResponse:
    """Put a stream's rules in order: one up or down, or all at once (by dragging)."""
    stream = find_stream(stream_id)
    if request.method != "POST":
        panel = rule_items_panel(stream, has_buttons=True, moved=request.GET.get("moved", ""))
        return render_page(
            request,
            "admin/routing/rule_order.html",
            title="Order of routing rules",
            trail=trail_to(stream),
            panel=panel,
            media=Media(css=RULES_CSS, js=RULES_JS),
        )
    try:
        said, moved = _ordered(request, stream)
        is_stale = False
    except Stale as error:
        said, moved, is_stale = str(error), "", True
    if request.headers.get("X-Requested-With") == "fetch":
        html = rule_items_panel(stream, has_buttons=True)
        return JsonResponse({"said": said, "html": html}, status=409 if is_stale else 200)
    messages.add_message(request, messages.ERROR if is_stale else messages.SUCCESS, said)
    return HttpResponseRedirect(f"{request.path}?moved={moved}#rules-of-{stream.pk}")


def _ordered(request: HttpRequest, stream: WorkStream) -> tuple[str, str]:
    """Do what was asked; returns a sentence, and the button that was pressed. Raises Stale."""
    for word, by in STEPS.items():
        if word in request.POST:
            rule = RoutingRule.objects.filter(
                pk=whole_numbers(request.POST[word])[0], work_stream=stream
            ).first()
            if rule is None:
                raise Stale("This rule has been deleted meanwhile.")
            place = move_rule(rule=rule, by=by)
            return f"{rule.name} is now number {place}.", f"{word}-{rule.pk}"
    seen = whole_numbers(request.POST["seen"]) if "seen" in request.POST else None
    reorder_rules(work_stream=stream, ids=whole_numbers(request.POST.get("order", "")), seen=seen)
    return "The rules are in their new order.", ""
