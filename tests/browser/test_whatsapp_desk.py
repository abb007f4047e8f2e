"""An agent and WhatsApp: pictures in and out, the 24 hours, content templates; with scripts and without."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from channels_app.window import SENTENCE
from simulator import samples
from tests.browser.channels import answer, let_hours_pass, phone, pick, text
from tests.browser.pages import faults_of
from tests.browser.test_journey import log_in

OURS = "whatsapp:+14155238886"


def file(name: str, content_type: str, data: bytes) -> Any:
    return {"name": name, "mimeType": content_type, "buffer": data}


def png(name: str, hue: int = 0) -> Any:
    return file(name, "image/png", samples.png(480, 320, hue=hue))


def begin(demo: dict[str, Any], new_page: Any, customer: str, words: str, *files: Any) -> tuple[Page, Page]:
    """A customer writes, Alice picks: their pages."""
    theirs, ours = new_page(), new_page()
    phone(theirs, demo, customer, OURS)
    text(theirs, words, *files)
    log_in(ours, demo, demo["users"]["agents"][0])
    pick(ours, demo, words)
    return theirs, ours


def look_at_the_end(ours: Page) -> None:
    """As long as somebody needs to see the last message: a reply to what was not seen is asked about."""
    last = ours.locator("#messages > li").last
    last.scroll_into_view_if_needed()
    seq = last.get_attribute("data-seq")
    assert seq
    expect(ours.locator("#reply-panel input[name=last_seen_seq]")).to_have_value(seq)


def test_a_picture_comes_in_and_one_goes_out(demo: dict[str, Any], new_page: Any) -> None:
    theirs, ours = begin(demo, new_page, "+14255550201", "My wheel is bent")
    text(theirs, "", png("front.png"), png("side.png", 120))
    pictures = ours.locator("a[data-picture] img")
    expect(pictures).to_have_count(2)
    for place in range(2):
        expect(pictures.nth(place)).to_have_js_property("complete", True)
        assert pictures.nth(place).evaluate("img => img.naturalWidth") > 0

    # The viewer: arrows, Escape, and the focus where it was.
    ours.locator("a[data-picture]").first.click()
    viewer = ours.get_by_role("dialog", name="Picture")
    expect(viewer).to_be_visible()
    expect(viewer.locator("#viewer-place")).to_have_text("1 of 2")
    ours.keyboard.press("ArrowRight")
    expect(viewer.locator("#viewer-place")).to_have_text("2 of 2")
    with ours.expect_download() as saved:
        viewer.get_by_role("link", name="Save").click()
    assert saved.value.suggested_filename.endswith(".png")
    ours.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    assert ours.evaluate("document.activeElement.matches('a[data-picture]')")

    # Outbound: what the channel does not carry is refused before it is uploaded, the rest can be removed.
    field = ours.locator("#reply-files")
    page = file("page.html", "text/html", b"<p>words</p>")
    field.set_input_files([png("answer.png", 60), file("notes.txt", "text/plain", b"words"), page])
    expect(ours.locator("#files-wrong")).to_contain_text(
        "notes.txt: this channel does not carry this type of file (Text)."
        "page.html: it cannot be kept: it is a web page (HTML)."
    )
    field.set_input_files([png("wrong.png")])
    expect(ours.locator("#files-chosen li")).to_have_count(2)
    ours.get_by_role("button", name="Remove wrong.png").click()
    expect(ours.locator("#files-chosen li")).to_have_count(1)
    look_at_the_end(ours)
    answer(ours, "Is it this one?")

    expect(ours.locator("li.msg.outbound a[data-picture]")).to_have_count(1)
    expect(theirs.locator("#thread a.picture img")).to_have_count(3)
    expect(theirs.locator("#thread")).to_contain_text("Is it this one?")


def test_a_picture_is_pasted_and_dropped(demo: dict[str, Any], new_page: Any) -> None:
    _theirs, ours = begin(demo, new_page, "+14255550202", "Send me the form")
    carry = """(kind) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["some bytes"], `${kind}.png`, {type: "image/png"}));
        const event = kind === "paste"
            ? new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true, cancelable: true})
            : new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true});
        document.getElementById("reply-text").dispatchEvent(event);
    }"""

    ours.evaluate(carry, "paste")
    ours.evaluate(carry, "drop")

    expect(ours.locator("#files-chosen li")).to_have_text([re.compile("paste.png"), re.compile("drop.png")])


def test_when_24_hours_are_over_only_a_content_template_goes_out(demo: dict[str, Any], new_page: Any) -> None:
    customer = "+14255550203"
    theirs, ours = begin(demo, new_page, customer, "When does my order come?")
    clock = ours.locator("#about .clock")
    expect(clock).to_be_hidden()

    let_hours_pass(demo, customer, 21.5)
    ours.reload()
    expect(clock).to_have_text(re.compile(r"Closes in 2 h \d+ min"))
    ours.goto(f"{demo['web']}/desk/my;closing/")
    row = ours.locator("li.row", has_text="When does my order come?")
    expect(row).to_contain_text(re.compile("Closes in 2 h"))
    row.get_by_role("link").click()
    box = ours.get_by_label(re.compile("^Reply to"))
    box.fill("I am about to")

    # The hours end while somebody is typing: the composer goes by itself, what was begun stays readable.
    let_hours_pass(demo, customer, 3)
    panel = ours.locator("#reply-panel")
    expect(panel.get_by_text(SENTENCE, exact=True)).to_be_visible()
    expect(box).to_have_count(0)
    expect(panel).to_contain_text("You had begun: I am about to")

    # A content template: found, filled in with a preview, refused while a variable is missing, sent.
    panel.get_by_label("Search content templates").fill("warehouse")
    expect(panel.locator(".offer")).to_have_count(1)
    panel.locator(".offer").click()
    first, second = panel.get_by_label("{{1}}"), panel.get_by_label("{{2}}")
    expect(first).to_be_focused()
    first.fill("Noor")
    expect(panel.locator("#picker-preview")).to_have_text(
        "Hello Noor, your order {{2}} left our warehouse today."
    )
    panel.get_by_role("button", name="Send template").click()
    expect(second).to_have_attribute("aria-invalid", "true")
    expect(panel).to_contain_text("Fill in {{2}}.")
    expect(first).to_have_value("Noor")
    second.fill("10442")
    panel.get_by_role("button", name="Send template").click()

    sent = ours.locator("li.msg.outbound")
    expect(sent).to_contain_text("Hello Noor, your order 10442 left our warehouse today.")
    expect(sent).to_contain_text("Content template: order_on_its_way (en)")
    expect(theirs.locator("#thread")).to_contain_text("your order 10442 left our warehouse today.")

    # The customer writes: the composer is there again by itself.
    text(theirs, "Thank you")
    expect(box).to_be_visible()
    answer(ours, "You are welcome")


def test_without_javascript_files_and_content_templates_work(demo: dict[str, Any], new_page: Any) -> None:
    customer = "+14255550204"
    theirs, ours = new_page(), new_page(java_script_enabled=False)
    phone(theirs, demo, customer, OURS)
    text(theirs, "No scripts here", png("mine.png"))
    log_in(ours, demo, demo["users"]["agents"][0])
    pick(ours, demo, "No scripts here")

    field = ours.locator("#reply-files")
    expect(field).to_be_visible()
    field.set_input_files([png("answer.png", 90)])
    ours.get_by_role("button", name="Send", exact=True).click()
    expect(ours.locator("li.msg.outbound a[data-picture]")).to_have_count(1)
    expect(theirs.locator("#thread a.picture img")).to_have_count(2)

    let_hours_pass(demo, customer, 25)
    ours.reload()
    expect(ours.locator("#reply-panel").get_by_text(SENTENCE, exact=True)).to_be_visible()
    ours.get_by_label("Search content templates").fill("warehouse")
    ours.get_by_role("region", name="Write").get_by_role("button", name="Find").click()
    ours.locator(".offer").first.click()
    ours.get_by_label("{{1}}").fill("Noor")
    ours.get_by_role("button", name="Preview").click()
    expect(ours.locator("#picker-preview")).to_contain_text("Hello Noor, your order {{2}}")
    ours.get_by_label("{{2}}").fill("7")
    ours.get_by_role("button", name="Send template").click()

    expect(ours.locator("li.msg.outbound").last).to_contain_text("your order 7 left our warehouse today.")


def test_files_cards_and_the_picker_are_sound_for_everybody(demo: dict[str, Any], new_page: Any) -> None:
    customer = "+14255550205"
    theirs, ours = begin(demo, new_page, customer, "All at once", png("one.png"))
    text(theirs, "", file("card.vcf", "text/vcard", samples.vcard("Noor", "Haddad", "+14255550188")))
    text(theirs, "", file("paper.pdf", "application/pdf", samples.PDF))
    text(theirs, "", file("page.jpg", "image/jpeg", samples.HTML))
    messages = ours.locator("#messages")
    expect(messages).to_contain_text("+14255550188")
    expect(messages).to_contain_text("PDF document")
    expect(messages).to_contain_text("Not kept:")
    let_hours_pass(demo, customer, 21)
    ours.reload()
    ours.locator("#templates summary").click()
    ours.locator(".offer").first.click()
    expect(ours.locator("[data-fills]").first).to_be_focused()

    assert list(faults_of(ours)) == []
