"""Administration of routing: work streams, their ordered rules, queues."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from agents.admin import AgentAdmin
from agents.models import Agent
from omnichannel.lib.backoffice import chip
from omnichannel.lib.durations import readable
from routing.admin_channels import ChannelSettingAdmin
from routing.admin_order import RULES_CSS, RULES_JS
from routing.forms import WorkStreamForm
from routing.models import Queue, WorkStream
from routing.rule_list import rule_items_panel
from routing.services import (
    Protected,
    delete_queue,
    obstacle_to_deleting,
    queues_of,
    reorder_rules,
    retire_work_stream,
    set_status,
)

__all__ = ["AgentWithQueuesAdmin", "ChannelSettingAdmin", "QueueAdmin", "WorkStreamAdmin"]
EVERYBODY = "Everybody is a member; that cannot be changed."


class StatusFilter(admin.SimpleListFilter):
    """Active Work Streams, unless others are asked for."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Besides Active."""
        return (("inactive", "Inactive"), ("all", "All"))

    def choices(self, changelist: Any) -> Any:
        """Active first; it needs no parameter."""
        for value, words in ((None, "Active"), *self.lookup_choices):
            query = changelist.get_query_string(
                {self.parameter_name: value} if value else {}, [] if value else [self.parameter_name]
            )
            yield {"selected": self.value() == value, "query_string": query, "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those of the chosen status."""
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or WorkStream.Status.ACTIVE)


