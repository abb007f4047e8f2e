"""What the journeys over all channels do over and over: the customer's phone, time, the desk."""

import os
import re
import subprocess
import sys
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.processes.installation import ROOT

# As if everything these customers said by WhatsApp had been said so much earlier. Time is moved, not slept.
MOVE = """
from datetime import timedelta
from channels_app.models_receipts import InboundText
from conversations.models import Conversation
by = timedelta(hours={hours})
for conversation in Conversation.objects.filter(number__channel="whatsapp", address__value={customer!r}):
    for text in InboundText.objects.filter(address=conversation.address, number=conversation.number):
        text.received_at -= by
        text.save(update_fields=["received_at"])
    conversation.window_closes_at -= by
    conversation.save(update_fields=["window_closes_at"])
"""


def let_hours_pass(demo: dict[str, Any], customer: str, hours: float) -> None:
    """Move the clock of one customer's WhatsApp conversations in the demo's database."""
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    environment = kept | {"DEMO": "true", "VAR_DIR": demo["var"], "PUBLIC_BASE_URL": demo["web"]}
    program = MOVE.format(hours=hours, customer=customer)
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", program]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)


def phone(page: Page, demo: dict[str, Any], me: str, to: str) -> None:
    """The customer's phone, texting one of our numbers: +14252306550 or whatsapp:+14155238886."""
    page.goto(f"{demo['simulator']}/?{urlencode({'me': me, 'to': to})}")


def text(page: Page, words: str, *files: Any) -> None:
    """The customer writes, with files or without."""
    if files:
        page.locator("summary", has_text="Attach").click()
        page.get_by_label(re.compile("^Pictures or files")).set_input_files(list(files))
    page.get_by_label("Text", exact=True).fill(words)
    page.get_by_role("button", name="Send", exact=True).click()


def pick(page: Page, demo: dict[str, Any], words: str) -> None:
    """Take the conversation whose row says this."""
    page.goto(f"{demo['web']}/desk/open/")
    row = page.locator("li.row", has_text=words)
    expect(row).to_be_visible()
    row.get_by_role("button", name="Pick").click()
    expect(page.get_by_role("region", name="Messages")).to_contain_text(words)


def answer(page: Page, words: str) -> None:
    """The agent writes."""
    page.get_by_label(re.compile("^Reply to")).fill(words)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("li.msg.outbound", has_text=words)).to_be_visible()
