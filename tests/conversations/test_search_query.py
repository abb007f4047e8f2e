"""What people type into search, and how it is understood."""

from datetime import date

import pytest

from conversations.models import State
from conversations.search_query import LONGEST, MOST_WORDS, read
from omnichannel.lib.marking import Term


def test_words_and_operators_in_any_order() -> None:
    asked = read('Refund queue:"Team 2" "not arrived" agent:me state:wrap-up after:2026-11-01 invo* in:us')
    assert asked.terms == [Term(("refund",)), Term(("not", "arrived")), Term(("invo",), True)]
    assert (asked.queue, asked.agent, asked.state) == ("Team 2", "me", State.WRAP_UP)
    assert (asked.after, asked.said_by, asked.free) == (
        date(2026, 11, 1),
        "outbound",
        'Refund "not arrived" invo*',
    )
    assert asked.problems == []


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("state:lost", "There is no state “lost”"),
        ("before:yesterday", "“yesterday” is no day"),
        ("after:0001-01-01", "is no day"),
        ("in:them", "in: is customer, us or internal"),
        ("has:money", "has: knows file"),
        ('queue:""', "Say which after queue:"),
        ("in*", "3 letters or more before *"),
        (" ".join("abcdefghijklmnop"), f"At most {MOST_WORDS} words."),
    ],
)
def test_what_is_not_understood_is_said(typed: str, problem: str) -> None:
    assert any(problem in said for said in read(typed).problems)


@pytest.mark.parametrize("typed", ["", "  ", "🙂", '"', "\ud800", "\x00", "!?", "*"])
def test_nothing_to_look_for_is_nothing_asked(typed: str) -> None:
    asked = read(typed)
    assert asked.is_empty
    assert not asked.problems


def test_what_is_no_operator_is_words() -> None:
    assert read("https://example.test").terms == [Term(("https", "example", "test"))]


def test_it_is_cut() -> None:
    assert len(read("x" * 1000).typed) == LONGEST
