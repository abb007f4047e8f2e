"""Contacts and addresses in administration, with what the rooms above them know."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from agents.models import User
from contacts import services
from contacts.admin import AddressAdmin, ContactAdmin
from contacts.models import Address, Contact
from conversations import linking
from conversations.models import Conversation
from omnichannel.customers import exports
from omnichannel.lib.backoffice import moment, table

__all__ = ["AddressPage", "ContactPage", "exports"]

SHOWN_CONVERSATIONS = 20


def conversations_table(found: Any) -> str:
    """The newest conversations of a customer."""
    rows = [
        (
            format_html(
                '<a href="{}">{}</a>', reverse("admin:conversations_conversation_change", args=[c.pk]), c
            ),
            c.get_state_display(),
            c.queue.name,
            moment(c.last_message_at),
        )
        for c in found.select_related("queue").order_by("-id")[:SHOWN_CONVERSATIONS]
    ]
    return table(["Conversation", "State", "Queue", "Last text"], rows, empty="None yet.")


@admin.register(Contact)
class ContactPage(ContactAdmin):
    """A contact with its addresses, notes and conversations."""

    readonly_fields: ClassVar[Any] = (*ContactAdmin.readonly_fields, "conversations_shown")

    def get_fieldsets(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """Conversations for those who may read them."""
        found = super().get_fieldsets(request, obj)
        if obj is None or not request.user.has_perm("conversations.view_conversation"):
            return found
        shown = ("Conversations", {"fields": ("conversations_shown",), "classes": ("panel",)})
        return (*found, shown)

    @admin.display(description="the newest ones")
    def conversations_shown(self, contact: Contact) -> str:
        """What was said lately."""
        return conversations_table(Conversation.objects.filter(contact=contact))


@admin.register(Address)
class AddressPage(AddressAdmin):
    """An address; to block it also cancels what is about to leave."""

    readonly_fields: ClassVar[Any] = (*AddressAdmin.readonly_fields, "conversations_shown")

    def get_fieldsets(self, request: HttpRequest, obj: Address | None = None) -> Any:
        """Conversations for those who may read them."""
        found = super().get_fieldsets(request, obj)
        if not request.user.has_perm("conversations.view_conversation"):
            return found
        return (*found, ("Conversations", {"fields": ("conversations_shown",), "classes": ("panel",)}))

    @admin.display(description="the newest ones")
    def conversations_shown(self, address: Address) -> str:
        """What was said lately."""
        return conversations_table(Conversation.objects.filter(address=address))

    def save_model(self, request: HttpRequest, obj: Address, form: Any, change: bool) -> None:
        """Contact and block, each by its service."""
        if "contact" in form.changed_data:
            services.link(address=obj, contact=obj.contact)
        data = form.cleaned_data
        until, reason = data["blocked_until"], data["block_reason"]
        user, now = cast("User", request.user), timezone.now()
        if not data["is_held"]:
            if form.was_held:
                linking.unblock(address_id=obj.pk, user=user, now=now)
        elif not form.was_held or {"blocked_until", "block_reason"} & set(form.changed_data):
            linking.block(address_id=obj.pk, user=user, until=until, reason=reason, now=now)
        obj.refresh_from_db(fields=["blocked_until", "block_reason", "blocked_at", "blocked_by"])
