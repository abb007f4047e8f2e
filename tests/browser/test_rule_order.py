"""Routing rules on the page of their work stream: moved by mouse and by keyboard, stored by Save alone."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_journey import log_in


def open_rules(page: Page, demo: dict[str, Any]) -> list[str]:
    """Open the demo's work stream at its rules; returns their names in order."""
    page.goto(f"{demo['web']}/admin/routing/workstream/")
    page.get_by_role("link", name="Support by SMS").first.click()
    page.wait_for_url("**/change/**", wait_until="load")
    if page.get_by_role("tab").count():
        page.get_by_role("tab", name="Routing rule items").click()
    return names_in(page)


def names_in(page: Page) -> list[str]:
    return [str(row.get_attribute("data-name")) for row in page.locator("[data-rule]").all()]


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Support by SMS").first).to_be_attached()


def test_the_keyboard_moves_a_rule_and_save_stores_it(demo: dict[str, Any], new_page: Any) -> None:
    page = new_page()
    log_in(page, demo, demo["users"]["administrator"])
    before = open_rules(page, demo)
    wanted = [before[1], before[0], *before[2:]]
    down = page.locator("[data-rule] [data-move='1']").first

    expect(page.get_by_text("Order not saved yet").first).to_be_hidden()
    down.focus()
    page.keyboard.press("Enter")

    assert names_in(page) == wanted
    assert page.evaluate("document.activeElement.dataset.move") == "1"
    expect(page.locator("[data-unsaved]")).to_be_visible()
    expect(page.locator("[data-announce]")).to_have_text(f"{before[0]} is now number 2. Order not saved yet.")
    other = new_page()
    log_in(other, demo, demo["users"]["administrator"])
    assert open_rules(other, demo) == before

    save(page)
    assert open_rules(other, demo) == wanted

    # Back, by typing its number.
    place = page.get_by_label(f"Place of {before[0]}")
    place.fill("1")
    place.press("Tab")
    assert names_in(page) == before
    save(page)
    assert open_rules(other, demo) == before


def test_a_dragged_rule_waits_for_save(demo: dict[str, Any], new_page: Any) -> None:
    page = new_page()
    log_in(page, demo, demo["users"]["administrator"])
    before = open_rules(page, demo)
    handle, last = page.locator("[data-drag]").first, page.locator("[data-rule]").last
    box = last.bounding_box()
    assert box is not None

    handle.hover()
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 4, steps=8)
    page.mouse.up()

    assert names_in(page) == [*before[1:], before[0]]
    expect(page.locator("[data-unsaved]")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    assert open_rules(page, demo) == before


def test_without_scripts_a_number_moves_a_rule(demo: dict[str, Any], new_page: Any) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, demo, demo["users"]["administrator"])
    before = open_rules(page, demo)

    page.get_by_label(f"Place of {before[-1]}").fill("1")
    save(page)
    assert names_in(page) == [before[-1], *before[:-1]]

    page.get_by_label(f"Place of {before[-1]}").fill(str(len(before)))
    save(page)
    assert names_in(page) == before
