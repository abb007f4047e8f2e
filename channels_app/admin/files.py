"""Pictures and files: what came with texts and went out with them, and what became of each."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from agents.roles import sees_numbers
from channels_app import media
from channels_app.admin.masks import MaskedForOthers
from channels_app.models_media import Media
from omnichannel.lib import redact
from omnichannel.lib.audit import note_read
from omnichannel.lib.backoffice import NOTHING, RecordAdmin, chip

S = Media.State
CHIPS = {S.FETCHING: "", S.READY: "ok", S.REFUSED: "warn", S.FAILED: "bad"}
NEXT_STEPS = {
    S.FETCHING: "It is fetched by itself. If it stays so, see whether the task queue runs (/readyz).",
    S.READY: "Nothing to do.",
    S.REFUSED: "If a limit or a switch was changed since: Fetch again, while the provider still has it.",
    S.FAILED: "Mend what the reason says, then Fetch again, while the provider still has it.",
}


@admin.register(Media)
class MediaAdmin(MaskedForOthers, RecordAdmin):
    """Pictures and files of texts, in and out. What failed or was refused can be fetched again."""

    masked = {"name": "masked_name", "opened": "not_opened"}
    list_display = ("file_shown", "created_at", "way", "type_shown", "size_shown", "shown_state", "reason")
    list_filter = ("state",)
    list_select_related = ()
    actions = ("fetch_again_selected",)
    fieldsets = (
        (
            "What became of it",
            {"fields": ("shown_state", "reason", "next_step", "attempts", "created_at", "state_changed_at")},
        ),
        (
            "The file",
            {
                "fields": (
                    *("name", "type_shown", "declared_type", "size_shown", "dimensions", "opened"),
                    *("way", "belongs_to", "sha256"),
                )
            },
        ),
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The file's record; that somebody who may open the file looked at it is noted."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and found.file and sees_numbers(request.user):
            note_read(found, what="file")
        return found

    @admin.display(description="file")
    def file_shown(self, file: Media) -> str:
        """Its number."""
        return f"File {file.pk}"

    @admin.display(description="direction")
    def way(self, file: Media) -> str:
        """From the customer, or to them."""
        return "In" if file.inbound_text_id else "Out"

    @admin.display(description="type")
    def type_shown(self, file: Media) -> str:
        """By content; until it is known, what the sender said."""
        return media.shown(file).word

    @admin.display(description="size")
    def size_shown(self, file: Media) -> str:
        """For people."""
        return NOTHING if file.size is None else filesizeformat(file.size)

    @admin.display(description="width and height")
    def dimensions(self, file: Media) -> str:
        """Of a picture, as people see it."""
        return f"{file.width} x {file.height} pixels" if file.width else NOTHING

    @admin.display(description="state")
    def shown_state(self, file: Media) -> str:
        """Its word."""
        return chip(file.get_state_display(), CHIPS[S(file.state)])

    @admin.display(description="next step")
    def next_step(self, file: Media) -> str:
        """What a person should do."""
        return NEXT_STEPS[S(file.state)]

    @admin.display(description="name")
    def masked_name(self, file: Media) -> str:
        """Without telephone numbers in it."""
        return redact.numbers(file.name) or NOTHING

    @admin.display(description="open")
    def opened(self, file: Media) -> str:
        """A link to it, while there is something to be seen."""
        url = media.shown(file).url
        return format_html('<a href="{}">Open the file</a>', url) if url else NOTHING

    @admin.display(description="open")
    def not_opened(self, file: Media) -> str:
        """Not from here: the desk shows files in their conversation."""
        return NOTHING

    @admin.display(description="belongs to")
    def belongs_to(self, file: Media) -> str:
        """Its text, with a link."""
        kind, pk = (
            ("inboundtext", file.inbound_text_id) if file.inbound_text_id else ("delivery", file.delivery_id)
        )
        word = "Text" if kind == "inboundtext" else "Delivery"
        return format_html(
            '<a href="{}">{} {}</a>', reverse(f"admin:channels_app_{kind}_change", args=[pk]), word, pk
        )

    def has_fetch_again_permission(self, request: HttpRequest) -> bool:
        """Whoever may change files, though nobody edits one."""
        return request.user.has_perm("channels_app.change_media")

    @admin.action(permissions=["fetch_again"], description="Fetch again")
    def fetch_again_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Ask the provider once more for files that failed, or were refused."""
        count = media.fetch_again(queryset, now=timezone.now())
        if count:
            messages.success(request, f"Asked for again: {count} will be fetched in a moment.")
        else:
            messages.warning(request, "Nothing was asked for: only what failed or was refused can be.")
