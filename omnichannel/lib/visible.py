"""Names that people can see: not blanks, marks and signs alone that nothing is drawn for."""

import unicodedata
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models

# Control, format (zero width, direction, soft hyphen) and surrogate characters, separators, and marks that
# only change the letter before them (unicode.org/reports/tr44, General_Category).
NOT_DRAWN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Mn", "Me"}
# Letters and symbols, and yet empty: the fillers of Hangul, the Braille pattern without dots.
EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
NOTHING_TO_SEE = "Enter at least one character that can be seen."


def is_visible(text: str) -> bool:
    """Whether at least one character of the text is drawn."""
    return any(c not in EMPTY and unicodedata.category(c) not in NOT_DRAWN for c in text)


def check_visible(text: str) -> None:
    """A validator: raises ValidationError for a text that looks empty."""
    if not is_visible(text):
        raise ValidationError(NOTHING_TO_SEE, code="invisible")


if TYPE_CHECKING:
    TextField = models.CharField[str, str]
else:
    TextField = models.CharField


class NameField(TextField):
    """What something or somebody is called. Forms and the API refuse a name that nobody could see."""

    default_validators = [*models.CharField.default_validators, check_visible]

    def deconstruct(self) -> Any:
        """For migrations it is the column that it is in the database."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options
