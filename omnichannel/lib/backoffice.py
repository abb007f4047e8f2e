"""Parts of administration pages that every room uses: read-only records, bounded lists, small tables."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# Nobody pages further than this: people filter. It bounds both the count and the offset.
LISTED_AT_MOST = 5_000
NOTHING = "–"


class BoundedPaginator(Paginator):
    """Counts no further than LISTED_AT_MOST, so that a list of millions opens as fast as a short one."""

    @cached_property
    def count(self) -> int:
        """Rows that can be paged through."""
        rows: Any = self.object_list
        return int(rows[:LISTED_AT_MOST].count())


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


def table(heads: Iterable[str], rows: Iterable[Iterable[object]], *, empty: str) -> SafeString:
    """A small table for a read-only field; every cell is escaped unless it is safe already."""
    lines = [
        format_html("<tr>{}</tr>", format_html_join("", "<td>{}</td>", ((cell,) for cell in row)))
        for row in rows
    ]
    if not lines:
        return format_html('<p class="empty">{}</p>', empty)
    return format_html(
        '<div class="table-scroll"><table class="facts">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
        format_html_join("", "{}", ((line,) for line in lines)),
    )


def chip(word: object, level: str = "") -> SafeString:
    """A word with a colour that repeats its meaning; `level` is ok, warn, bad or nothing."""
    return format_html('<span class="chip {}">{}</span>', level, word)
