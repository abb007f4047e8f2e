"""The documents' “Configure an SMS channel for Twilio”, step by step in a browser, from an empty database.

Steps, order and names are those of the document; every label is found by exactly its words.
"""

import json
import re
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import running_demo

CUSTOMER = "+14255550177"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """`manage.py demo --empty`: an administrator, and a Twilio account that leads nowhere yet."""
    yield from running_demo(tmp_path_factory.mktemp("empty"), "--empty")


def paste_at_twilio(demo: dict[str, Any], url: str) -> None:
    """Phone Numbers > Active Numbers > the number > Messaging: over Twilio's own API, at the simulator."""
    account = demo["twilio"]
    numbers = f"{demo['simulator']}/2010-04-01/Accounts/{account['account_sid']}/IncomingPhoneNumbers"
    login = b64encode(f"{account['account_sid']}:{account['auth_token']}".encode()).decode()

    def ask(address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        body = urlencode(form).encode() if form else None
        request = urllib.request.Request(address, body, {"Authorization": f"Basic {login}"})
        with urllib.request.urlopen(request) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    active = ask(f"{numbers}.json")["incoming_phone_numbers"]
    mine = next(one for one in active if one["phone_number"] == f"+{account['number']}")
    ask(f"{numbers}/{mine['sid']}.json", {"SmsUrl": url, "SmsMethod": "POST"})


def log_in(page: Page, demo: dict[str, Any]) -> None:
    administrator = demo["users"]["administrator"]
    page.goto(f"{demo['web']}/admin/")
    page.get_by_label("Username").fill(administrator["username"])
    page.get_by_label("Password").fill(administrator["password"])
    page.get_by_role("button", name="Log in").click()


# --- the document's numbered steps ----------------------------------------------------------------


def select_new_work_stream(page: Page) -> None:
    """2. Select Work Streams under Work Distribution Management. 3. Select New: the page appears."""
    section = page.get_by_role("table", name="Work Distribution Management")
    section.get_by_role("link", name="Work Streams", exact=True).click()
    expect(page.get_by_role("heading", name="Active Work Streams", exact=True)).to_be_visible()
    page.locator(".object-tools").get_by_role("link", name="New", exact=True).click()
    expect(page.get_by_role("heading", name="New Work Stream", exact=True)).to_be_visible()


def fill_in_general_information(page: Page) -> None:
    """4. In General information. 5. In Work distribution, specify the necessary details."""
    general = page.get_by_role("group", name="General information")
    general.get_by_label("Name", exact=True).fill("SMS for Twilio")
    general.get_by_label("Channel", exact=True).select_option("SMS")
    general.get_by_label("Auto-close after inactivity", exact=True).fill("8 hours")
    automated = general.locator(".field", has_text="Allow automated messages")
    expect(automated).to_contain_text("This option is for future use only.")
    expect(automated.locator(".readonly")).to_have_text("No")
    distribution = page.get_by_role("group", name="Work distribution")
    distribution.get_by_label("Work distribution mode", exact=True).select_option("Pick")
    distribution.get_by_label("Capacity", exact=True).fill("20")


def save_sms_settings(page: Page, twilio: dict[str, str]) -> str:
    """6. On the SMS Settings tab. 7. Select Save: the Twilio inbound URL is generated and displayed."""
    page.get_by_role("tab", name="SMS Settings", exact=True).click()
    page.get_by_label("SMS Provider", exact=True).select_option("Twilio")
    page.get_by_label("Account SID", exact=True).fill(twilio["account_sid"])
    page.get_by_label("Auth Token", exact=True).fill(twilio["auth_token"])
    expect(page.get_by_text("Twilio inbound URL")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("tab", name="SMS Settings")).to_have_attribute("aria-selected", "true")
    field = page.locator(".field", has_text="Twilio inbound URL")
    expect(field).to_be_visible()
    return field.locator("code").inner_text()


def save_sms_number(page: Page, number: str) -> None:
    """8. On the SMS Numbers tab, select New SMS Number. 9. Select Save."""
    page.get_by_role("tab", name="SMS Numbers", exact=True).click()
    expect(page.get_by_text("You can configure only one phone number per work stream.")).to_be_visible()
    page.get_by_role("button", name="New SMS Number", exact=True).click()
    page.get_by_label("Number", exact=True).fill(number)
    page.get_by_label("Type", exact=True).select_option("Long code")
    page.get_by_label("Description", exact=True).fill("Support")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("tab", name="SMS Numbers")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Number", exact=True)).to_have_value(number)


def validate_api_key(page: Page, number: str) -> None:
    """10. On the command bar, select Validate API Key: the account and the number are validated."""
    page.get_by_role("group", name="Commands").get_by_role("button", name="Validate API Key").click()
    told = page.get_by_role("status").filter(has=page.locator(".messagelist"))
    expect(told).to_contain_text("Account SID and Auth Token are valid.")
    expect(told).to_contain_text(f"The number {number} is valid.")
    expect(page.get_by_role("tab", name="SMS Numbers")).to_have_attribute("aria-selected", "true")


def look_at_routing_rules(page: Page) -> None:
    """11. They stand on the Routing rule items tab; without any, the Default queue takes all."""
    page.get_by_role("tab", name="Routing rule items", exact=True).click()
    expect(page.get_by_role("tabpanel", name="Routing rule items")).to_contain_text("Default queue")


def text_from_a_phone(phone: Page, simulator: str, text: str) -> None:
    """What a customer does."""
    phone.goto(f"{simulator}/?me={CUSTOMER.replace('+', '%2B')}")
    phone.get_by_label("Text", exact=True).fill(text)
    phone.get_by_role("button", name="Send").click()


def test_the_documents_steps_lead_to_the_first_text(empty: dict[str, Any], new_page: Any) -> None:
    # Step 1: Get Twilio account details.
    twilio = empty["twilio"]
    assert empty["numbers"] == []
    page: Page = new_page()

    # Step 2: Create a work stream. 1. Sign in to Omnichannel Administration.
    log_in(page, empty)
    expect(page).to_have_title(re.compile("Omnichannel Administration"))
    select_new_work_stream(page)
    fill_in_general_information(page)
    inbound_url = save_sms_settings(page, twilio)
    assert inbound_url.startswith(f"{empty['web']}/hooks/")
    save_sms_number(page, twilio["number"])
    validate_api_key(page, twilio["number"])
    look_at_routing_rules(page)

    # Step 3: Copy the value in Twilio inbound URL, and paste it at Twilio, under Messaging.
    paste_at_twilio(empty, inbound_url)

    # Then the text flows: from the customer's phone to the desk.
    text_from_a_phone(new_page(), empty["simulator"], "Is my bike ready?")
    page.goto(f"{empty['web']}/desk/open/")
    expect(page.locator("li.row", has_text="Is my bike ready?")).to_be_visible()


# --- and besides ----------------------------------------------------------------------------------


def test_errors_are_counted_on_their_tab_and_the_first_opens(empty: dict[str, Any], new_page: Any) -> None:
    page: Page = new_page()
    log_in(page, empty)
    page.goto(f"{empty['web']}/admin/routing/workstream/add/")
    page.get_by_label("Name", exact=True).fill("Half filled")
    page.get_by_role("tab", name="SMS Settings").click()
    page.get_by_label("Account SID", exact=True).fill("1234")
    page.get_by_role("tab", name="SMS Numbers").click()
    page.get_by_role("button", name="New SMS Number").click()
    page.get_by_label("Number", exact=True).fill("+1 425-230-6549")

    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("tab", name="SMS Settings 1 error")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="SMS Numbers 1 error")).to_be_visible()
    expect(page.get_by_role("tab", name="Work distribution", exact=True)).to_be_visible()
    expect(page.get_by_label("Account SID", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_role("tab", name="SMS Numbers 1 error").click()
    expect(page.get_by_label("Number", exact=True)).to_have_value("+1 425-230-6549")


def test_without_javascript_everything_stands_on_one_page(empty: dict[str, Any], new_page: Any) -> None:
    page: Page = new_page(java_script_enabled=False)
    log_in(page, empty)
    page.goto(f"{empty['web']}/admin/routing/workstream/add/")

    page.get_by_label("Name", exact=True).fill("Without scripts")
    page.get_by_label("Account SID", exact=True).fill(empty["twilio"]["account_sid"])
    page.get_by_label("Auth Token", exact=True).fill(empty["twilio"]["auth_token"])
    page.get_by_label("Number", exact=True).fill("14255550190")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("Twilio inbound URL").first).to_be_visible()
    expect(page.get_by_label("Number", exact=True)).to_have_value("14255550190")
