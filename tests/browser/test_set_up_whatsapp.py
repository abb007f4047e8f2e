"""The documents' “Configure a WhatsApp channel through Twilio”, step by step in a browser.

From an empty database to an answered text. Steps, order and names are those of the document; every label is
found by exactly its words.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.channels import answer, phone, pick, text
from tests.browser.conftest import running_demo
from tests.browser.test_set_up import log_in

CUSTOMER = "+14255550155"
# The simulator has a sender of this number that is online.
WHATSAPP_NUMBER = "14252306564"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """`manage.py demo --empty`: an administrator, and senders that lead nowhere yet."""
    yield from running_demo(tmp_path_factory.mktemp("empty"), "--empty")


def paste_at_twilio(page: Page, url: str) -> None:
    """5. Go to the Twilio console (here the phone's page), and paste the URL under Messaging."""
    page.locator("summary", has_text="Where texts to this number go").click()
    page.get_by_label("Twilio inbound URL", exact=True).fill(url)
    page.get_by_role("button", name="Set this address").click()


def save_whatsapp_account(page: Page, twilio: dict[str, str]) -> str:
    """2. Select WhatsApp under Channels. 3. Name, Account SID, Auth Token. 4. Save: the URL appears."""
    section = page.get_by_role("table", name="Channels")
    section.get_by_role("link", name="WhatsApp", exact=True).click()
    page.locator(".object-tools").get_by_role("link", name="New WhatsApp account", exact=True).click()
    details = page.get_by_role("group", name="Twilio account details")
    details.get_by_label("Name", exact=True).fill("WhatsApp channel")
    details.get_by_label("Account SID", exact=True).fill(twilio["account_sid"])
    details.get_by_label("Auth Token", exact=True).fill(twilio["auth_token"])
    expect(page.get_by_text("Twilio inbound URL")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    callback = page.get_by_role("group", name="Callback information")
    return callback.locator(".field", has_text="Twilio inbound URL").locator("code").first.inner_text()


def save_whatsapp_number(page: Page) -> None:
    """6. Add new WhatsApp number. 7. Its fields. 8. Save. 9. Back: it stands in WhatsApp phone numbers."""
    page.get_by_role("link", name=re.compile("^Add new WhatsApp number$", re.IGNORECASE)).click()
    number = page.get_by_role("group", name="Phone number details")
    number.get_by_label("Name", exact=True).fill("WhatsApp phone number")
    chosen = number.get_by_label("WhatsApp Account", exact=True)
    expect(chosen.locator("option:checked")).to_have_text("WhatsApp channel")
    number.get_by_label("WhatsApp Number", exact=True).fill(WHATSAPP_NUMBER)
    distribution = page.get_by_role("group", name="Work distribution")
    distribution.get_by_label("Work stream", exact=True).select_option("WhatsApp channel work stream")
    page.get_by_role("button", name="Save", exact=True).click()
    numbers = page.get_by_role("group", name="WhatsApp phone numbers")
    expect(numbers).to_contain_text("WhatsApp phone number")
    expect(numbers).to_contain_text("WhatsApp channel work stream")


def test_whatsapp_from_nothing_to_an_answered_text(empty: dict[str, Any], new_page: Any) -> None:
    # Step 1: Fetch Twilio account details.
    twilio = empty["twilio"]
    page: Page = new_page()
    # Step 2: Create a WhatsApp channel. 1. Sign in to Omnichannel Administrator.
    log_in(page, empty)
    inbound_url = save_whatsapp_account(page, twilio)
    assert inbound_url.startswith(f"{empty['web']}/hooks/")
    customer = new_page()
    phone(customer, empty, CUSTOMER, f"whatsapp:+{WHATSAPP_NUMBER}")
    paste_at_twilio(customer, inbound_url)
    save_whatsapp_number(page)
    # 10. Save the configurations.
    page.get_by_role("button", name="Save", exact=True).click()
    # 11. In the Validation section, select Validate.
    page.get_by_role("group", name="Validation").get_by_role("button", name="Validate", exact=True).click()
    told = page.get_by_role("status")
    expect(told).to_contain_text("Account SID and Auth Token are valid.")
    expect(told).to_contain_text(WHATSAPP_NUMBER)

    text(customer, "Hello from WhatsApp")
    pick(page, empty, "Hello from WhatsApp")
    expect(page.locator("#about")).to_contain_text("WhatsApp")
    answer(page, "Hello, how can we help?")

    expect(customer.locator("#thread")).to_contain_text("Hello, how can we help?")
    expect(page.locator("li.msg.outbound")).to_contain_text(re.compile("delivered|read"))
