"""The list while new texts come in, and on a phone."""

import json
import re
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import expect

from tests.browser.test_journey import log_in


def text_from(demo: dict[str, Any], sender: str, words: str) -> None:
    """A customer writes by SMS."""
    body = {"from": sender, "to": f"+{demo['numbers'][0]['number']}", "body": words}
    asked = Request(
        f"{demo['simulator']}/sim/text", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urlopen(asked, timeout=30).close()


def test_what_is_new_waits_while_somebody_points_at_the_list(demo: dict[str, Any], new_page: Any) -> None:
    text_from(demo, "+14255550817", "The first of the list")
    page = new_page(viewport={"width": 1440, "height": 860})
    log_in(page, demo, demo["users"]["supervisor"])
    page.goto(f"{demo['web']}/desk/ongoing/")
    mine = page.locator("li.row", has_text="The first of the list")
    expect(mine).to_be_visible()
    mine.hover()
    place = mine.bounding_box()

    text_from(demo, "+14255550816", "The one that came later")

    expect(page.locator("#list-news")).to_be_visible()
    expect(page.locator("#list-news")).to_have_text(re.compile(r"^\d+ new – show$"))
    assert mine.bounding_box() == place
    page.locator("#main").hover()
    expect(page.locator("li.row").first).to_contain_text("The one that came later")
    expect(page.locator("#list-news")).to_be_hidden()


def test_the_views_are_reached_on_a_phone_without_sideways_scrolling(
    demo: dict[str, Any], new_page: Any
) -> None:
    text_from(demo, "+14255550813", "Anybody there? I write from a very small place, and at length")
    page = new_page(viewport={"width": 360, "height": 740}, has_touch=True)
    log_in(page, demo, demo["users"]["agents"][0])
    page.goto(f"{demo['web']}/desk/open/")
    expect(page.locator("li.row", has_text="Anybody there?")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360

    page.get_by_role("link", name="More views").click()
    page.get_by_role("link", name="Unread").click()

    expect(page).to_have_url(re.compile(r"/desk/my;unread/$"))
    page.locator("#filter summary").click()
    page.get_by_label("Failed message").check()
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(r"/desk/my;unread;failed/$"))
    expect(page.get_by_text("You have read everything.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
