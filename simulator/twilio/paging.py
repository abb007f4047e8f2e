"""Twilio's lists: pages of a size, each with the address of the next one."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from simulator.web import Fields

Item = TypeVar("Item")
# Twilio's default and largest page.
DEFAULT_SIZE = 50
LARGEST_SIZE = 1000


def page_json(
    name: str,
    items: Sequence[Item],
    query: Fields,
    uri: str,
    *,
    sid: Callable[[Item], str],
    show: Callable[[Item], dict[str, Any]],
) -> dict[str, Any]:
    """One page of the list. PageToken names the last item already shown, so new items shift nothing."""
    size = min(max(_number(query.get("PageSize"), DEFAULT_SIZE), 1), LARGEST_SIZE)
    number = _number(query.get("Page"), 0)
    start = _start(items, query.get("PageToken").removeprefix("PA"), sid, number * size)
    shown = items[start : start + size]
    is_last = start + size >= len(items)
    return {
        name: [show(item) for item in shown],
        "page": number,
        "page_size": size,
        "start": start,
        "end": start + len(shown) - 1 if shown else start,
        "uri": _address(uri, query, {}),
        "first_page_uri": _address(uri, query, {"PageSize": str(size), "Page": "0"}),
        "previous_page_uri": None,
        "next_page_uri": None if is_last else _next(uri, query, size, number, sid(shown[-1])),
    }


def _start(items: Sequence[Item], token: str, sid: Callable[[Item], str], default: int) -> int:
    return next((index + 1 for index, item in enumerate(items) if token and sid(item) == token), default)


def _next(uri: str, query: Fields, size: int, number: int, last_sid: str) -> str:
    return _address(
        uri, query, {"PageSize": str(size), "Page": str(number + 1), "PageToken": f"PA{last_sid}"}
    )


def _address(uri: str, query: Fields, paging: dict[str, str]) -> str:
    kept = [(name, value) for name, value in query.pairs if name not in ("Page", "PageSize", "PageToken")]
    pairs = [*kept, *paging.items()]
    return f"{uri}?{urlencode(pairs)}" if pairs else uri


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() else default


def meta_page_json(name: str, items: Sequence[dict[str, Any]], query: Fields, url: str) -> dict[str, Any]:
    """A page of one of Twilio's newer products, which page in another form."""
    size = min(max(_number(query.get("PageSize"), DEFAULT_SIZE), 1), LARGEST_SIZE)
    number = _number(query.get("Page"), 0)
    start = _start(items, query.get("PageToken").removeprefix("PA"), _sid, number * size)
    shown = list(items[start : start + size])
    is_last = start + size >= len(items)
    return {
        name: shown,
        "meta": {
            "key": name,
            "page": number,
            "page_size": size,
            "url": _address(url, query, {}),
            "first_page_url": _address(url, query, {"PageSize": str(size), "Page": "0"}),
            "previous_page_url": None,
            "next_page_url": None if is_last else _next(url, query, size, number, _sid(shown[-1])),
        },
    }


def _sid(item: dict[str, Any]) -> str:
    return str(item["sid"])
