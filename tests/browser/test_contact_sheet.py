"""Pictures of the important pages for people to look at: var/contact-sheet/index.html."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import WIDE, opened
from tests.browser.test_journey import log_in
from tests.browser.test_pages import DESK as OWN_PAGES
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
    "/admin/diagnostics/channel-health/",
    "/admin/customers/imports/",
    "/admin/customers/merge/",
    "/admin/rights/",
    "/admin/omnichannel/auditentry/",
    "/admin/omnichannel/auditentry/#first",
)
DESK = ("/desk/my/", "/desk/my/#first", "/desk/open/#first", *OWN_PAGES[2:])
SUPERVISION = ("/desk/ongoing/", "/desk/ongoing/#first", "/desk/today/")


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


def open_first(page: Page, web: str, path: str) -> bool:
    """Open an address, or the first record of a list; False when the list is empty."""
    opened(page, web + path.removesuffix("#first"))
    if not path.endswith("#first"):
        return True
    link = page.locator("#result_list tbody th a, #result_list tbody td a, li.row a.who").first
    if not link.count():
        return False
    opened(page, web + str(link.get_attribute("href")))
    return True


def photograph(page: Page, words: str, sheet: list[tuple[str, str]]) -> list[str]:
    """Six pictures of the page that is open; returns where it scrolls sideways."""
    sideways = []
    slug = re.sub(r"[^a-z0-9]+", "-", words).strip("-") or "root"
    for scheme in SCHEMES:
        for width in WIDTHS:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            name = f"{slug}-{width}-{scheme}.png"
            page.screenshot(path=SHEET / name, full_page=True)
            sheet.append((f"{words} {width} {scheme}", name))
            if width == min(WIDTHS) and page.evaluate("document.documentElement.scrollWidth") > width:
                sideways.append(words)
    page.set_viewport_size(WIDE)
    return sideways


@pytest.mark.parametrize(
    ("who", "paths"), [("administrator", ADMINISTRATION), ("agents", DESK), ("supervisor", SUPERVISION)]
)
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

    web = lively["web"]
    shown = (path for path in paths if open_first(page, web, path))
    sideways = [found for path in shown for found in photograph(page, path, sheet)]

    assert sideways == []
    assert (SHEET / "admin-1440-light.png").exists()
    if who == "administrator":
        assert (SHEET / "admin-omnichannel-auditentry-first-1440-light.png").exists()


# --- pages that come of what somebody does ---------------------------------------------------------------

PEOPLE = """External ID,First name,Last name,Mobile phone,E-mail,Company
sheet-1,Mira,Contact Sheet,+1 425 555 0181,mira.sheet@example.test,Sheet Ltd
sheet-2,Mira M.,Contact Sheet,+1 425 555 0181,mira@example.test,Sheet Ltd
sheet-3,Nobody,Contact Sheet,not a number,,
"""


def customers_come_and_go(page: Page, web: str) -> Iterator[str]:
    """An import, a merge and an erasure, stopping at each page on the way with its name."""
    page.goto(f"{web}/admin/customers/imports/")
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE.encode()}
    page.get_by_label("File", exact=True).set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="1. What the columns are")).to_be_visible()
    yield "import: draft"
    page.get_by_role("button", name="Import 3 lines").click()
    expect(page.get_by_role("link", name="Download the refused lines")).to_be_visible(timeout=60_000)
    yield "import: report"
    links = [str(a.get_attribute("href")) for a in page.locator("td a", has_text="Contact Sheet").all()]
    ids = [link.split("/")[-3] for link in links]
    page.goto(f"{web}/admin/customers/merge/?ids={ids[0]}&ids={ids[1]}")
    yield "merge: compare"
    page.get_by_role("button", name="Merge 2 contacts").click()
    expect(page.get_by_role("button", name="Undo this merge")).to_be_visible()
    yield "merge: done"
    page.goto(f"{web}/admin/customers/erase/?contact={ids[0]}")
    yield "erase: preview"
    page.get_by_label("Type the person’s name or number").fill("Mira Contact Sheet")
    page.get_by_role("button", name="Erase this person").click()
    expect(page.get_by_role("heading", name="Certificate of erasure")).to_be_visible(timeout=60_000)
    yield "erase: certificate"


def a_configuration_is_compared(page: Page, web: str) -> Iterator[str]:
    """The installation's own file with one word changed, and one that cannot be read."""
    text = page.request.get(f"{web}/admin/configuration/download/").text()
    for words, given in (
        ("configuration: differences", text.replace("capacity: ", "capacity: 1", 1)),
        ("configuration: cannot be applied", "queues: nonsense"),
    ):
        page.goto(f"{web}/admin/configuration/")
        page.get_by_label("or its text").fill(given)
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("#differences, #problems")).to_be_visible()
        yield words


@pytest.mark.parametrize("act", [customers_come_and_go, a_configuration_is_compared])
def test_pages_that_come_of_what_somebody_does_are_photographed(
    lively: dict[str, Any],  # noqa: F811
    browser: Any,
    sheet: Any,
    act: Any,
) -> None:
    page = browser.new_context(viewport=WIDE).new_page()
    log_in(page, lively, lively["users"]["administrator"])

    sideways = [found for words in act(page, lively["web"]) for found in photograph(page, words, sheet)]

    assert sideways == []
