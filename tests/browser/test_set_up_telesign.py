"""The documents' “Configure an SMS channel” (TeleSign), step by step in a browser, from an empty database.

Steps, order and names are those of the document; every label is found by exactly its words.
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import running_demo
from tests.browser.test_set_up import log_in, look_at_routing_rules, select_new_work_stream

CUSTOMER = "+14255550177"
ASKED, ANSWER = "Is my bike ready?", "It is. Come by when you like."


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """`manage.py demo --empty`: an administrator, and a TeleSign account that leads nowhere yet."""
    yield from running_demo(tmp_path_factory.mktemp("empty"), "--empty")


def at_the_simulator(demo: dict[str, Any], path: str, **values: Any) -> Any:
    """What TeleSign's support, or a customer, does."""
    body = json.dumps(values).encode()
    request = urllib.request.Request(f"{demo['simulator']}{path}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def fill_in_summary(page: Page) -> None:
    """4. In the Channel field, select SMS. 5. Auto-close after inactivity: at least 8 hours."""
    general = page.get_by_role("group", name="General information")
    general.get_by_label("Name", exact=True).fill("SMS for TeleSign")
    general.get_by_label("Channel", exact=True).select_option("SMS")
    general.get_by_label("Auto-close after inactivity", exact=True).fill("8 hours")


def fill_in_sms_settings(page: Page, telesign: dict[str, str]) -> str:
    """6. On the SMS Settings tab: Customer ID, API key. 7. Copy the TeleSign inbound URL, before Save."""
    page.get_by_role("tab", name="SMS Settings", exact=True).click()
    expect(page.get_by_label("Account SID", exact=True)).to_be_visible()
    expect(page.get_by_label("Customer ID", exact=True)).to_be_hidden()
    page.get_by_label("SMS Provider", exact=True).select_option("TeleSign")
    expect(page.get_by_label("Account SID", exact=True)).to_be_hidden()
    expect(page.get_by_label("Auth Token", exact=True)).to_be_hidden()
    page.get_by_label("Customer ID", exact=True).fill(telesign["customer_id"])
    page.get_by_label("API key", exact=True).fill(telesign["api_key"])
    return page.locator(".field", has_text="TeleSign inbound URL").locator("code").inner_text()


def save(page: Page, tab: str) -> None:
    """8. and 11. Select Save; the tab stays."""
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")


def add_sms_number(page: Page, number: str) -> None:
    """9. On the SMS Numbers tab, select Add new SMS number. 10. Number, Type, Description."""
    page.get_by_role("tab", name="SMS Numbers", exact=True).click()
    page.get_by_role("button", name="Add new SMS number", exact=True).click()
    page.get_by_label("Number", exact=True).fill(number)
    page.get_by_label("Type", exact=True).select_option("Long code")
    page.get_by_label("Description", exact=True).fill("Support")


def validate_api_key(page: Page) -> None:
    """12. Select Validate API Key from the toolbar at the top of the page."""
    page.get_by_role("group", name="Commands").get_by_role("button", name="Validate API Key").click()
    told = page.get_by_role("status").filter(has=page.locator(".messagelist"))
    expect(told).to_contain_text("Customer ID and API key are valid.")


def answer_at_the_desk(page: Page, demo: dict[str, Any]) -> None:
    """The text waits among the open work items; whoever picks it answers."""
    page.goto(f"{demo['web']}/desk/open/")
    page.locator("li.row", has_text=ASKED).get_by_role("button", name="Pick").click()
    expect(page.locator("#reply-panel")).to_contain_text("TeleSign carries no pictures or files.")
    expect(page.locator("#reply-panel input[type=file]")).to_have_count(0)
    page.get_by_label(re.compile("^Reply to ")).fill(ANSWER)
    page.get_by_role("button", name="Send", exact=True).click()
    delivered = re.compile("delivered", re.IGNORECASE)
    expect(page.locator("li.msg.outbound", has_text=ANSWER)).to_contain_text(delivered)


def test_the_documents_steps_lead_to_an_answered_text(empty: dict[str, Any], new_page: Any) -> None:
    # Sign up for TeleSign account: Customer ID, API key, a number.
    telesign = empty["telesign"]
    page: Page = new_page()

    # Add SMS support for your organization. 1. Sign in. 2. Work Streams. 3. New.
    log_in(page, empty)
    select_new_work_stream(page)
    fill_in_summary(page)
    inbound_url = fill_in_sms_settings(page, telesign)
    save(page, "SMS Settings")
    stored = page.locator(".field", has_text="TeleSign inbound URL").locator("code")
    expect(stored).to_have_text(inbound_url)
    add_sms_number(page, telesign["number"])
    save(page, "SMS Numbers")
    validate_api_key(page)
    # 13. Open the work stream. 14. On the Routing rule items tab.
    look_at_routing_rules(page)

    # The letter has what was copied; TeleSign's support sets it.
    page.get_by_role("tab", name="SMS Settings", exact=True).click()
    page.get_by_role("link", name="Set up at TeleSign").click()
    expect(page.locator(".letter-text")).to_contain_text(inbound_url)
    expect(page.get_by_text("Nothing has come in from TeleSign")).to_be_visible()
    customer_id = telesign["customer_id"]
    at_the_simulator(empty, "/sim/telesign", customer_id=customer_id, callback_url=inbound_url)

    # Then the text flows: from the customer's phone to the desk, and back.
    sent = {"from": CUSTOMER, "to": f"+{telesign['number']}", "body": ASKED}
    at_the_simulator(empty, "/sim/text", **sent)
    answer_at_the_desk(page, empty)


def test_without_javascript_the_fields_of_each_provider_are_there(
    empty: dict[str, Any], new_page: Any
) -> None:
    page: Page = new_page(java_script_enabled=False)
    log_in(page, empty)

    page.goto(f"{empty['web']}/admin/routing/workstream/add/")

    for label in ("Account SID", "Auth Token", "Customer ID", "API key"):
        expect(page.get_by_label(label, exact=True)).to_be_visible()
    # A button that only a script can press is not there.
    page.goto(f"{empty['web']}/admin/channels/1/set-up/")
    expect(page.locator("code.copyable").first).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Copy"))).to_have_count(0)
