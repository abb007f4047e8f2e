"""Forms of routing's administration."""

from django import forms

from omnichannel.lib.durations import MinutesField
from routing.conditions_form import ConditionsField, EditingMixin
from routing.models import EIGHT_HOURS_MIN, RoutingRule, WorkStream

DAY_MIN = 1440


class WorkStreamForm(forms.ModelForm):
    """A work stream's own fields."""

    auto_close_after_inactivity = MinutesField(
        label="Auto-close after inactivity",
        initial=EIGHT_HOURS_MIN,
        suggestions=(EIGHT_HOURS_MIN, DAY_MIN, 3 * DAY_MIN, 7 * DAY_MIN, 30 * DAY_MIN),
        help_text="For example 8 hours, or 1 day 12 hours: how long after the last text from either side a "
        "Waiting conversation is closed. For SMS, eight hours or more.",
    )

    class Meta:
        model = WorkStream
        fields = ("name", "channel", "auto_close_after_inactivity", "capacity", "work_distribution_mode")
        help_texts = {"allow_automated_messages": "This option is for future use only."}


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
