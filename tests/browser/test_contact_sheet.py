"""Pictures of the important pages for people to look at: var/contact-sheet/index.html."""

import html
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.pages import opened
from tests.browser.test_journey import log_in
from tests.browser.test_pages import lively  # noqa: F401  (a fixture)
from tests.processes.installation import ROOT

SHEET = Path(ROOT) / "var" / "contact-sheet"
WIDTHS, SCHEMES = (1440, 768, 360), ("light", "dark")
# Path, or list whose first record is looked at (ends in "#first").
ADMINISTRATION = (
    "/admin/",
    "/admin/search/?q=keller",
    "/admin/routing/workstream/",
    "/admin/routing/workstream/#first",
    "/admin/routing/workstream/add/",
    "/admin/routing/routingrule/#first",
    "/admin/routing/queue/#first",
    "/admin/channels_app/smssettings/#first",
    "/admin/contacts/contact/",
    "/admin/contacts/contact/#first",
    "/admin/conversations/conversation/#first",
    "/admin/channels_app/webhookreceipt/",
    "/admin/channels_app/webhookreceipt/#first",
    "/admin/channels_app/delivery/",
    "/admin/channels_app/delivery/#first",
    "/admin/channels_app/optout/",
    "/admin/agents/user/add/",
    "/admin/workers/",
)
DESK = ("/desk/open/", "/desk/my/")


@pytest.fixture(scope="module")
def sheet() -> Any:
    """Collects pictures and writes their index."""
    SHEET.mkdir(parents=True, exist_ok=True)
    pictures: list[tuple[str, str]] = []
    yield pictures
    cells = "".join(
        f'<figure><a href="{name}"><img src="{name}" loading="lazy" width="300" alt=""></a>'
        f"<figcaption>{html.escape(words)}</figcaption></figure>"
        for words, name in pictures
    )
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}"
    (SHEET / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>Contact sheet</title><style>{style}</style>{cells}"
    )


def photograph(page: Page, web: str, path: str, sheet: list[tuple[str, str]]) -> list[str]:
    """Six pictures of one page; returns where it scrolls sideways."""
    opened(page, web + path.removesuffix("#first"))
    if path.endswith("#first"):
        link = page.locator("#result_list tbody th a, #result_list tbody td a").first
        if not link.count():
            return []
        opened(page, web + str(link.get_attribute("href")))
    sideways = []
    for scheme in SCHEMES:
        for width in WIDTHS:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            name = f"{path.strip('/').replace('/', '-').replace('?', '-') or 'root'}-{width}-{scheme}.png"
            page.screenshot(path=SHEET / name.replace("#", ""), full_page=True)
            sheet.append((f"{path} {width} {scheme}", name.replace("#", "")))
            if width == min(WIDTHS) and page.evaluate("document.documentElement.scrollWidth") > width:
                sideways.append(path)
    return sideways


@pytest.mark.parametrize(("who", "paths"), [("administrator", ADMINISTRATION), ("agents", DESK)])
def test_the_important_pages_are_photographed(
    lively: dict[str, Any],  # noqa: F811
    browser: Any,
    sheet: Any,
    who: str,
    paths: tuple[str, ...],
) -> None:
    user = lively["users"][who]
    page = browser.new_context().new_page()
    log_in(page, lively, user[0] if isinstance(user, list) else user)

    sideways = [found for path in paths for found in photograph(page, lively["web"], path, sheet)]

    assert sideways == []
    assert (SHEET / "admin-1440-light.png").exists()
