"""Quick replies and slash commands by keyboard; reading and answering without a script."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_journey import log_in, phone, pick_first_with, text_from_phone

STRANGER, SOMEBODY = "+14255550187", "+14255550186"


def taken(demo: dict[str, Any], new_page: Any, number: str, text: str) -> tuple[Page, Page]:
    """The customer's phone, and an agent's page with their conversation."""
    customer, agent = new_page(), new_page()
    phone(customer, demo, number)
    text_from_phone(customer, text)
    log_in(agent, demo, demo["users"]["agents"][0])
    pick_first_with(agent, demo, text)
    return customer, agent


def test_a_quick_reply_by_keyboard_and_a_slug_that_is_left_stops_the_send(
    demo: dict[str, Any], new_page: Any
) -> None:
    customer, agent = taken(demo, new_page, STRANGER, "Hello, a stranger asks")
    box = agent.get_by_label(re.compile("^Reply to"))
    options = agent.get_by_role("listbox").get_by_role("option")

    box.press_sequentially("/#hello")
    expect(options).to_have_count(2)
    expect(box).to_have_attribute("aria-activedescendant", re.compile("^quick-"))
    box.press("Enter")
    expect(options).to_have_count(0)
    expect(box).to_have_value(re.compile(r"^Hello \{FullName\{Customer\}\}, this is"))

    box.press("Control+Enter")
    expect(agent.locator("#reply-error")).to_contain_text("Replace {FullName{Customer}} by what")

    box.fill("Hello stranger, this is Alice.")
    agent.get_by_role("button", name="Send", exact=True).click()
    expect(customer.locator("#thread")).to_contain_text("Hello stranger, this is Alice.")


def test_commands_move_the_text_and_escape_leaves_it_alone(demo: dict[str, Any], new_page: Any) -> None:
    _, agent = taken(demo, new_page, SOMEBODY, "Hello, somebody with commands")
    box = agent.get_by_label(re.compile("^Reply to"))
    note = agent.get_by_label(re.compile("^Internal message about"))
    panel = agent.locator("#quick")

    box.press_sequentially("/i call her back")
    expect(panel.get_by_role("option")).to_have_count(1)
    box.press("Enter")
    expect(note).to_be_focused()
    expect(note).to_have_value("call her back")
    expect(box).to_have_value("")

    agent.locator("label[for=write-reply]").click()
    box.fill("")
    box.press_sequentially("/home")
    expect(panel).to_contain_text("it is sent as ordinary text")
    box.press("Escape")
    expect(panel).to_be_hidden()
    expect(box).to_have_value("/home")


def test_without_a_script_one_reads_inserts_a_quick_reply_and_answers(
    demo: dict[str, Any], new_page: Any
) -> None:
    customer, agent = taken(demo, new_page, "+14255550189", "Hello, no script here")
    plain = new_page(java_script_enabled=False)
    log_in(plain, demo, demo["users"]["agents"][0])
    plain.goto(agent.url)
    expect(plain.get_by_role("region", name="Messages")).to_contain_text("Hello, no script here")
    box = plain.get_by_label(re.compile("^Reply to"))

    box.fill("Dear customer,")
    plain.get_by_role("button", name="Quick replies").click()
    expect(box).to_have_value("Dear customer,")
    plain.get_by_label("Search quick replies").fill("parcel")
    plain.locator("#quick").get_by_role("button", name="Find").click()
    plain.get_by_role("option", name=re.compile("On its way")).click()
    expect(box).to_have_value("Dear customer,\nGood news: your parcel has left our warehouse today.")
    plain.get_by_role("button", name="Send", exact=True).click()

    expect(plain.get_by_role("region", name="Messages")).to_contain_text("Good news: your parcel")
    expect(customer.locator("#thread")).to_contain_text("Good news: your parcel")
