"""All pages: WCAG 2.2 AA by axe-core in both themes, a silent console, no sideways scrolling at 360 px.

The pages are found by following links from the administration's registry, its own pages and the desk, so that
a new page is looked at by itself.
"""

import time
from typing import Any

import pytest
import requests
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from omnichannel.lib.backoffice import PAGES
from tests.browser.pages import faults_of, opened, view_name, visit_all
from tests.browser.test_journey import log_in

DESK = (
    "/desk/my/",
    "/desk/open/",
    "/desk/search/?q=lamps",
    "/desk/preferences/",
    "/desk/keys/",
    "/desk/commands/",
    "/desk/saved-views/",
    "/desk/preferences/quick-replies/",
)
FAILING, CUSTOMERS = "+15005550102", ("+14255550132", "+14255550151", "+14255550152")


@pytest.fixture(scope="module")
def lively(demo: dict[str, Any], browser: Any) -> dict[str, Any]:
    """The demo after some texts, an answer that failed, a webhook that was refused."""
    number = demo["numbers"][0]
    for sender in (*CUSTOMERS, FAILING):
        body = {"from": sender, "to": f"+{number['number']}", "body": f"A text of {sender[-4:]} about lamps"}
        requests.post(f"{demo['simulator']}/sim/text", json=body, timeout=10).raise_for_status()
    requests.post(number["inbound_url"], data={"Body": "forged"}, timeout=10)
    page = browser.new_context().new_page()
    log_in(page, demo, demo["users"]["agents"][0])
    for sender in (FAILING, CUSTOMERS[0]):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            page.goto(f"{demo['web']}/desk/open/")
            row = page.locator("li.row", has_text=f"A text of {sender[-4:]}")
            if row.count():
                break
        if not row.count():
            continue  # in a demo that ran before, it is hers already
        row.get_by_role("button", name="Pick").click()
        page.get_by_label("Reply to").fill("We look into it.")
        page.get_by_role("button", name="Send", exact=True).click()
        page.locator("li.msg.outbound").first.wait_for()
    page.context.close()
    return demo


def own_addresses() -> list[str]:
    """Lists and forms of all records, and our own pages that need no record."""
    found = [reverse("admin:index")]
    for model in admin.site._registry:
        for view in ("changelist", "add"):
            found.append(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}"))
    for page in PAGES.values():
        try:
            found.append(reverse(f"admin:{page.name}"))
        except NoReverseMatch:
            continue
    return found


def may_be_forbidden(fault: str) -> bool:
    """Records of what happened are added by nobody: their form answers 403, in our look."""
    return "/add/: status 403" in fault


def test_every_page_of_the_administration_is_sound(lively: dict[str, Any], browser: Any) -> None:
    page = browser.new_context().new_page()
    log_in(page, lively, lively["users"]["administrator"])

    visits = visit_all(page, lively["web"], own_addresses())

    print(f"{len(visits.seen)} pages")
    assert [fault for fault in visits.faults if not may_be_forbidden(fault)] == []
    assert {view_name(path) for path in own_addresses()} <= set(visits.seen)
    assert {"desk:home", "admin:contacts_contact_change", "admin:search"} <= set(visits.seen)


def test_every_page_of_an_agent_is_sound(lively: dict[str, Any], browser: Any) -> None:
    page = browser.new_context().new_page()
    log_in(page, lively, lively["users"]["agents"][0])

    visits = visit_all(page, lively["web"], list(DESK))

    assert visits.faults == []
    assert {"desk:list", "desk:conversation", *(view_name(path) for path in DESK)} <= set(visits.seen)


def test_every_page_of_the_desk_that_only_a_supervisor_has_is_sound(
    lively: dict[str, Any], browser: Any
) -> None:
    page = browser.new_context().new_page()
    log_in(page, lively, lively["users"]["supervisor"])

    visits = visit_all(page, lively["web"], [reverse("desk:today"), reverse("desk:list", args=["ongoing"])])

    assert visits.faults == []
    assert {"desk:today", "desk:figure", "desk:list", "desk:conversation"} <= set(visits.seen)


def test_what_strangers_see_is_sound(lively: dict[str, Any], browser: Any) -> None:
    page = browser.new_context().new_page()
    faults = []
    for path in ("/admin/login/", "/login/", "/nowhere/", "/admin/"):
        opened(page, lively["web"] + path)
        faults += [f"{path}: {fault}" for fault in faults_of(page)]

    assert faults == []
