"""Administration of routing rules: one rule's page and their list."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from omnichannel.lib.backoffice import without_shortcuts
from omnichannel.lib.ids import whole_number
from routing.admin_order import RULES_CSS, RULES_JS, trail_to
from routing.conditions import from_json
from routing.forms import RoutingRuleForm
from routing.models import Queue, RoutingRule, WorkStream
from routing.services import delete_rule, save_rule
from routing.wording import sentence

FIELDS = ("name", "work_stream", "queue", "description")


class RoutingRuleAdmin(admin.ModelAdmin):
    """One routing rule item. Reached from its work stream; registered by the project, which adds what other
    rooms know of it.
    """

    form = RoutingRuleForm
    list_display: Any = ("name", "place", "said", "work_stream", "queue")
    list_filter = (("work_stream", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("work_stream", "queue")
    show_facets = admin.ShowFacets.NEVER
    ordering = ("work_stream", "position", "id")
    sortable_by: ClassVar[Any] = ()
    # The order is changed elsewhere, and no part of this page.
    unversioned = ("position",)
    change_form_template = "admin/routing/routingrule/change_form.html"

    class Media:
        css = RULES_CSS
        js = RULES_JS

    def is_saving(self, request: HttpRequest) -> bool:
        """Not by Preview, nor by the builder's own buttons."""
        return "_preview" not in request.POST and "condition-do" not in request.POST

    def trail(self, rule: RoutingRule) -> list[tuple[str, str]]:
        """Rules are reached from their stream."""
        return trail_to(rule.work_stream)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those of streams in use."""
        return super().get_queryset(request).filter(work_stream__deleted_at=None)

    def get_fields(self, request: HttpRequest, obj: RoutingRule | None = None) -> Any:
        """The builder for those who may use it, the sentence for others."""
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return (*FIELDS, "condition") if may else (*FIELDS, "said")

    def get_readonly_fields(self, request: HttpRequest, obj: RoutingRule | None = None) -> Any:
        """See get_fields."""
        return ("said",) if "said" in self.get_fields(request, obj) else ()

    @admin.display(description="order")
    def place(self, rule: RoutingRule) -> str:
        """Its place among the stream's rules, and the way to change it."""
        url = reverse("admin:routing_rule_order", args=[rule.work_stream_id])
        return format_html('{} <a href="{}">Change order</a>', rule.position, url)

    def get_list_display(self, request: HttpRequest) -> Any:
        """The way to the order for those who may change it."""
        found = super().get_list_display(request)
        if self.has_change_permission(request):
            return found
        return ["position" if name == "place" else name for name in found]

    @admin.display(description="condition")
    def said(self, rule: RoutingRule) -> str:
        """As a sentence."""
        return sentence(from_json(rule.condition))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Only streams in use; queues by name."""
        if db_field.name == "work_stream":
            options["queryset"] = WorkStream.objects.filter(deleted_at=None).order_by("name")
        if db_field.name == "queue":
            options["queryset"] = Queue.objects.order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **options)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Beside the queue, only New: a rule is no place to delete one."""
        made = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name in {"work_stream", "queue"}:
            return without_shortcuts(made, may_add=db_field.name == "queue")
        return made

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The work stream that the person comes from."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        wanted = initial.pop("work_stream", "")
        return {**initial, "work_stream": wanted} if is_id(wanted) else initial

    def save_model(self, request: HttpRequest, obj: RoutingRule, form: Any, change: bool) -> None:
        """A new rule comes last."""
        save_rule(obj, from_json(obj.condition))

    def delete_model(self, request: HttpRequest, obj: RoutingRule) -> None:
        """Those below it move up."""
        delete_rule(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Those below them move up."""
        for rule in queryset:
            delete_rule(rule)

    def response_post_save_add(self, request: HttpRequest, obj: RoutingRule) -> HttpResponseRedirect:
        """Back to the stream."""
        return self._to_stream(obj)

    def response_post_save_change(self, request: HttpRequest, obj: RoutingRule) -> HttpResponseRedirect:
        """Back to the stream."""
        return self._to_stream(obj)

    def _to_stream(self, rule: RoutingRule) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:routing_workstream_change", args=[rule.work_stream_id]))


def is_id(text: object) -> bool:
    """Whether it can be the id of a row."""
    return whole_number(text) is not None
