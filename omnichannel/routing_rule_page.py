"""The page of a routing rule item, with what conversations tell of it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from conversations.hindsight import LISTED_AT_MOST, Hindsight, would_have
from routing.admin_order import trail_to
from routing.admin_rules import RoutingRuleAdmin, is_id
from routing.forms import RoutingRuleForm
from routing.models import RoutingRule, WorkStream
from routing.rule_list import remark_on
from routing.rules import Rule
from routing.services import as_value


@admin.register(RoutingRule)
class RoutingRulePage(RoutingRuleAdmin):
    """A routing rule item; Preview says what it would have done with last week's conversations."""

    def render_change_form(
        self, request: HttpRequest, context: Any, add: bool = False, change: bool = False,
        form_url: str = "", obj: RoutingRule | None = None,
    ) -> Any:  # fmt: skip
        """With the remark on the rule, and after Preview with the hindsight."""
        form = context["adminform"].form
        rule = _tried(form) if isinstance(form, RoutingRuleForm) else None
        if rule is not None:
            context |= {"hindsight": _hindsight(request, rule), "most_listed": LISTED_AT_MOST}
        shown = rule or obj
        if stream := _stream_of(form, obj):
            context["trail"] = trail_to(stream)
        if shown is not None:
            context["remark"] = remark_on(as_value(shown), shown.work_stream, shown.position)
        return super().render_change_form(request, context, add, change, form_url, obj)


def _stream_of(form: Any, rule: RoutingRule | None) -> WorkStream | None:
    """The stream that the rule belongs to, or will when it is saved."""
    if rule is not None:
        return rule.work_stream
    wanted = str(form["work_stream"].value() or "") if "work_stream" in form.fields else ""
    return WorkStream.objects.filter(pk=wanted, deleted_at=None).first() if is_id(wanted) else None


def _tried(form: RoutingRuleForm) -> RoutingRule | None:
    """The rule as it was typed, when it is to be tried and nothing is wrong with it."""
    if not (form.is_bound and form.is_trial and not form.is_editing and not form.errors):
        return None
    rule: RoutingRule = form.instance
    return rule


def _hindsight(request: HttpRequest, rule: RoutingRule) -> Hindsight:
    value: Rule = as_value(rule)
    position = rule.position if rule.pk else None
    user: Any = request.user
    return would_have(
        user=user, work_stream=rule.work_stream, rule=value, position=position, now=timezone.now()
    )
