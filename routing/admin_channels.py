"""Administration of the channels: which are used, and when their conversations are closed by themselves."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from omnichannel.lib.backoffice import chip
from omnichannel.lib.durations import readable
from routing.forms import ChannelSettingForm
from routing.models import ChannelSetting

CLOSING = (
    "How long a conversation may lie in a state before it is closed by itself. Waiting follows its work "
    "stream's Auto-close after inactivity instead."
)


def limit(minutes: int | None) -> str:
    """In words."""
    return "Never" if minutes is None else readable(minutes)


@admin.register(ChannelSetting)
class ChannelSettingAdmin(admin.ModelAdmin):
    """One row for each channel that is built. None is added or removed by hand."""

    form = ChannelSettingForm
    list_display = ("channel", "enabled", "open", "active", "wrap_up")
    ordering = ("id",)
    sortable_by = ()
    actions: Any = ()
    fieldsets = (
        (None, {"fields": ("is_enabled",)}),
        (
            "Channel state configuration",
            {
                "fields": ("auto_close_open", "auto_close_active", "auto_close_wrap_up"),
                "description": CLOSING,
            },
        ),
        ("Pictures and files", {"fields": ("blocked_extensions",)}),
    )

    @admin.display(description="enabled")
    def enabled(self, setting: ChannelSetting) -> str:
        """As a word."""
        return chip("Enabled", "ok") if setting.is_enabled else chip("Not enabled", "warn")

    @admin.display(description="auto close: Open")
    def open(self, setting: ChannelSetting) -> str:
        """Its limit."""
        return limit(setting.auto_close_open)

    @admin.display(description="auto close: Active")
    def active(self, setting: ChannelSetting) -> str:
        """Its limit."""
        return limit(setting.auto_close_active)

    @admin.display(description="auto close: Wrap-up")
    def wrap_up(self, setting: ChannelSetting) -> str:
        """Its limit."""
        return limit(setting.auto_close_wrap_up)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They are there."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They stay."""
        return False
