"""Addresses of webhooks as people may read them. Pure."""

from urllib.parse import urlsplit, urlunsplit


def told(url: str) -> str:
    """An address without the token of its path and without its query: those are nobody's to read."""
    parts = urlsplit(url)
    head, hooks, rest = parts.path.partition("/hooks/")
    _token, slash, more = rest.partition("/")
    path = f"{head}{hooks}••••{slash}{more}" if hooks else parts.path
    mark = ("?…" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    return urlunsplit(parts._replace(path=path, query="", fragment="")) + mark
