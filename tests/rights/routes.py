"""Every address of the product, read from the URL map: nobody can forget to add a page here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

TYPED_ARGUMENT = re.compile(r"<\w+:(\w+)>")
ARGUMENT = re.compile(r"<(\w+)>")
PAGE_METHODS = ("GET", "POST")
API_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Route:
    """An address with its arguments as <name>, and the methods that are worth asking."""

    path: str
    methods: tuple[str, ...]
    callback: Any

    @property
    def arguments(self) -> list[str]:
        """Their names."""
        return ARGUMENT.findall(self.path)

    def filled(self, values: dict[str, Any]) -> str:
        """The address with values for its arguments."""
        return "/" + ARGUMENT.sub(lambda found: str(values[found.group(1)]), self.path)


def all_routes() -> list[Route]:
    """Each address once, in order of the map."""
    found: dict[str, Route] = {}
    for path, pattern in _walk("", get_resolver().url_patterns):
        if "<format>" not in path:
            found.setdefault(path, Route(path, _methods(path, pattern.callback), pattern.callback))
    return list(found.values())


def _walk(start: str, patterns: Any) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = start + _written(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(path, pattern.url_patterns)
        else:
            yield path, pattern


def _written(pattern: Any) -> str:
    if isinstance(pattern, RoutePattern):
        return TYPED_ARGUMENT.sub(r"<\1>", str(pattern))
    return simplify_regex(str(pattern)).removeprefix("/") if str(pattern) else ""


def _methods(path: str, callback: Any) -> tuple[str, ...]:
    """Those a view has, as far as it says; a method that nobody has is asked once, elsewhere."""
    if not path.startswith("api/"):
        return PAGE_METHODS
    if actions := getattr(callback, "actions", None):
        return tuple(m for m in API_METHODS if m.lower() in actions)
    view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    return tuple(m for m in API_METHODS if hasattr(view, m.lower())) if view else API_METHODS
