"""Parts of administration pages that every room uses: read-only records, bounded lists, small tables, and
pages of our own beside those of records.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# Nobody pages further than this: people filter. It bounds both the count and the offset.
LISTED_AT_MOST = 5_000
NOTHING = "–"
LONGEST_SEARCH = 200


class BoundedPaginator(Paginator):
    """Counts no further than LISTED_AT_MOST, so that a list of millions opens as fast as a short one."""

    @cached_property
    def count(self) -> int:
        """Rows that can be paged through."""
        rows: Any = self.object_list
        return int(rows[:LISTED_AT_MOST].count())


class FoundByIndex(admin.ModelAdmin):
    """A list whose search is decided by a function of rows and words, so that an index can serve it."""

    # Only says that there is a search field.
    search_fields: ClassVar[Any] = ("pk",)
    matching: ClassVar[Any] = None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """What `matching` finds; everything for no words."""
        term = search_term.replace("\x00", "").strip()[:LONGEST_SEARCH]
        return (type(self).matching(queryset, term) if term else queryset), False


class RecordAdmin(admin.ModelAdmin):
    """Records of what happened: they can be read and filtered, and by nobody added, changed or deleted."""

    ordering = ("-id",)
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50
    # Sorting by any column would sort the whole table.
    sortable_by = ()
    actions: Any = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


def without_shortcuts(field: Any, *, may_add: bool = False) -> Any:
    """A choice without the icons beside it that change, delete or show what is chosen."""
    widget = field.widget
    widget.can_change_related = widget.can_delete_related = widget.can_view_related = False
    widget.can_add_related = widget.can_add_related and may_add
    return field


def moment(at: datetime | None) -> str:
    """A moment in the reader's zone, as all pages write it (omnichannel/formats)."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else NOTHING


def table(heads: Iterable[str], rows: Iterable[Iterable[object]], *, empty: str) -> SafeString:
    """A small table for a read-only field; every cell is escaped unless it is safe already."""
    lines = [
        format_html("<tr>{}</tr>", format_html_join("", "<td>{}</td>", ((cell,) for cell in row)))
        for row in rows
    ]
    if not lines:
        return format_html('<p class="empty">{}</p>', empty)
    return format_html(
        '<div class="table-scroll" tabindex="0"><table class="facts">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
        format_html_join("", "{}", ((line,) for line in lines)),
    )


def chip(word: object, level: str = "") -> SafeString:
    """A word with a colour that repeats its meaning; `level` is ok, warn, bad or nothing."""
    return format_html('<span class="chip {}">{}</span>', level, word)


def copyable(text: str, *, what: str) -> SafeString:
    """A value to be pasted elsewhere, with a button that copies it; `what` names it, for screen readers."""
    return format_html(
        '<span class="copy"><code class="copyable" tabindex="0">{}</code>'
        '<button type="button" class="button copy-button" data-copy="{}" hidden>'
        'Copy<span class="visually-hidden"> {}</span></button></span>',
        text,
        text,
        what,
    )


# --- pages of our own -----------------------------------------------------------------------------

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Page:
    """A page of the administration that belongs to no single record.

    `route` stands below /admin/, `name` in the URL names (admin:<name>); `permission` is what a person must
    have ("app.codename", or a function of the request for what one codename cannot say).
    """

    route: str
    name: str
    title: str
    permission: str | Callable[[HttpRequest], bool]
    view: View

    def is_allowed(self, request: HttpRequest) -> bool:
        """Whether this person may open it."""
        if isinstance(self.permission, str):
            return bool(request.user.has_perm(self.permission))
        return self.permission(request)

    def guarded(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """The view, for those who may; raises PermissionDenied for others."""
        if not self.is_allowed(request):
            raise PermissionDenied
        return self.view(request, *args, **options)


PAGES: dict[str, Page] = {}


def page(
    route: str, *, name: str, title: str, permission: str | Callable[[HttpRequest], bool]
) -> Callable[[View], View]:
    """Give a view an address in the administration; rooms do this in their `admin` modules."""

    def kept(view: View) -> View:
        PAGES[name] = Page(route, name, title, permission, view)
        return view

    return kept


def render_page(
    request: HttpRequest,
    template: str,
    *,
    title: str,
    trail: Iterable[tuple[str, str]] = (),
    status: int = 200,
    **context: Any,
) -> TemplateResponse:
    """A page of our own in the administration's frame (its template extends admin/page.html).

    `trail` are the breadcrumbs between Administration and the page itself: (words, address).
    """
    found = {**admin.site.each_context(request), "title": title, "trail": list(trail), **context}
    return TemplateResponse(request, template, found, status=status)
