import pytest

from omnichannel.lib.segments import BASIC, EXTENDED, INSTEAD, Encoding, measure, plain

GSM, UCS2 = Encoding.GSM, Encoding.UCS2


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", GSM, 1),
        ("x" * 160, GSM, 1),
        ("x" * 161, GSM, 2),
        ("x" * 306, GSM, 2),
        ("x" * 307, GSM, 3),
        ("€" * 80, GSM, 1),
        ("€" * 81, GSM, 2),
        # 152 and a half escape: the pair is not cut, so the first part holds 152.
        ("x" * 152 + "€" + "x" * 152, GSM, 3),
        ("ж" * 70, UCS2, 1),
        ("ж" * 71, UCS2, 2),
        ("ж" * 134, UCS2, 2),
        ("ж" * 135, UCS2, 3),
        ("😀" * 35, UCS2, 1),
        ("😀" * 36, UCS2, 2),
        # 67 is odd: a surrogate pair is not cut, so 33 of them fit.
        ("😀" * 66, UCS2, 2),
        ("😀" * 67, UCS2, 3),
        ("x" * 69 + "—", UCS2, 1),
        ("x" * 70 + "—", UCS2, 2),
        ("Grüße aus Zürich, à bientôt", UCS2, 1),
        ("Grüße aus Zürich, à demain ñ Å", GSM, 1),
    ],
)
def test_a_text_is_cut_as_operators_cut_it(text: str, encoding: Encoding, segments: int) -> None:
    found = measure(text)
    assert (found.encoding, found.segments, found.characters) == (encoding, segments, len(text))


@pytest.mark.parametrize(
    ("text", "unusual", "plain_segments"),
    [
        ("x" * 100, (), None),
        ("x" * 100 + "—", ("—",), 1),
        ("It’s" + "x" * 80 + "—’", ("’", "—"), 1),
        ("x" * 20 + "—", ("—",), None),  # one SMS either way
        ("x" * 100 + "😀", ("😀",), None),  # nothing says the same
        ("x" * 100 + "— 😀", ("—", "😀"), None),  # one of them alone does not help
    ],
)
def test_the_letters_that_cost_more_are_named(
    text: str, unusual: tuple[str, ...], plain_segments: int | None
) -> None:
    found = measure(text)
    assert (found.unusual, found.plain_segments) == (unusual, plain_segments)


def test_what_stands_for_a_letter_is_in_the_gsm_alphabet_itself() -> None:
    assert not {letter for said in INSTEAD.values() for letter in said} - set(BASIC + EXTENDED)
    assert not set(INSTEAD) & set(BASIC + EXTENDED)
    assert len(BASIC) == len(set(BASIC)) == 127
    assert plain("“Yes” – it’s 5 €…") == '"Yes" - it\'s 5 €...'
