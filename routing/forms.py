"""Forms of routing's administration."""

import re
from typing import Any

from django import forms

from omnichannel.lib.durations import MinutesField
from routing.channels import enabled_channels
from routing.conditions_form import ConditionsField, EditingMixin
from routing.models import (
    EIGHT_HOURS_MIN,
    ONE_DAY_MIN,
    THIRTY_DAYS_MIN,
    Channel,
    ChannelSetting,
    RoutingRule,
    WorkStream,
)
from routing.order_form import RuleOrderField


def never_or(label: str) -> MinutesField:
    """A limit of a state."""
    return MinutesField(
        label=label,
        required=False,
        suggestions=(EIGHT_HOURS_MIN, ONE_DAY_MIN, 7 * ONE_DAY_MIN, THIRTY_DAYS_MIN),
        help_text="Time in the state, for example 30 days. Empty: never.",
    )


class WorkStreamForm(forms.ModelForm):
    """A work stream's own fields, and the order of its rules."""

    auto_close_after_inactivity = MinutesField(
        label="Auto-close after inactivity",
        initial=EIGHT_HOURS_MIN,
        suggestions=(EIGHT_HOURS_MIN, ONE_DAY_MIN, 3 * ONE_DAY_MIN, 7 * ONE_DAY_MIN, THIRTY_DAYS_MIN),
        help_text="For example 8 hours, or 1 day 12 hours: how long after the last text from either side a "
        "Waiting conversation is closed. For SMS, eight hours or more.",
    )

    rule_items = RuleOrderField(label="In order; the first true one wins")

    class Meta:
        model = WorkStream
        fields = (
            "name",
            "channel",
            "auto_close_after_inactivity",
            "status",
            "capacity",
            "work_distribution_mode",
        )
        help_texts = {"allow_automated_messages": "This option is for future use only."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "name" in self.fields and not self.instance.pk and not self.is_bound:
            self.fields["name"].widget.attrs["autofocus"] = True
        if isinstance(order := self.fields.get("rule_items"), RuleOrderField):
            order.of(self.instance)
        if "channel" in self.fields:
            self._offer_channels(self.fields["channel"])

    def _offer_channels(self, field: Any) -> None:
        """Those that are enabled; a stream that is there keeps its own."""
        enabled = enabled_channels()
        field.choices = [(key, words) for key, words in Channel.choices if key in enabled]
        if not field.choices:
            field.help_text = "No channel is enabled. See Settings, Channels."


class ChannelSettingForm(forms.ModelForm):
    """Whether a channel is used, and its limits."""

    auto_close_open = never_or("Auto close conversation after: Open")
    auto_close_active = never_or("Auto close conversation after: Active")
    auto_close_wrap_up = never_or("Auto close conversation after: Wrap-up")

    blocked_extensions = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
        max_length=5000,
        help_text="Files with these extensions are neither taken from customers nor sent to them, for "
        "example: exe bat js. Web pages, SVG, scripts and programs never are, whatever they are called.",
    )

    class Meta:
        model = ChannelSetting
        fields = (
            "is_enabled",
            *("auto_close_open", "auto_close_active", "auto_close_wrap_up"),
            "blocked_extensions",
        )

    def clean_blocked_extensions(self) -> str:
        """As people write them: with dots, commas, semicolons, line ends, in capitals."""
        return " ".join(
            sorted(set(re.split(r"[\s,;.]+", self.cleaned_data["blocked_extensions"].lower())) - {""})
        )


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
