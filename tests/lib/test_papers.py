import pytest

from omnichannel.lib.papers import MISSING, Paper, showable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße, Ελλάδα, Привет, Łódź – “ok” €", "Grüße, Ελλάδα, Привет, Łódź – “ok” €"),
        ("e\u0301", "é"),
        ("你好", MISSING * 2),
        ("שלום", MISSING * 4),
        ("مرحبا 12", MISSING * 5 + " 12"),
        ("\U0001f680", "[rocket]"),
        ("❤\ufe0f", "❤"),
        ("a\u202eb\u200bc\x00", "abc"),
        ("<b>&amp;**x**", "<b>&amp;**x**"),
        ("one\ntwo\tthree", "one\ntwo    three"),
    ],
)
def test_what_the_font_lacks_is_marked_and_nothing_is_left_out(text, shown):
    assert showable(text) == shown


def test_a_paper_says_when_something_could_not_be_shown():
    plain, marked = Paper("Plain"), Paper("Marked")
    marked.paragraph("你好")

    assert plain.made().startswith(b"%PDF-")
    assert len(marked.made()) > len(plain.made())


def test_long_words_and_many_pages_are_no_trouble():
    paper = Paper("x" * 500)
    for _ in range(100):
        paper.paragraph("averyverylongword" * 20 + "\n\n" + " and words" * 40, indent_mm=4)

    assert paper.made().count(b"/Type /Page\n") > 3
