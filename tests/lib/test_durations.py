"""Durations as people write and read them."""

import pytest
from django.core.exceptions import ValidationError

from omnichannel.lib.durations import MinutesField, NotADuration, minutes_of, readable


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("8 hours", 480),
        ("8 h", 480),
        ("8h", 480),
        (" 1 Day ", 1440),
        ("1 day 12 hours", 2160),
        ("1 day, 12 hours and 30 minutes", 2190),
        ("1d 12h 30m", 2190),
        ("90 min", 90),
        ("36:30", 2190),
        ("480", 480),
        ("0", 0),
    ],
)
def test_it_is_understood_as_people_write_it(text, minutes):
    assert minutes_of(text) == minutes


@pytest.mark.parametrize(
    "text", ["", "soon", "8 weeks", "1 month", "-8 hours", "8.5 hours", "8 hours!", "1 2", "8:75", "٨", "h"]
)
def test_what_is_no_duration_is_refused_with_an_example(text):
    with pytest.raises(NotADuration, match="for example 8 hours"):
        minutes_of(text)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (480, "8 hours"),
        (60, "1 hour"),
        (1440, "1 day"),
        (2190, "1 day 12 hours 30 minutes"),
        (0, "0 minutes"),
        (43_200, "30 days"),
    ],
)
def test_it_is_said_as_people_read_it_and_can_be_typed_back(minutes, said):
    assert readable(minutes) == said
    assert minutes_of(said) == minutes


def test_the_field_keeps_minutes_and_shows_words():
    field = MinutesField(suggestions=(480, 1440))

    assert field.clean("8 hours") == 480
    assert field.prepare_value(480) == "8 hours"
    assert field.prepare_value("8 hoors") == "8 hoors"
    assert not field.has_changed(480, "8 h")
    assert field.has_changed(480, "9 h")
    with pytest.raises(ValidationError, match="required"):
        field.clean("  ")
    assert MinutesField(required=False).clean("") is None


def test_a_null_character_is_no_duration():
    with pytest.raises(ValidationError):
        MinutesField().clean("8\x00 hours")


def test_suggestions_are_offered_beside_the_box():
    drawn = MinutesField(suggestions=(480, 1440)).widget.render("a", "8 hours", {"id": "id_a"})

    assert 'list="id_a_suggestions"' in drawn
    assert '<option value="1 day"></option>' in drawn
