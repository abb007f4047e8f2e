"""Every page that can be reached, visited once: what axe-core, the console and a narrow window say of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
# What a look changes: the other rules found the same in the other one.
OF_THE_LOOK = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]
NOT_PAGES = ("/hooks/", "/api/", "/static/", "/admin/jsi18n/", "/admin/logout/", "/logout/")
VISITED_AT_MOST = 160


@dataclass
class Visits:
    """The pages visited, by the name of their view, and what was wrong with each."""

    seen: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def visit_all(page: Page, web: str, start: Iterable[str]) -> Visits:
    """Follow all links from `start`; of each view one page is looked at, in both themes, wide and narrow."""
    visits, waiting, console = Visits(), list(start), []
    page.on("console", lambda told: console.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: console.append(str(error)))
    while waiting and len(visits.seen) < VISITED_AT_MOST:
        path = waiting.pop(0)
        name = view_name(path)
        if name in visits.seen or not is_page(path):
            continue
        visits.seen[name] = path
        console.clear()
        status = opened(page, web + path)
        if status is None:
            continue
        if status >= 400:
            visits.faults.append(f"{path}: status {status}")
        # Before axe, whose own way of reading style sheets the policy of the pages forbids.
        visits.faults += [f"{path}: console: {line}" for line in console if "status of 4" not in line]
        visits.faults += [f"{path}: {fault}" for fault in faults_of(page)]
        waiting += links_of(page, web)
    return visits


def opened(page: Page, url: str) -> int | None:
    """The status; None when it is no page but a file."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(WIDE)
    try:
        answer = page.goto(url)
    except Error as error:
        # A file, or an answer without a body (an address that only takes forms).
        if any(
            word in str(error) for word in ("Download is starting", "ERR_ABORTED", "RESPONSE_CODE_FAILURE")
        ):
            return None
        raise
    is_html = answer is not None and "text/html" in (answer.headers.get("content-type") or "")
    return answer.status if answer is not None and is_html else None


def faults_of(page: Page) -> Iterator[str]:
    """What is wrong with the page that is open: light and wide, then dark and narrow."""
    yield from (f"light: {said}" for said in axe(page, {"type": "tag", "values": WCAG}))
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(NARROW)
    yield from (f"dark, narrow: {said}" for said in axe(page, {"type": "rule", "values": OF_THE_LOOK}))
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > NARROW["width"]:
        yield f"narrow: {width} px wide; {widest(page)}"


def axe(page: Page, rules: dict[str, Any]) -> Iterator[str]:
    """Violations in words: rule, elements."""
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    for violation in Axe().run(page, options=options).response["violations"]:
        nodes = [node["html"][:160] for node in violation["nodes"][:3]]
        yield f"{violation['id']} ({len(violation['nodes'])}): {nodes}"


def widest(page: Page) -> str:
    """The first element that reaches beyond the window."""
    script = """() => { for (const one of document.querySelectorAll('main *, header *')) {
        if (one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.table-scroll, .results'))
            return one.outerHTML.slice(0, 160); } return '' }"""
    return str(page.evaluate(script))


def links_of(page: Page, web: str) -> list[str]:
    """Where the page leads to within the product."""
    hrefs = page.eval_on_selector_all("a[href]", "all => all.map((one) => one.href)")
    own = (urlsplit(href) for href in hrefs if href.startswith(f"{web}/"))
    return [f"{url.path}?{url.query}" if url.query else url.path for url in own]


def is_page(path: str) -> bool:
    """Whether a person would look at it."""
    return not path.startswith(NOT_PAGES)


@cache
def view_name(path: str) -> str:
    """The name of the view behind an address; lists of one kind are one page, whatever they filter by."""
    try:
        found = resolve(urlsplit(path).path)
    except Resolver404:
        return path
    return found.view_name or str(found.func)
