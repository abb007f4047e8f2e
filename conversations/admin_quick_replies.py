"""Quick replies in administration: everybody's. One's own are on the desk."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from conversations import quick_replies
from conversations.forms_quick_replies import EditTagsForm, QuickReplyForm
from conversations.models_quick_replies import QuickReply
from omnichannel.lib.backoffice import NOTHING, FoundByIndex, page, render_page
from omnichannel.lib.ids import whole_numbers

MOST_AT_ONCE = 100
SHOWN_CHARACTERS = 90
CHANGE = "conversations.change_quickreply"


class LocaleFilter(admin.SimpleListFilter):
    """By locale, of those there are."""

    title = parameter_name = "locale"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Those in use."""
        found = quick_replies.everybodys().order_by("locale").values_list("locale", flat=True).distinct()
        return [(locale, locale) for locale in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those in it."""
        return queryset.filter(locale=self.value()) if self.value() else queryset


@admin.register(QuickReply)
class QuickReplyAdmin(FoundByIndex):
    """Messages that agents insert."""

    form = QuickReplyForm
    list_display = ("title", "locale", "shown_message", "shown_tags", "shown_streams")
    list_filter = (LocaleFilter,)
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    ordering = ("title", "locale", "id")
    matching = staticmethod(quick_replies.matching)
    search_help_text = "Words of title or message; #tag"
    actions: Any = ("choose_tags",)
    fieldsets = (
        (None, {"fields": ("title", "locale", "message")}),
        ("Where it is offered", {"fields": ("tag_names", "work_streams")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Nobody's own."""
        return super().get_queryset(request).filter(owner=None).prefetch_related("tags", "work_streams")

    @admin.display(description="message")
    def shown_message(self, reply: QuickReply) -> str:
        """Its beginning."""
        text = " ".join(reply.message.split())
        return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"

    @admin.display(description="tags")
    def shown_tags(self, reply: QuickReply) -> str:
        """With # before each."""
        return " ".join(sorted(f"#{tag.name}" for tag in reply.tags.all())) or NOTHING

    @admin.display(description="work streams")
    def shown_streams(self, reply: QuickReply) -> str:
        """Where it is offered."""
        return ", ".join(sorted(stream.name for stream in reply.work_streams.all())) or "All"

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Work streams in use."""
        field = super().formfield_for_manytomany(db_field, request, **options)
        if field is not None and db_field.name == "work_streams":
            streams: Any = field
            streams.queryset = streams.queryset.filter(deleted_at=None).order_by("name")
            streams.help_text = "None: available to all agents. Else only in conversations of these."
        return field

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """The page; once more when the title was taken after it was checked: now the form says so."""
        try:
            return super().changeform_view(request, *args, **options)
        except ValidationError:
            return super().changeform_view(request, *args, **options)

    def save_model(self, request: HttpRequest, obj: QuickReply, form: Any, change: bool) -> None:
        """Raises ValidationError, see changeform_view."""
        quick_replies.save(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """With its tags."""
        super().save_related(request, form, formsets, change)
        quick_replies.set_tags(form.instance, form.cleaned_data["tag_names"])

    @admin.action(permissions=["change"], description="Edit Tags")
    def choose_tags(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Leads to the page."""
        ids = queryset.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE]
        return HttpResponseRedirect(
            f"{reverse('admin:quick-reply-tags')}?ids={','.join(str(pk) for pk in ids)}"
        )


@page("quick-replies/tags/", name="quick-reply-tags", title="Edit Tags", permission=CHANGE)
def edit_tags(request: HttpRequest) -> HttpResponse:
    """Add and remove tags of several quick replies."""
    back = reverse("admin:conversations_quickreply_changelist")
    ids = whole_numbers(request.GET.get("ids", ""))[:MOST_AT_ONCE]
    chosen = list(
        quick_replies.everybodys().filter(pk__in=ids).prefetch_related("tags").order_by("title", "id")
    )
    form = EditTagsForm(request.POST if request.method == "POST" else None)
    if chosen and form.is_bound and form.is_valid():
        data = form.cleaned_data
        quick_replies.edit_tags(chosen, add=data["add"], remove=data["remove"])
        messages.success(request, f"Tags edited: {len(chosen)}.")
        return HttpResponseRedirect(back)
    return render_page(
        request,
        "admin/conversations/edit_tags.html",
        title="Edit Tags",
        trail=[("Quick replies", back)],
        chosen=[(reply, sorted(tag.name for tag in reply.tags.all())) for reply in chosen],
        form=form,
    )
