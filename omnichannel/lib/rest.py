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
