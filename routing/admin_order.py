"""The rules of a work stream in their order: what is remarkable of each, and the ways to order them."""

from typing import Any

from django.contrib import messages
from django.forms import Media, Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from omnichannel.lib.backoffice import NOTHING, page, render_page
from omnichannel.lib.ids import whole_number
from routing.lint import Remark, remarks_on
from routing.models import Queue, RoutingRule, WorkStream
from routing.rules import Rule
from routing.services import Stale, move_rule, reorder_rules, rules_of
from routing.wording import sentence

RULES_CSS: Any = {"all": ["omnichannel/rules.css"]}
RULES_JS: Any = [Script("omnichannel/rules.js", defer=True)]
LEVELS = {"never": "warn", "unreachable": "warn", "always": "warn", "catch_all": ""}
STEPS = {"up": -1, "down": 1}


def rule_items_panel(
    stream: WorkStream, *, may_change: bool = True, has_buttons: bool = False, moved: str = ""
) -> SafeString:
    """The stream's rules in order. They are moved by dragging or with buttons; where no form of its own is
    around it (`has_buttons`), both need the script, and a link leads to the page that does not.

    `moved` names the button that was pressed last, which gets the focus: "up-12".
    """
    context = {
        "stream": stream,
        "rules": shown_rules(stream),
        "may_change": may_change,
        "has_buttons": has_buttons,
        "moved": moved,
    }
    return render_to_string("admin/routing/_rule_items.html", context)


def shown_rules(stream: WorkStream) -> list[dict[str, Any]]:
    """Each rule with its sentence, its queue and what is remarkable of it."""
    rules = rules_of(stream)
    queues = dict(Queue.objects.values_list("id", "name"))
    remarks = {remark.rule_id: remark for remark in remarks_on(rules)}
    return [
        {
            "id": rule.id,
            "key": str(rule.id),
            "name": rule.name,
            "said": sentence(rule.condition),
            "queue": queues.get(rule.queue_id, NOTHING),
            "remark": _shown_remark(remarks.get(rule.id)),
        }
        for rule in rules
    ]


def _shown_remark(remark: Remark | None) -> dict[str, str] | None:
    return {"level": LEVELS[remark.code], "sentence": remark.sentence} if remark else None


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
        html = rule_items_panel(stream, has_buttons="has_buttons" in request.POST)
        return JsonResponse({"said": said, "html": html}, status=409 if is_stale else 200)
    messages.add_message(request, messages.ERROR if is_stale else messages.SUCCESS, said)
    return HttpResponseRedirect(f"{request.path}?moved={moved}#rules-of-{stream.pk}")


def _ordered(request: HttpRequest, stream: WorkStream) -> tuple[str, str]:
    """Do what was asked; returns a sentence, and the button that was pressed. Raises Stale."""
    for word, by in STEPS.items():
        if word in request.POST:
            rule = RoutingRule.objects.filter(pk=_ids(request.POST[word])[0], work_stream=stream).first()
            if rule is None:
                raise Stale("This rule has been deleted meanwhile.")
            place = move_rule(rule=rule, by=by)
            return f"{rule.name} is now number {place}.", f"{word}-{rule.pk}"
    seen = _ids(request.POST["seen"]) if "seen" in request.POST else None
    reorder_rules(work_stream=stream, ids=_ids(request.POST.get("order", "")), seen=seen)
    return "The rules are in their new order.", ""


def _ids(text: str) -> list[int]:
    """Ids with commas between; what is none is 0, which no rule has."""
    return [whole_number(part) or 0 for part in text.split(",")]


def remark_on(rule: Rule, stream: WorkStream, position: int) -> dict[str, str] | None:
    """What is remarkable of one rule, saved or not, at its place (a new one comes last)."""
    rules = [one for one in rules_of(stream) if one.id != rule.id]
    rules.insert(position - 1 if rule.id else len(rules), rule)
    return _shown_remark(next((one for one in remarks_on(rules) if one.rule_id == rule.id), None))
