"""How lists of the API are paged."""

from typing import Any

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

    def decode_cursor(self, request: Request) -> Any:
        """Where to go on; a cursor that is not ours is not found (its position would go into the query)."""
        cursor = super().decode_cursor(request)
        position = str(cursor.position) if cursor and cursor.position is not None else "0"
        if whole_number(position) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor
