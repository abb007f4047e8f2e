"""How many SMS a text is cut into: 160 GSM letters (153 when cut), or 70 (67) with any other letter."""

# 3GPP TS 23.038, default alphabet without the escape.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Written as an escape and a letter: two units that are never cut apart.
EXTENDED = frozenset("\f^{}\\[~]|€")


def count_segments(text: str) -> int:
    """At least one, also for no text at all."""
    if all(letter in BASIC or letter in EXTENDED for letter in text):
        return _count([2 if letter in EXTENDED else 1 for letter in text], whole=160, part=153)
    return _count([len(letter.encode("utf-16-le")) // 2 for letter in text], whole=70, part=67)


def _count(widths: list[int], *, whole: int, part: int) -> int:
    if sum(widths) <= whole:
        return 1
    segments, used = 1, 0
    for width in widths:
        if used + width > part:
            segments, used = segments + 1, 0
        used += width
    return segments
