"""Forms of routing's administration."""

from typing import Any

from django import forms

from routing.models import RoutingCondition
from routing.rules import Condition
from routing.services import BadCondition, clean_condition


class RoutingConditionForm(forms.ModelForm):
    """Field, operator, value; the value is kept as rules compare it."""

    class Meta:
        model = RoutingCondition
        fields = ("field", "operator", "value")

    def clean(self) -> dict[str, Any]:
        """See routing.services.clean_condition."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if {"field", "operator", "value"} <= found.keys():
            try:
                cleaned = clean_condition(Condition(found["field"], found["operator"], found["value"]))
                found["value"] = cleaned.value
            except BadCondition as error:
                self.add_error("value", str(error))
        return found
