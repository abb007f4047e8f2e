"""Customers' numbers in lists: masked without the right to see them.

One record shows its own, and opening it is logged.
"""

from typing import Any

from omnichannel.lib import audit, phones, redact

OPENED = "Opened with its numbers"


def shown(text: object, *, user: Any) -> str:
    """A text as this person may read it: every telephone number in it masked without the right."""
    return str(text) if user.sees_numbers else redact.numbers(str(text))


def masked_list(columns: Any, *, user: Any, numbers: dict[str, str]) -> tuple[Any, ...]:
    """The columns of a list, those with numbers replaced by their masked ones for who may not see them."""
    return tuple(columns) if user.sees_numbers else tuple(numbers.get(c, c) for c in columns)


class MaskedInLists:
    """For API resources: numbers are masked in lists, and reading one record whole is logged."""

    number_fields: tuple[str, ...] = ()

    def list(self, request: Any, *args: Any, **options: Any) -> Any:
        """As usual, masked without the right."""
        answer = super().list(request, *args, **options)  # type: ignore[misc]
        if not request.user.sees_numbers:
            for row in answer.data["results"]:
                row.update({name: phones.masked(row[name]) for name in self.number_fields if row[name]})
        return answer

    def get_object(self) -> Any:
        """The record; reading it is logged."""
        record = super().get_object()  # type: ignore[misc]
        if self.request.method == "GET":  # type: ignore[attr-defined]
            audit.note_read(record, what=OPENED)
        return record
