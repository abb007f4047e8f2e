"""Writing in a browser: taken back, gone with the page, and somebody who wrote meanwhile."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_journey import log_in, phone, pick_first_with, text_from_phone


def taken(demo: dict[str, Any], new_page: Any, number: str, text: str) -> tuple[Page, Page]:
    """The customer's telephone, and the first agent with their conversation."""
    customer, agent = new_page(), new_page()
    phone(customer, demo, number)
    text_from_phone(customer, text)
    log_in(agent, demo, demo["users"]["agents"][0])
    pick_first_with(agent, demo, text)
    return customer, agent


def test_what_was_sent_is_taken_back_and_never_arrives(demo: dict[str, Any], new_page: Any) -> None:
    customer, agent = taken(demo, new_page, "+14255550181", "When do you open?")
    agent.locator("#reply-text").fill("At nine — or so")
    expect(agent.locator("#reply-meter")).to_contain_text("UCS-2")
    agent.locator("#reply-text").press("Control+Enter")

    agent.locator("#planned").get_by_role("button", name="Undo").click()

    expect(agent.locator("#reply-text")).to_have_value("At nine — or so")
    expect(agent.locator("li.msg.outbound")).to_contain_text("aken back")
    agent.locator("#reply-text").fill("At ten")
    agent.locator("#reply-text").press("Control+Enter")
    expect(customer.locator("#thread li", has_text="At ten")).to_have_count(1)
    expect(customer.locator("#thread li", has_text="At nine")).to_have_count(0)


def test_a_draft_outlives_its_browser(demo: dict[str, Any], new_page: Any) -> None:
    _, agent = taken(demo, new_page, "+14255550182", "Tell me everything")
    agent.locator("#reply-text").fill("It is a long story")
    expect(agent.locator("#reply-saved")).to_have_text("Draft saved")
    address = agent.url
    agent.context.close()

    another = new_page()
    log_in(another, demo, demo["users"]["agents"][0])
    another.goto(address)

    expect(another.locator("#reply-text")).to_have_value("It is a long story")


def test_what_the_customer_wrote_meanwhile_is_seen_before_the_reply_goes(
    demo: dict[str, Any], new_page: Any
) -> None:
    customer, agent = taken(demo, new_page, "+14255550183", "Is my order on its way?")
    # Without a script nothing comes in by itself.
    still = new_page(java_script_enabled=False)
    log_in(still, demo, demo["users"]["agents"][0])
    still.goto(agent.url)
    text_from_phone(customer, "Cancel it please")
    expect(agent.locator("li.msg.inbound", has_text="Cancel it please")).to_be_visible()

    still.locator("#reply-text").fill("It is on its way")
    still.get_by_role("button", name="Send", exact=True).click()

    expect(still.locator("#reply-error")).to_contain_text("Cancel it please")
    expect(still.locator("#reply-text")).to_have_value("It is on its way")
    still.get_by_role("button", name="Send anyway").click()
    expect(customer.locator("#thread li", has_text="It is on its way")).to_have_count(1)
