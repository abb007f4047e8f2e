"""How lists of the API are paged."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Keyset paging, newest first: as fast on the last page as on the first, and nothing is counted."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200
