"""How lists of the API are paged."""

from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from omnichannel.lib.ids import whole_number


class NewestFirst(CursorPagination):
    """Keyset paging, newest first: as fast on the last page as on the first, and nothing is counted."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int | None:
        """What is asked for, at most max_page_size; raises ValidationError for what is no whole number."""
        for wanted in request.query_params.getlist("page_size"):
            if not whole_number(wanted):
                raise ValidationError({"page_size": ["Enter a whole number above 0."]})
        return super().get_page_size(request)

    def get_ordering(self, request: Request, queryset: QuerySet, view: Any) -> Any:
        """Newest first, or one of the view's `orderings` (moments, the earliest first) that is asked for."""
        wanted = request.query_params.get("ordering", "")
        if wanted in getattr(view, "orderings", ()):
            return (wanted, "id")
        return super().get_ordering(request, queryset, view)

    def decode_cursor(self, request: Request) -> Any:
        """Where to go on; a cursor that is not ours is not found (its position would go into the query)."""
        cursor = super().decode_cursor(request)
        position = str(cursor.position) if cursor and cursor.position is not None else None
        if position is not None and not self._is_position(position):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def _is_position(self, text: str) -> bool:
        """An id, or a moment where moments are the order."""
        if self.ordering[0] == "-id":
            return whole_number(text) is not None
        try:
            return parse_datetime(text) is not None
        except ValueError:
            return False
