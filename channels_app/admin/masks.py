"""Customers' numbers in records: whole for those with the right, masked for all others."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from agents.roles import sees_numbers
from omnichannel.lib import phones, redact

# What stands in a list or on a page -> what stands there for people without the right.
MASKED = {
    "address": "masked_address",
    "text": "masked_text",
    "url": "masked_url",
    "answer_shown": "no_answer_shown",
}
HIDDEN = "Repeats the customer's number and text: only people who may see customers' numbers read it."


class MaskedForOthers(admin.ModelAdmin):
    """A list and a page whose `address`, `text`, `url` and `answer_shown` are masked where they must be.

    `masked` adds what else is: {what stands there: what stands there for people without the right}.
    """

    masked: ClassVar[dict[str, str]] = {}

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns for this person."""
        return self._for(request, super().get_list_display(request))

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """What leads to the page, under its name for this person."""
        found = super().get_list_display_links(request, list_display)
        return self._for(request, found) if found else found

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields for this person."""
        found = super().get_fieldsets(request, obj)
        return [
            (name, {**options, "fields": self._for(request, options["fields"])}) for name, options in found
        ]

    @admin.display(description="address")
    def masked_address(self, record: Any) -> str:
        """Country and last digits."""
        return phones.masked(record.address.value)

    @admin.display(description="text")
    def masked_text(self, record: Any) -> str:
        """Without telephone numbers in it."""
        return redact.numbers(record.text)

    @admin.display(description="URL")
    def masked_url(self, record: Any) -> str:
        """Without telephone numbers in it."""
        return redact.numbers(record.url)

    @admin.display(description="body")
    def no_answer_shown(self, record: Any) -> str:
        """Why there is none."""
        return HIDDEN

    def _for(self, request: HttpRequest, names: Any) -> list[Any]:
        if sees_numbers(request.user):
            return list(names)
        masks = MASKED | self.masked
        return [masks.get(name, name) if isinstance(name, str) else name for name in names]
