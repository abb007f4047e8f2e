"""The desk without a mouse: from the log-in to a closed conversation, by keys alone."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.pages import WCAG, axe
from tests.browser.test_journey import phone, text_from_phone

CUSTOMERS = ["+14255558101", "+14255558102"]
TABS_AT_MOST = 80


def press(page: Page, *keys: str) -> None:
    """Press one after another, on a page whose scripts have run."""
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


def log_in_by_keys(page: Page, demo: dict[str, Any], user: dict[str, str]) -> None:
    page.goto(f"{demo['web']}/desk/")
    page.get_by_label("Username").focus()
    page.keyboard.type(user["username"])
    page.keyboard.press("Tab")
    page.keyboard.type(user["password"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("My work items")


def find(page: Page, words: str) -> None:
    """Open the command bar, type, and follow what fits first."""
    press(page, "Control+k")
    expect(page.get_by_role("combobox", name=re.compile("^Go to, do"))).to_be_focused()
    page.keyboard.type(words)
    expect(page.locator("#command-list [aria-selected=true]")).to_contain_text(words)
    press(page, "Enter")


def test_a_conversation_is_picked_answered_ended_and_closed_by_keys_alone(
    demo: dict[str, Any], new_page: Any
) -> None:
    customer, page = new_page(), new_page()
    phone(customer, demo, CUSTOMERS[0])
    text_from_phone(customer, "Where is parcel 8101?")
    expect(customer.locator("#thread")).to_contain_text("Where is parcel 8101?")
    log_in_by_keys(page, demo, demo["users"]["agents"][0])

    press(page, "g", "u")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Open work items")
    expect(page.locator("li.row", has_text="parcel 8101")).to_be_visible()
    for _ in range(TABS_AT_MOST):
        press(page, "j")
        if "parcel 8101" in page.evaluate("document.activeElement.closest('li')?.textContent ?? ''"):
            break
    press(page, "Enter")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("parcel 8101")

    press(page, "i")
    expect(page.locator("#reply-text")).to_be_visible()
    press(page, "r")
    expect(page.locator("#reply-text")).to_be_focused()
    page.keyboard.type("Just around the corner: jkeru?")
    press(page, "Control+Enter")
    sent = page.locator("li.msg.outbound")
    expect(sent).to_contain_text("Just around the corner: jkeru?")
    expect(customer.locator("#thread")).to_contain_text("Just around the corner")

    page.evaluate("document.activeElement.blur()")
    press(page, "e")
    expect(page.locator("#about")).to_contain_text("Wrap-up")
    press(page, "c")
    expect(page.get_by_role("button", name="Close for good")).to_be_focused()
    press(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("now Closed")


def test_the_sheet_of_keys_the_command_bar_and_keys_of_ones_own(demo: dict[str, Any], new_page: Any) -> None:
    page = new_page()
    log_in_by_keys(page, demo, demo["users"]["agents"][1])
    press(page, "?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Next conversation")
    assert list(axe(page, {"type": "tag", "values": WCAG})) == []
    press(page, "Escape")
    expect(sheet).to_be_hidden()

    press(page, "Control+k")
    expect(page.locator("#command-list [role=option]").first).to_be_visible()
    assert list(axe(page, {"type": "tag", "values": WCAG})) == []
    press(page, "Escape")
    find(page, "Desk preferences")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Desk preferences")

    page.get_by_label("Go to Closed work items").fill("g x")
    press(page, "Enter")
    expect(page.locator("#toasts")).to_contain_text("Your preferences are saved.")
    press(page, "g", "x")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Closed work items")

    find(page, "Desk preferences")
    page.get_by_label("Keys without Ctrl or Alt").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Your preferences are saved.")
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.get_by_label("Keys without Ctrl or Alt").check()
    page.get_by_role("button", name="Usual keys").click()
    expect(page.get_by_label("Go to Closed work items")).to_have_value("g c")


def test_a_supervisor_finds_a_conversation_and_takes_it_over(demo: dict[str, Any], new_page: Any) -> None:
    customer, page, agent = new_page(), new_page(), new_page()
    phone(customer, demo, CUSTOMERS[1])
    text_from_phone(customer, "Where is parcel 8102?")
    log_in_by_keys(agent, demo, demo["users"]["agents"][0])
    agent.goto(f"{demo['web']}/desk/open/")
    agent.locator("li.row", has_text="parcel 8102").get_by_role("button", name="Pick").click()
    expect(agent.locator("#reply-text")).to_be_visible()

    log_in_by_keys(page, demo, demo["users"]["supervisor"])
    press(page, "Control+k")
    page.keyboard.type(CUSTOMERS[1])
    expect(page.locator("#command-list [aria-selected=true]")).to_contain_text("8102")
    press(page, "Enter")
    expect(page.get_by_role("region", name="Messages")).to_contain_text("parcel 8102")
    press(page, "Shift+I")
    expect(page.get_by_role("button", name="Take over")).to_be_focused()
    press(page, "Enter")

    expect(page.locator("#reply-text")).to_be_visible()
    expect(agent.locator("#messages")).to_contain_text("took the conversation over from")
    expect(agent.locator("#reply-text")).to_have_count(0)
