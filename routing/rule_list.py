"""The rules of a work stream in their order, as pages show them: what each says, what is remarkable of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from omnichannel.lib.backoffice import NOTHING
from routing.lint import Remark, remarks_on
from routing.models import Queue, WorkStream
from routing.rules import Rule
from routing.services import rules_of
from routing.wording import sentence

LEVELS = {"never": "warn", "unreachable": "warn", "always": "warn", "catch_all": ""}


def rule_items_panel(
    stream: WorkStream, *, may_change: bool = True, has_buttons: bool = False, moved: str = ""
) -> SafeString:
    """The stream's rules in order. With `has_buttons` each move is stored at once, by the page of the order.

    `moved` names the button that was pressed last, which gets the focus: "up-12".
    """
    return _panel(stream, shown_rules(stream), may_change=may_change, has_buttons=has_buttons, moved=moved)


def rule_items_in_form(
    stream: WorkStream, *, name: str, order: Sequence[int] = (), typed: Mapping[int, str] | None = None
) -> SafeString:
    """The same as a field of the stream's form: a number beside each rule, stored with the form.

    `order` are the ids as they are to be shown, when that is not as they are stored; `typed` numbers that
    make no order, to be shown again. The fields are called `<name>-<id>`, and `<name>-seen` is the order that
    the person looked at.
    """
    stored = shown_rules(stream)
    rules = {rule["id"]: rule for rule in stored}
    shown = [rules[pk] for pk in order] if order else stored
    for place, rule in enumerate(shown, start=1):
        rule["place"] = (typed or {}).get(rule["id"], str(place))
    seen = ",".join(rule["key"] for rule in stored)
    is_moved = bool(typed) or shown != stored
    return _panel(stream, shown, may_change=True, name=name, seen=seen, is_moved=is_moved)


def _panel(stream: WorkStream, rules: list[dict[str, Any]], **context: Any) -> SafeString:
    return render_to_string("admin/routing/_rule_items.html", {"stream": stream, "rules": rules, **context})


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


def remark_on(rule: Rule, stream: WorkStream, position: int) -> dict[str, str] | None:
    """What is remarkable of one rule, saved or not, at its place (a new one comes last)."""
    rules = [one for one in rules_of(stream) if one.id != rule.id]
    rules.insert(position - 1 if rule.id else len(rules), rule)
    return _shown_remark(next((one for one in remarks_on(rules) if one.rule_id == rule.id), None))


def _shown_remark(remark: Remark | None) -> dict[str, str] | None:
    return {"level": LEVELS[remark.code], "sentence": remark.sentence} if remark else None
