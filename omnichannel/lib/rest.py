"""Parts of the API that every room uses."""

from typing import Any

from django import forms
from django_filters import rest_framework as filters
from rest_framework.permissions import DjangoModelPermissions

# Ids are whole numbers that fit a database's; everything else is an unknown address.
ID = "[0-9]{1,18}"


class ChangePermission(DjangoModelPermissions):
    """For actions on a record: who may change it may do them."""

    perms_map = {
        method: ["%(app_label)s.change_%(model_name)s"]
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    } | {"OPTIONS": []}


class IdField(forms.IntegerField):
    """An id in a query string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": 10**18, **options})


class IdFilter(filters.NumberFilter):
    """Filters by an id."""

    field_class = IdField

    def get_max_validator(self) -> None:
        """The field has its own bounds."""


class MomentField(filters.IsoDateTimeFilter.field_class):
    """A moment in ISO 8601 that any database can hold."""

    def clean(self, value: Any) -> Any:
        """The moment, within the years of this program."""
        moment = super().clean(value)
        if moment is not None and not 1970 <= moment.year <= 9000:
            raise forms.ValidationError("Enter a moment after 1970.")
        return moment


class MomentFilter(filters.IsoDateTimeFilter):
    """Filters by a moment: 2026-11-21T08:30:00Z."""

    field_class = MomentField
