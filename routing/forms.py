"""Forms of routing's administration."""

from django import forms

from routing.conditions_form import ConditionsField, EditingMixin
from routing.models import RoutingRule


class RoutingRuleForm(EditingMixin, forms.ModelForm):
    """The documented fields of a routing rule item: Name, Work stream, Queue, Description, Condition."""

    condition = ConditionsField(
        label="Condition",
        help_text="Each row compares what is known of the customer or their first text with a value. Letters "
        "compare without case, telephone numbers by their digits.",
    )

    class Meta:
        model = RoutingRule
        fields = ("name", "work_stream", "queue", "description", "condition")

    @property
    def is_trial(self) -> bool:
        """Whether the rule is only to be tried, not saved."""
        return "_preview" in self.data

    def is_valid(self) -> bool:
        """A rule that is only tried is checked, and not saved."""
        return super().is_valid() and not self.is_trial
