"""A thread in a browser: what became of a text, and the customer's words of before."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_journey import log_in, phone, pick_first_with, text_from_phone

MESSAGES = "#messages"


def say(agent: Page, text: str) -> None:
    """Write to the customer, and wait until it is in the thread."""
    agent.locator("#reply-text").fill(text)
    agent.locator("#reply-panel").get_by_role("button", name="Send", exact=True).click()
    expect(agent.locator("li.msg.outbound", has_text=text)).to_be_visible()


def test_a_text_that_failed_tells_its_story_and_is_tried_again(demo: dict[str, Any], new_page: Any) -> None:
    customer, agent = new_page(), new_page()
    phone(customer, demo, "+15005550101")
    text_from_phone(customer, "Tell me the whole story")
    log_in(agent, demo, demo["users"]["agents"][0])
    pick_first_with(agent, demo, "Tell me the whole story")
    say(agent, "This one will not arrive")

    bubble = agent.locator("li.msg.outbound", has_text="This one will not arrive")
    expect(bubble).to_contain_text("The phone was unreachable")
    bubble.locator("summary.tick").click()
    box = bubble.locator(".box")
    expect(box).to_contain_text("It may work later.")
    expect(box).to_contain_text("Next step: Try again.")
    expect(box).to_contain_text("Twilio says: undelivered")
    bubble.get_by_role("button", name="Try again").click()

    expect(customer.locator("#thread li", has_text="This one will not arrive")).to_have_count(2)


def test_earlier_conversations_come_in_above_and_what_was_read_stays_in_sight(
    demo: dict[str, Any], new_page: Any
) -> None:
    customer, agent = new_page(), new_page()
    phone(customer, demo, "+14255550171")
    text_from_phone(customer, "My question of last week")
    log_in(agent, demo, demo["users"]["agents"][1])
    pick_first_with(agent, demo, "My question of last week")
    agent.locator("#commands").get_by_role("button", name="End", exact=True).click()
    agent.locator("#close summary").click()
    agent.get_by_role("button", name="Close for good").click()
    expect(agent.locator("#toasts")).to_contain_text("Closed")
    text_from_phone(customer, "My question of today")
    pick_first_with(agent, demo, "My question of today")
    today = agent.locator("li.msg.inbound", has_text="My question of today")

    agent.locator("#older").click()

    expect(agent.locator(MESSAGES)).to_contain_text("My question of last week")
    expect(agent.locator("li.divider")).to_contain_text("Earlier conversation")
    expect(today).to_be_in_viewport()
    expect(agent.locator("#older")).to_have_count(0)


def test_a_link_to_a_message_works_without_a_script(demo: dict[str, Any], new_page: Any) -> None:
    customer = new_page()
    phone(customer, demo, "+14255550172")
    text_from_phone(customer, "Remember this one")
    agent = new_page(java_script_enabled=False)
    log_in(agent, demo, demo["users"]["agents"][0])
    pick_first_with(agent, demo, "Remember this one")

    agent.locator("li.msg.inbound a.at").click()

    expect(agent.locator("li.msg.inbound:target")).to_contain_text("Remember this one")
    with agent.expect_download() as download:
        agent.locator("#transcript summary").click()
        agent.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.endswith(".txt")
