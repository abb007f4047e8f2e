"""What a key may be, and which keys are in each other's way."""

import pytest

from conversations import keys


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("j", "j"),
        ("J", "Shift+J"),
        ("shift+e", "Shift+E"),
        ("ctrl + k", "Ctrl+K"),
        ("cmd+k", "Ctrl+K"),
        ("alt+j", "Alt+J"),
        ("shift+ctrl+enter", "Ctrl+Shift+Enter"),
        ("j, Alt+J", "j, Alt+J"),
        ("g  m", "g m"),
        ("Shift+?", "?"),
        ("+", "+"),
        ("alt++", "Alt++"),
        ("é", "é"),
        ("", ""),
        (" , ", ""),
    ],
)
def test_a_key_is_written_in_one_way(typed, written):
    assert keys.read(typed) == written
    assert keys.read(written) == written


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Tab", "one letter"),
        ("Hyper+J", "Hyper"),
        ("ctrl+w", "belongs to the browser"),
        ("Enter", "belongs to the browser"),
        ("ctrl+alt+e", "many keyboards"),
        ("ctrl+g m", "neither takes"),
        ("a b c", "as in the examples"),
        ("a, a", "twice"),
        ("a, b, c, d", "at most"),
        ("\x00", "one letter"),
        ("\u200b", "one letter"),
        ("Ctrl+", "belongs to the browser"),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason(typed, told):
    with pytest.raises(keys.BadKey, match=told):
        keys.read(typed)


def test_the_usual_keys_can_all_be_chosen_and_are_not_in_each_others_way():
    for command in keys.ALL:
        assert keys.read(command.usual) == command.usual
    assert keys.conflicts(keys.bindings({})) == {}


@pytest.mark.parametrize(
    ("changed", "slugs"),
    [
        ({"end": "j"}, {"end", "next"}),
        ({"end": "g"}, {"end", "go-my", "go-open", "go-closed", "go-today", "search"}),
        ({"reply": "g m"}, {"reply", "go-my"}),
        ({"send": "s"}, {"send"}),
        ({"next": "k", "previous": "j"}, set()),
        ({"end": "", "close": "e"}, set()),
    ],
)
def test_keys_in_each_others_way_are_told_at_both_commands(changed, slugs):
    assert set(keys.conflicts(keys.bindings(changed))) == slugs


def test_only_what_differs_from_the_usual_keys_is_kept():
    assert keys.changes(keys.bindings({"end": "x", "reply": "r"})) == {"end": "x"}