class WorkStreamAdmin(admin.ModelAdmin):
    """Work streams. Registered by the project, which adds what other rooms know of a stream."""

    list_display: Any = (
        "name",
        "channel",
        "shown_status",
        "work_distribution_mode",
        "capacity",
        "auto_close",
    )
    list_filter = (StatusFilter,)
    show_facets = admin.ShowFacets.NEVER
    actions: Any = ("activate", "deactivate")
    search_fields = ("name",)
    ordering = ("name",)
    delete_confirmation_template = "admin/routing/workstream/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/routing/workstream/delete_selected_confirmation.html"
    form = WorkStreamForm
    general = (
        "General information",
        {
            "fields": (
                "name",
                "channel",
                "auto_close_after_inactivity",
                "allow_automated_messages",
                "status",
            )
        },
    )
    distribution = ("Work distribution", {"fields": ("work_distribution_mode", "capacity")})
    rules = ("Routing rule items", {"fields": ("rule_items",), "classes": ("panel",)})
    readonly_fields: ClassVar[Any] = ("allow_automated_messages", "auto_close")

    @admin.display(description="Allow automated messages")
    def allow_automated_messages(self, _stream: WorkStream) -> str:
        """Until there are automated messages."""
        return "No"

    class Media:
        css = RULES_CSS
        js = RULES_JS

    def get_readonly_fields(self, request: HttpRequest, obj: WorkStream | None = None) -> Any:
        """The channel is chosen once; the rules are ordered by those who may change them."""
        found = super().get_readonly_fields(request, obj)
        if obj is not None:
            found = (*found, "channel")
        may_order = obj is not None and request.user.has_perm("routing.change_routingrule")
        return found if may_order else (*found, "rule_items")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With the order of the rules, when there is a new one. Raises Stale."""
        super().save_related(request, form, formsets, change)
        if order := form.cleaned_data.get("rule_items"):
            reorder_rules(work_stream=form.instance, ids=order.ids, seen=order.seen)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Those in use."""
        return super().get_queryset(request).filter(deleted_at=None)

    def get_fieldsets(self, request: HttpRequest, obj: WorkStream | None = None) -> Any:
        """The rules once there is a stream to have some; durations as people say them for who only reads."""
        if obj is not None and not self.has_change_permission(request, obj):
            name, options = self.general
            fields = tuple(
                "auto_close" if f == "auto_close_after_inactivity" else f for f in options["fields"]
            )
            return ((name, {"fields": fields}), self.distribution, self.rules)
        return (self.general, self.distribution, self.rules) if obj else (self.general, self.distribution)

    @admin.display(description="auto-close after inactivity", ordering="auto_close_after_inactivity")
    def auto_close(self, stream: WorkStream) -> str:
        """As people say it."""
        return readable(stream.auto_close_after_inactivity)

    @admin.display(description="status", ordering="status")
    def shown_status(self, stream: WorkStream) -> str:
        """Its word."""
        return chip(
            stream.get_status_display(), "ok" if stream.status == WorkStream.Status.ACTIVE else "warn"
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Called as the documents call it."""
        shown = {"all": "All", "inactive": "Inactive"}.get(request.GET.get("status", ""), "Active")
        return super().changelist_view(request, {"title": f"{shown} Work Streams", **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """An empty list says whether there are others: without parameters it shows Active ones alone."""
        made: Any = super().get_changelist_instance(request)
        made.way_to_all = "?status=all"
        made.hides_some = not made.result_list and self.get_queryset(request).exists()
        return made

    @admin.action(permissions=["change"], description="Activate: start conversations")
    def activate(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Let them start conversations."""
        self._set_status(request, queryset, WorkStream.Status.ACTIVE)

    @admin.action(permissions=["change"], description="Deactivate: start no conversation")
    def deactivate(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Let them start none; those they have go on."""
        self._set_status(request, queryset, WorkStream.Status.INACTIVE)

    def _set_status(self, request: HttpRequest, queryset: QuerySet, status: WorkStream.Status) -> None:
        changed = [str(stream) for stream in queryset if set_status(stream, status)]
        if changed:
            messages.success(request, f"Now {status.label}: {', '.join(changed)}.")
        else:
            messages.warning(request, f"They were {status.label} already: nothing was changed.")

    @admin.display(description="in order; the first true one wins")
    def rule_items(self, stream: WorkStream) -> str:
        """The stream's rules in order, for who only reads them; see WorkStreamForm."""
        return rule_items_panel(stream, may_change=False)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Nothing is deleted: no need to collect years of conversations."""
        return [str(stream) for stream in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: WorkStream) -> None:
        """Retire it."""
        retire_work_stream(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Retire them."""
        for stream in queryset:
            retire_work_stream(stream)


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin):
    """Queues. The Default queue is everybody's and stays; others are deleted while nothing needs them."""

    list_display = ("name", "priority", "is_default")
    search_fields = ("name",)
    ordering = ("priority", "name")
    filter_horizontal = ("members",)
    actions = ("delete_selected",)

    def get_fieldsets(self, request: HttpRequest, obj: Queue | None = None) -> Any:
        """The Default queue's members are told, not chosen."""
        members = "everybody" if obj and obj.is_default else "members"
        return ((None, {"fields": ("name", "priority")}), ("Users (agents)", {"fields": (members,)}))

    def get_readonly_fields(self, request: HttpRequest, obj: Queue | None = None) -> Any:
        """Supervisors choose members; queues themselves are the administrators'."""
        return ("everybody",) if self.has_add_permission(request) else ("everybody", "name", "priority")

    @admin.display(description="members")
    def everybody(self, _queue: Queue) -> str:
        """The Default queue's members."""
        return EVERYBODY

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Members by username, read in one statement."""
        options["queryset"] = Agent.objects.select_related("user").order_by("user__username")
        field: Any = super().formfield_for_manytomany(db_field, request, **options)
        field.label, field.help_text = "Members", "Conversations of this queue are theirs to pick."
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Queue | None = None) -> bool:
        """Never for the Default queue."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.is_default)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only the queues: whatever else hangs on one keeps it from being deleted."""
        return [str(queue) for queue in objs], {"queues": len(objs)}, set(), []

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The usual way, with a sentence when something needs the queue; before it asks, if known."""
        queue = self.get_object(request, object_id)
        try:
            if queue is not None and self.has_delete_permission(request, queue):
                refuse_if_needed(queue)
            return super().delete_view(request, object_id, extra_context)
        except Protected as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:routing_queue_change", args=[object_id]))

    def delete_model(self, request: HttpRequest, obj: Queue) -> None:
        """Raises Protected."""
        delete_queue(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Raises Protected."""
        for queue in queryset:
            delete_queue(queue)

    @admin.action(permissions=["delete"], description="Delete selected queues")
    def delete_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Ask first, unless one of them cannot be deleted: then say why, and delete none."""
        obstacles = [sentence for queue in queryset if (sentence := obstacle_to_deleting(queue))]
        for sentence in obstacles:
            messages.error(request, sentence)
        return None if obstacles else delete_selected(self, request, queryset)


admin.site.unregister(Agent)


@admin.register(Agent)
class AgentWithQueuesAdmin(AgentAdmin):
    """Seats at the desk, with the queues whose work they see."""

    fields: ClassVar[Any] = (*AgentAdmin.fields, "member_of")
    readonly_fields: ClassVar[Any] = (*AgentAdmin.readonly_fields, "member_of")

    @admin.display(description="member of")
    def member_of(self, agent: Agent) -> str:
        """Queues by name; membership is changed on the queue."""
        return ", ".join(sorted(queue.name for queue in queues_of(agent)))


def refuse_if_needed(queue: Queue) -> None:
    """Raise Protected when something needs the queue."""
    if obstacle := obstacle_to_deleting(queue):
        raise Protected(obstacle)
