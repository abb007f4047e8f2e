"""The administration without a mouse: find a work stream, change it, save, read what was told, search on."""

from typing import Any

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
