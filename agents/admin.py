"""Administration of people: logins with their role, seats at the desk, and what each role may do."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from agents import access_pages  # noqa: F401  (its pages)
from agents.access import may_touch
from agents.authenticators import Authenticator
from agents.forms import PersonAddForm, PersonChangeForm
from agents.models import Agent, User
from agents.roles import let_see_numbers, role_of, sees_numbers
from agents.second_factor import authenticator_of
from agents.services import is_known_to_history, set_capacity, set_role_and_capacity
from omnichannel.lib.backoffice import NOTHING, RecordAdmin, chip

admin.site.unregister(Group)


class ByRole(admin.RelatedFieldListFilter):
    """People by their role."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "role"


class ByLogin(admin.BooleanFieldListFilter):
    """People who may log in, and those who may not: in the words of the list."""

    WORDS: ClassVar[dict[str, str]] = {"Yes": "Active", "No": "Inactive"}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = "status"

    def choices(self, changelist: Any) -> Any:
        """All, Active, Inactive."""
        for choice in super().choices(changelist):
            yield {**choice, "display": self.WORDS.get(str(choice["display"]), choice["display"])}


# They lead to pages that change somebody's access.
LEADING_ON = {"has_password", "access"}


def _read(fields: Any) -> tuple[Any, ...]:
    return tuple(name for name in fields if name not in LEADING_ON)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People who may log in. Those whom the history names are deactivated instead of deleted."""

    form = PersonChangeForm
    add_form = PersonAddForm
    add_form_template = "admin/agents/user/add_form.html"
    list_display = (
        "username",
        "first_name",
        "last_name",
        "role",
        "is_here",
        "second_factor",
        "last_login",
    )
    list_filter = (("is_active", ByLogin), ("groups", ByRole))
    show_facets = admin.ShowFacets.NEVER
    ordering = ("username",)
    filter_horizontal = ()
    actions: Any = ()
    readonly_fields = ("last_login", "date_joined", "has_password", "second_factor", "access")
    fieldsets: ClassVar[Any] = (
        ("Login", {"fields": ("username", "has_password", "is_active", "second_factor", "access")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "time_zone", "locale")}),
        ("Work", {"fields": ("role", "capacity", "sees_numbers")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets: Any = (
        ("Login", {"fields": ("username", "password1", "password2")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "time_zone", "locale")}),
        ("Work", {"fields": ("role", "capacity", "sees_numbers")}),
    )

    @admin.display(description="role")
    def role(self, user: User) -> str:
        """What they may do."""
        return "Superuser" if user.is_superuser else role_of(user) or "No role"

    @admin.display(description="May see customers' numbers in records and exports", boolean=True)
    def sees_numbers(self, user: User) -> bool:
        """By their role, or because it was given to them."""
        return sees_numbers(user)

    @admin.display(description="active", ordering="is_active")
    def is_here(self, user: User) -> str:
        """Whether they may log in."""
        return chip("Active", "ok") if user.is_active else chip("Inactive")

    @admin.display(description="password")
    def has_password(self, user: User) -> str:
        """Whether there is one; a new one is set by the person, through a link."""
        known = "A password is set." if user.has_usable_password() else "No password is set."
        url = reverse("admin:person_access", args=[user.pk])
        return format_html('{} <a href="{}#password">Make a link for a new password</a>', known, url)

    @admin.display(description="two-factor log-in")
    def second_factor(self, user: User) -> str:
        """Whether they log in with a code as well."""
        known: bool | None = getattr(user, "has_second_factor", None)
        is_on = authenticator_of(user) is not None if known is None else known
        return chip("On", "ok") if is_on else chip("Off")

    @admin.display(description="access")
    def access(self, user: User) -> str:
        """The page with their log-ins, tokens and second factor."""
        url = reverse("admin:person_access", args=[user.pk])
        return format_html(
            '<a class="button" href="{}">Password, log-ins, API tokens, second factor</a>', url
        )

    @admin.display(description="capacity")
    def capacity(self, user: User) -> object:
        """What they can carry."""
        agent = getattr(user, "agent", None)
        return agent.capacity if agent else NOTHING

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """There is no such page: nobody types a password for somebody else."""
        raise Http404

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what the list shows."""
        confirmed = Authenticator.objects.filter(user=OuterRef("pk"), confirmed=True)
        found: QuerySet = super().get_queryset(request).annotate(has_second_factor=Exists(confirmed))
        return found.select_related("agent").prefetch_related("groups")

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only a superuser sees the switch that makes another; who only reads is led nowhere."""
        found = super().get_fieldsets(request, obj)
        if obj is not None and not self.has_change_permission(request, obj):
            found = [(name, {**options, "fields": _read(options["fields"])}) for name, options in found]
        if obj is not None and request.user.is_superuser:
            return (*found, ("Installation", {"fields": ("is_superuser",)}))
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Nobody takes away their own access by mistake."""
        found = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and obj.pk == request.user.pk:
            return (*found, "role", "sees_numbers", "is_active", "is_superuser")
        return found

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Superusers are changed by superusers only."""
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Not oneself, and nobody whom the history names."""
        if not super().has_delete_permission(request, obj) or not self._may_touch(request, obj):
            return False
        return obj is None or (obj.pk != request.user.pk and not is_known_to_history(obj))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The login with its seat; there is no more, or it could not be deleted (see above)."""
        return [str(user) for user in objs], {"users": len(objs)}, set(), []

    def _may_touch(self, request: HttpRequest, obj: User | None) -> bool:
        return obj is None or may_touch(request.user, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """The login, then role and seat."""
        super().save_model(request, obj, form, change)
        if "role" in form.cleaned_data:
            set_role_and_capacity(
                user=obj, role=form.cleaned_data["role"], capacity=form.cleaned_data.get("capacity")
            )
        elif form.cleaned_data.get("capacity") is not None:
            set_capacity(user=obj, capacity=form.cleaned_data["capacity"])
        if "sees_numbers" in form.cleaned_data:
            let_see_numbers(obj, may=form.cleaned_data["sees_numbers"])


@admin.register(Agent)
class AgentAdmin(admin.ModelAdmin):
    """Seats at the desk. They come with a person's role and are never deleted by hand."""

    list_display: Any = ("name", "username", "role", "capacity", "is_active")
    list_select_related = ("user",)
    list_per_page = 50
    search_fields = ("user__username", "user__first_name", "user__last_name")
    search_help_text = "Name or username"
    ordering = ("user__username",)
    actions: Any = ()
    fields: ClassVar[Any] = ("name", "username", "role", "capacity")
    readonly_fields: ClassVar[Any] = ("name", "username", "role")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what the list shows."""
        return super().get_queryset(request).prefetch_related("user__groups")

    @admin.display(description="name", ordering="user__first_name")
    def name(self, agent: Agent) -> str:
        """What colleagues call them."""
        return str(agent)

    @admin.display(ordering="user__username")
    def username(self, agent: Agent) -> str:
        """How they log in."""
        return agent.user.get_username()

    @admin.display(description="role")
    def role(self, agent: Agent) -> str:
        """What they may do."""
        return role_of(agent.user) or "No role"

    @admin.display(description="may log in", ordering="user__is_active")
    def is_active(self, agent: Agent) -> str:
        """Whether they are still here."""
        return chip("Yes", "ok") if agent.user.is_active else chip("No")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A seat comes with the role."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A seat stays with its history."""
        return False


@admin.register(Group)
class RoleAdmin(RecordAdmin):
    """The roles. What they may do is part of the product and set again with each update."""

    list_display = ("name",)
    ordering = ("name",)
    fields = ("name", "may")

    @admin.display(description="may")
    def may(self, group: Group) -> str:
        """Where it is written in words."""
        url = reverse("admin:rights")
        return format_html('<a class="button" href="{}">Who may do what</a>', url)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see people's roles."""
        return super().has_view_permission(request, obj)
