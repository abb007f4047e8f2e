import time

import pytest

from omnichannel.lib.links import parts


def linked(text, region=None):
    return [(part.text, part.href) for part in parts(text, region=region) if part.href]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://example.com/a?b=1&c=2.", [("https://example.com/a?b=1&c=2",) * 2]),
        ("HTTP://EXAMPLE.COM", [("HTTP://EXAMPLE.COM",) * 2]),
        ("www.example.com, please", [("www.example.com", "https://www.example.com")]),
        ("(https://example.com/a_(b))", [("https://example.com/a_(b)",) * 2]),
        ("(see https://example.com)", [("https://example.com",) * 2]),
        ("“https://example.com”", [("https://example.com",) * 2]),
        ("https://example.com/ä/ö", [("https://example.com/ä/ö",) * 2]),
        ("To jo.do+x@m.example.com!", [("jo.do+x@m.example.com", "mailto:jo.do+x@m.example.com")]),
        ("Call +41 44 668 18 00 now", [("+41 44 668 18 00", "tel:+41446681800")]),
        ("https://a.io b@c.example", [("https://a.io",) * 2, ("b@c.example", "mailto:b@c.example")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_addresses_are_found(text, found):
    assert linked(text) == found


def test_national_numbers_are_read_as_those_of_the_region():
    assert linked("Call 044 668 18 00", "CH") == [("044 668 18 00", "tel:+41446681800")]
    assert linked("Call 044 668 18 00") == []


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,<script>",
        "https://user@evil.example/",
        "https://good.example\\@evil.example",
        "https://localhost/",
        "https://",
        "www...",
        "file:///etc/passwd",
        "order 10442, 12.10.2026, 14:30, 1'234.50",
        "xhttps://example.com",
        "@example.com a@b",
    ],
)
def test_what_is_no_address_stays_text(text):
    assert linked(text, "CH") == []


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u00ad"])
def test_signs_that_cannot_be_seen_end_an_address(sign):
    assert linked(f"https://example.com/{sign}moc.live") == [("https://example.com/",) * 2]


@pytest.mark.parametrize(
    "text", ["", "no link", "https://a.example", " +41446681800 x@y.example\n\nwww.example.com?", "<b>&amp;"]
)
def test_the_parts_add_up_to_the_text(text):
    assert "".join(part.text for part in parts(text, region="US")) == text


@pytest.mark.parametrize("piece", ["a", "@", "www.", "a.", "!a", "(", "https://", "1", "1-", "+1 "])
def test_the_longest_text_is_read_in_a_moment(piece):
    started = time.perf_counter()
    parts(piece * (10_000 // len(piece)), region="US")
    assert time.perf_counter() - started < 2
