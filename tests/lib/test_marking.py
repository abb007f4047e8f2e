"""Words as search knows them, and the stretch of a text that shows them."""

import pytest

from omnichannel.lib.marking import Term, marked, says_all, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, Müller!", ("hello", "muller")),
        ("ΓΕΙΑ σου", ("γεια", "σου")),
        ("order_10442/b", ("order", "10442", "b")),
        ("don’t", ("don", "t")),
        ("🙂 ", ()),
    ],
)
def test_words_are_letters_and_digits(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("terms", "is_in"),
    [
        ([Term(("lamp",))], True),
        ([Term(("blue", "lamp"))], True),
        ([Term(("lamp", "blue"))], False),
        ([Term(("la",))], False),
        ([Term(("la",), True)], True),
        ([Term(("blue", "la"), True)], True),
        ([Term(("lamp",)), Term(("red",))], False),
        ([], True),
    ],
)
def test_all_terms_must_be_there(terms: list[Term], is_in: bool) -> None:
    assert says_all("The Blue, Lamp.", terms) is is_in


def test_what_was_looked_for_is_marked_as_it_was_written() -> None:
    pieces = marked("Herr MÜLLER & Frau Muller", [Term(("muller",))])
    assert [p.text for p in pieces if p.is_marked] == ["MÜLLER", "Muller"]
    assert "".join(p.text for p in pieces) == "Herr MÜLLER & Frau Muller"


def test_of_a_long_text_the_stretch_around_the_first_find_is_shown() -> None:
    shown = marked("word " * 100 + "needle " + "word " * 100, [Term(("needle",))])
    text = "".join(p.text for p in shown)
    assert text.startswith("…word")
    assert text.endswith("…")
    assert "needle" in text
    assert len(text) < 260


def test_without_a_find_it_is_the_beginning() -> None:
    assert [p.text for p in marked("Hello", [Term(("x",))])] == ["Hello"]
    assert marked("", []) == []
