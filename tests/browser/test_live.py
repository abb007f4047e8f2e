"""The connection of a page of the desk: nudged at once, lost and back, asleep for an hour."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import log_in, phone, pick_first_with, text_from_phone

LIVE, LOST, OFFLINE = "● live", "refreshing every 20 s", "offline (your text is kept)"


@pytest.fixture
def shaky_page(browser: Any) -> Iterator[Page]:
    """A page whose network fails on purpose: what the console says of that is meant."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def says(page: Page, words: str) -> None:
    expect(page.locator("#live")).to_have_text(words)


def test_a_laptop_that_slept_for_an_hour_shows_the_truth_and_keeps_what_was_typed(
    demo: dict[str, Any], new_page: Any, shaky_page: Page
) -> None:
    customer, agent = new_page(), shaky_page
    phone(customer, demo, "+14255550191")
    text_from_phone(customer, "Before the nap")
    agent.clock.install()
    log_in(agent, demo, demo["users"]["agents"][0])
    pick_first_with(agent, demo, "Before the nap")
    box = agent.get_by_label(re.compile("^Reply to"))
    box.fill("I was just about to")
    says(agent, LIVE)

    agent.context.set_offline(True)
    text_from_phone(customer, "While you slept")
    agent.clock.fast_forward("01:00:00")
    says(agent, OFFLINE)
    agent.context.set_offline(False)

    expect(agent.get_by_role("region", name="Messages")).to_contain_text("While you slept")
    says(agent, LIVE)
    expect(box).to_have_value("I was just about to")


def test_without_its_stream_a_page_says_so_goes_on_and_comes_back(
    demo: dict[str, Any], new_page: Any, shaky_page: Page
) -> None:
    customer, agent = new_page(), shaky_page
    agent.clock.install()
    agent.route("**/?token=*", lambda route: route.abort())
    log_in(agent, demo, demo["users"]["agents"][1])
    agent.goto(f"{demo['web']}/desk/open/")
    says(agent, LOST)

    phone(customer, demo, "+14255550192")
    text_from_phone(customer, "Does anybody hear me?")
    row = agent.locator("li.row", has_text="Does anybody hear me?")
    expect(customer.locator("#thread")).to_contain_text("Does anybody hear me?")
    for _ in range(10):
        agent.clock.fast_forward("00:25")
        with contextlib.suppress(AssertionError):
            expect(row).to_be_visible(timeout=2_000)
            break
    expect(row).to_be_visible()
    says(agent, LOST)

    agent.unroute("**/?token=*")
    agent.clock.fast_forward("00:40")
    says(agent, LIVE)


def test_with_nudges_an_idle_page_is_told_at_once_and_asks_for_nothing(
    demo: dict[str, Any], new_page: Any
) -> None:
    customer, agent = new_page(), new_page()
    phone(customer, demo, "+14255550193")
    text_from_phone(customer, "Are you there?")
    log_in(agent, demo, demo["users"]["agents"][0])
    pick_first_with(agent, demo, "Are you there?")
    says(agent, LIVE)
    asked: list[str] = []
    agent.on("request", lambda request: asked.append(request.url) if "/desk/feed/" in request.url else None)

    text_from_phone(customer, "Hello again?")

    # Nobody asks by the clock for the first 25 seconds: only a nudge can have brought it.
    expect(agent.get_by_role("region", name="Messages")).to_contain_text("Hello again?")
    assert 1 <= len(asked) <= 4


LOOKS_AWAY = """
document.hasFocus = () => window.isBack === true;
window.shown = [];
window.Notification = class { constructor(title, about) { window.shown.push(`${title}: ${about.body}`); } };
window.Notification.permission = "granted";
window.Notification.requestPermission = () => Promise.resolve("granted");
"""


def test_who_looks_away_is_called_by_the_title_and_if_they_like_by_a_notification(
    demo: dict[str, Any], new_page: Any
) -> None:
    customer, agent = new_page(), new_page()
    agent.add_init_script(LOOKS_AWAY)
    phone(customer, demo, "+14255550194")
    text_from_phone(customer, "Look at me")
    log_in(agent, demo, demo["users"]["agents"][1])
    agent.goto(f"{demo['web']}/desk/preferences/")
    agent.get_by_label("Notifications of the browser").check()
    agent.get_by_role("button", name="Save").click()
    pick_first_with(agent, demo, "Look at me")
    says(agent, LIVE)
    assert not agent.title().startswith("(")

    text_from_phone(customer, "Hello?")

    expect(agent).to_have_title(re.compile(r"^\(1\) "))
    assert agent.evaluate("window.shown") == [f"New text: {agent.locator('.about h2 bdi').text_content()}"]
    agent.evaluate("window.isBack = true; dispatchEvent(new Event('focus'))")
    expect(agent).not_to_have_title(re.compile(r"^\("))
    agent.goto(f"{demo['web']}/desk/preferences/")
    agent.get_by_label("Notifications of the browser").uncheck()
    agent.get_by_role("button", name="Save").click()
