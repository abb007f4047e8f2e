"""What is typed after / is read as commands and as words to find."""

import pytest

from conversations.slash import asked

ALL = {"reply", "note", "transfer", "end", "close-session"}


@pytest.mark.parametrize(
    ("typed", "offered", "commands", "find"),
    [
        ("hello", ALL, [], "hello"),
        ("", ALL, [], ""),
        ("/", ALL, ["p", "i", "q", "tq", "end", "close"], ""),
        ("/", {"note"}, ["i", "q"], ""),
        ("/e", ALL, ["end"], "e"),
        ("/e", {"reply"}, [], "e"),
        ("/t", ALL, ["tq"], "t"),
        ("/q", ALL, [], ""),
        ("/q thanks #bill", ALL, [], "thanks #bill"),
        ("/#bill", ALL, [], "#bill"),
        ("/i call her back", ALL, ["i"], None),
        ("/p dear", {"note"}, [], "p dear"),
        ("/end of it", ALL, [], "end of it"),
        ("/nothing", ALL, [], "nothing"),
        ("/\x00e", ALL, ["end"], "e"),
    ],
)
def test_what_is_typed(typed: str, offered: set[str], commands: list[str], find: str | None) -> None:
    found = asked(typed, offered=offered)

    assert [command.word for command in found.commands] == commands
    assert found.find == find


def test_no_more_is_read_than_fits() -> None:
    assert len(asked("x" * 5000, offered=ALL).find or "") == 100
