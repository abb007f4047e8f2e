"""Forms of routing's administration."""

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


def never_or(label: str) -> MinutesField:
    """A limit of a state."""
    return MinutesField(
        label=label,
        required=False,
        suggestions=(EIGHT_HOURS_MIN, ONE_DAY_MIN, 7 * ONE_DAY_MIN, THIRTY_DAYS_MIN),
        help_text="Time in the state, for example 30 days. Empty: never.",
    )


class WorkStreamForm(forms.ModelForm):
    """A work stream's own fields."""

    auto_close_after_inactivity = MinutesField(
        label="Auto-close after inactivity",
        initial=EIGHT_HOURS_MIN,
        suggestions=(EIGHT_HOURS_MIN, ONE_DAY_MIN, 3 * ONE_DAY_MIN, 7 * ONE_DAY_MIN, THIRTY_DAYS_MIN),
        help_text="For example 8 hours, or 1 day 12 hours: how long after the last text from either side a "
        "Waiting conversation is closed. For SMS, eight hours or more.",
    )

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
        if "name" in self.fields and not self.instance.pk:
            self.fields["name"].widget.attrs["autofocus"] = True
        if "channel" in self.fields:
            self._offer_channels(self.fields["channel"])

    def _offer_channels(self, field: Any) -> None:
        """Those that are enabled, and the stream's own."""
        enabled = enabled_channels()
        own = self.instance.channel if self.instance.pk else None
        field.choices = [(key, words) for key, words in Channel.choices if key in enabled or key == own]
        if own and own not in enabled:
            field.help_text = "Not enabled: it starts no conversation. See Settings, Channels."
        elif not field.choices:
            field.help_text = "No channel is enabled. See Settings, Channels."


class ChannelSettingForm(forms.ModelForm):
    """Whether a channel is used, and its limits."""

    auto_close_open = never_or("Auto close conversation after: Open")
    auto_close_active = never_or("Auto close conversation after: Active")
    auto_close_wrap_up = never_or("Auto close conversation after: Wrap-up")

    class Meta:
        model = ChannelSetting
        fields = ("is_enabled", "auto_close_open", "auto_close_active", "auto_close_wrap_up")


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
