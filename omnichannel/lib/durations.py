"""Durations as people write and read them; kept in whole minutes everywhere else."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

MINUTES = {"day": 1440, "hour": 60, "minute": 1}
# What people write for a unit, by its first letter; months and years have no fixed length.
PART = re.compile(r"(\d{1,30})\s*(days?|d|hours?|hrs?|h|minutes?|mins?|m)?", re.ASCII | re.IGNORECASE)
CLOCK = re.compile(r"(\d{1,7}):([0-5]\d)", re.ASCII)
UNITS = {"d": MINUTES["day"], "h": MINUTES["hour"], "m": MINUTES["minute"]}
EXPECTED = "Enter a duration, for example 8 hours, 1 day 12 hours, or 90 minutes."


class NotADuration(ValueError):
    """The text is no duration; the message says what to type instead."""


def minutes_of(text: str) -> int:
    """Whole minutes of "8 hours", "1 day, 12 h", "1d 30m", "36:00" or "480" (minutes).

    Raises NotADuration.
    """
    if clock := CLOCK.fullmatch(text.strip()):
        return int(clock[1]) * 60 + int(clock[2])
    parts = PART.findall(text)
    rest = re.sub(r"[\s,]|\band\b", "", PART.sub("", text), flags=re.ASCII)
    if not parts or rest or (len(parts) > 1 and not all(unit for _, unit in parts)):
        raise NotADuration(EXPECTED)
    return sum(int(count) * UNITS[(unit or "m")[0].lower()] for count, unit in parts)


def readable(minutes: int) -> str:
    """As people say it: 480 is "8 hours", 2190 "1 day 12 hours 30 minutes", 0 "0 minutes"."""
    said = []
    for unit, length in MINUTES.items():
        count, minutes = divmod(minutes, length)
        if count:
            said.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(said) or "0 minutes"


class Suggesting(forms.TextInput):
    """A text box that offers some values; any other may be typed as well."""

    def __init__(self, suggestions: Iterable[str]) -> None:
        super().__init__(attrs={"class": "vTextField", "autocomplete": "off"})
        self.suggestions = tuple(suggestions)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The box and its list."""
        found = f"{(attrs or {}).get('id', name)}_suggestions"
        box = super().render(name, value, {**(attrs or {}), "list": found}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in self.suggestions))
        return format_html('{}<datalist id="{}">{}</datalist>', box, found, options)


class MinutesField(forms.CharField):
    """A duration, typed in words; its value is whole minutes, or None when nothing is typed."""

    def __init__(self, *, suggestions: Iterable[int] = (), **options: Any) -> None:
        widget = Suggesting(readable(minutes) for minutes in suggestions)
        super().__init__(max_length=60, widget=widget, **options)

    def to_python(self, value: Any) -> Any:
        """Minutes; raises ValidationError."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            return minutes_of(text)
        except NotADuration as error:
            raise ValidationError(str(error)) from error

    def run_validators(self, value: Any) -> None:
        """Those of texts look at what was typed; the model's own look at the minutes."""

    def prepare_value(self, value: Any) -> Any:
        """Words for minutes; what was typed stays as it was."""
        return readable(value) if isinstance(value, int) else value
