"""Administration of what holds for every desk: one page, no list."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from conversations.desk_settings import desk_settings
from conversations.models_desk import DeskSettings


@admin.register(DeskSettings)
class DeskSettingsAdmin(admin.ModelAdmin):
    """The one row; as it comes until somebody saves it."""

    fieldsets = (
        ("Writing", {"fields": ("undo_seconds",)}),
        ("Quick replies", {"fields": ("allow_personal_quick_replies",)}),
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> DeskSettings | None:
        """There is one."""
        return desk_settings() if object_id == "1" else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Straight to it."""
        return HttpResponseRedirect(reverse("admin:conversations_desksettings_change", args=[1]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It is there."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It stays."""
        return False
