"""Choices of records in forms, safe from what no browser sends.

Django's own look up whatever was sent, as it was sent, once to check it and once more to show it again.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from omnichannel.lib.ids import whole_number


def _may_be_id(value: Any) -> bool:
    return not isinstance(value, str) or whole_number(value) is not None


class OneRecord(forms.ModelChoiceField):
    """A record by its id; anything else is no valid choice, and is not shown again."""

    def to_python(self, value: Any) -> Any:
        """The record; raises ValidationError."""
        if value not in self.empty_values and not _may_be_id(value):
            raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": value})
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """What is shown."""
        return super().prepare_value(value) if _may_be_id(value) else None


class SeveralRecords(forms.ModelMultipleChoiceField):
    """Records by their ids; anything else is no valid choice, and is not shown again."""

    def clean(self, value: Any) -> Any:
        """The records; raises ValidationError."""
        for pk in value if isinstance(value, list | tuple) else ():
            if not _may_be_id(pk):
                raise ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": pk})
        return super().clean(value)

    def prepare_value(self, value: Any) -> Any:
        """What is shown."""
        if isinstance(value, list | tuple):
            value = [pk for pk in value if _may_be_id(pk)]
        return super().prepare_value(value) if _may_be_id(value) else None
