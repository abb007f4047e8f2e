"""The administration without a mouse: find a work stream, change it, save, read what was told, search on."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journey import log_in

TABS_AT_MOST = 60


def tab_to(page: Page, name: str, *, backwards: bool = False) -> None:
    """Press Tab until what has the focus is called `name`; fails when nothing is after TABS_AT_MOST."""
    script = """() => { const one = document.activeElement;
        const label = one.labels && one.labels[0] ? one.labels[0].textContent : '';
        return (one.getAttribute('aria-label') || label || one.value || one.textContent || '').trim() }"""
    for _ in range(TABS_AT_MOST):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if page.evaluate(script).startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached by the keyboard")


def focus_is_visible(page: Page) -> bool:
    """Whether what has the focus is outlined."""
    script = "() => getComputedStyle(document.activeElement).outlineStyle !== 'none'"
    return bool(page.evaluate(script))


def test_a_work_stream_is_found_changed_and_saved_by_keyboard(demo: dict[str, Any], new_page: Any) -> None:
    page = new_page()
    log_in(page, demo, demo["users"]["administrator"])
    page.goto(f"{demo['web']}/admin/")

    page.keyboard.press("/")
    page.keyboard.type("support by")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("support by")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    assert focus_is_visible(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Support by SMS")

    tab = page.get_by_role("tab", name="Work distribution")
    tab_to(page, str(page.get_by_role("tab", selected=True).text_content()))
    for _ in range(TABS_AT_MOST):
        if tab.get_attribute("aria-selected") == "true":
            break
        page.keyboard.press("ArrowRight")
    expect(tab).to_be_focused()
    assert focus_is_visible(page)
    tab_to(page, "Capacity")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("25")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").filter(has_text="Support by SMS")).to_contain_text("Done")
    tab_to(page, "Dismiss")
    page.keyboard.press("Enter")
    expect(page.locator("ul.messagelist")).to_have_count(0)

    page.keyboard.press("/")
    page.keyboard.type("queues")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/search/?q=queues")
    tab_to(page, "Queues")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/routing/queue/")


def test_the_first_tab_stop_leads_past_the_header(demo: dict[str, Any], new_page: Any) -> None:
    page = new_page()
    log_in(page, demo, demo["users"]["administrator"])
    page.goto(f"{demo['web']}/admin/routing/queue/")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content-start"


def test_on_a_phone_the_menu_opens_and_closes_by_keyboard(demo: dict[str, Any], new_page: Any) -> None:
    page = new_page(viewport={"width": 360, "height": 740})
    log_in(page, demo, demo["users"]["administrator"])
    page.goto(f"{demo['web']}/admin/routing/queue/")

    tab_to(page, "Menu")
    page.keyboard.press("Enter")
    menu = page.get_by_role("navigation", name="Menu")
    expect(menu.get_by_role("link", name="Work Streams")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(menu).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_search_and_menu_work_without_scripts(demo: dict[str, Any], new_page: Any) -> None:
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    log_in(page, demo, demo["users"]["administrator"])
    page.goto(f"{demo['web']}/admin/routing/queue/")

    page.get_by_label("Search everything").fill("keller")
    page.get_by_label("Search everything").press("Enter")
    page.get_by_role("link", name="Maria Keller").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Maria Keller")
    page.locator("summary", has_text="Menu").click()

    expect(page.get_by_role("navigation", name="Menu").get_by_role("link", name="Queues")).to_be_visible()


def refuse(page: Page, url: str, button: str, **values: str) -> None:
    """Send a form with these values by name; what the browser itself would refuse goes to the server too."""
    page.goto(url)
    page.evaluate("() => document.querySelectorAll('form').forEach((form) => { form.noValidate = true })")
    for name, value in values.items():
        page.locator(f"[name='{name}']").evaluate("(field, value) => { field.value = value }", value)
    page.get_by_role("button", name=button, exact=True).first.click()
    page.wait_for_load_state("load")


@pytest.mark.parametrize(
    ("path", "button", "values", "focused"),
    [
        ("contacts/contact/add/", "Save", {"last_name": "K", "mobile_phone": "12"}, "id_mobile_phone"),
        ("routing/queue/add/", "Save", {"name": "New queue", "priority": "-1"}, "id_priority"),
        ("routing/workstream/add/", "Save", {"name": "New", "capacity": "x"}, "id_capacity"),
        (
            "routing/workstream/add/",
            "Save",
            {"name": "New", "sms_settings-0-account_sid": "nonsense"},
            "id_sms_settings-0-account_sid",
        ),
        ("routing/workstream/1/try/", "Try this text", {"customer": "garbage"}, "id_customer"),
        ("customers/imports/", "Upload", {}, "id_file"),
    ],
)
def test_after_a_refused_save_the_focus_is_where_to_mend(
    demo: dict[str, Any], new_page: Any, path: str, button: str, values: dict[str, str], focused: str
) -> None:
    page = new_page()
    log_in(page, demo, demo["users"]["administrator"])

    refuse(page, f"{demo['web']}/admin/{path}", button, **values)

    expect(page.locator(f"#{focused}")).to_be_focused()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


def test_after_a_conflict_the_focus_is_at_what_changed(demo: dict[str, Any], new_page: Any) -> None:
    page, other = new_page(), new_page()
    for each in (page, other):
        log_in(each, demo, demo["users"]["administrator"])
        each.goto(f"{demo['web']}/admin/routing/queue/2/change/")
    priority = int(page.get_by_label("Priority").input_value())
    for each, more in ((other, 1), (page, 2)):
        each.get_by_label("Priority").fill(str(priority + more))
        each.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".changed-meanwhile")).to_be_focused()
