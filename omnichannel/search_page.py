"""The page of what global search found."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from omnichannel.lib.backoffice import page, render_page
from omnichannel.search import search


def _may_search(request: HttpRequest) -> bool:
    """Everybody who may be in the administration; each finds what they may see."""
    return admin.site.has_permission(request)


@page("search/", name="search", title="Search", permission=_may_search)
def search_page(request: HttpRequest) -> HttpResponse:
    """What was found, in groups."""
    typed = request.GET.get("q", "")
    entries = [
        (entry["name"], section["name"], entry["admin_url"])
        for section in admin.site.get_app_list(request)
        for entry in section["models"]
        if entry["admin_url"]
    ]
    groups = search(request, typed, entries)
    return render_page(request, "admin/search.html", title="Search", groups=groups, typed=typed.strip()[:100])
