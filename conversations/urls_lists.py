"""Addresses of lists, of what was read, and of the views that are kept."""

from django.urls import path, register_converter

from conversations import list_pages
from conversations.worklists import STREAMS, Worklist, worklist


class WorklistConverter:
    """A stream and what narrows it, such as `ongoing;queue=3;unread`."""

    regex = rf"(?:{'|'.join(STREAMS)})(?:;[a-z]+(?:=[\w-]{{1,20}})?){{0,12}}"

    def to_python(self, value: str) -> Worklist:
        """The list of this name; raises ValueError, which is a 404."""
        return worklist(value)

    def to_url(self, value: Worklist | str) -> str:
        """Its name."""
        return value if isinstance(value, str) else value.slug


register_converter(WorklistConverter, "worklist")

HERE = "<worklist:worklist>/<int:conversation_id>/"
LISTS = [
    path("saved-views/", list_pages.saved_views, name="saved-views"),
    path("saved-views/<int:view_id>/delete/", list_pages.delete_view, name="delete-view"),
    path("saved-views/<int:view_id>/first/", list_pages.first_view, name="first-view"),
    path("<worklist:worklist>/", list_pages.worklist, name="list"),
    path(f"{HERE}read/", list_pages.read, name="read"),
    path(f"{HERE}unread/", list_pages.unread, name="unread"),
]
