"""Conversations in administration: to be read. They are worked on at the desk."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from channels_app.admin import state_chip
from channels_app.admin.masks import MaskedForOthers
from contacts.masks import shown
from conversations import admin_desk, admin_quick_replies, admin_texts  # noqa: F401  (register their pages)
from conversations.models import Conversation, Message
from conversations.search import of_customers
from omnichannel.lib import redact
from omnichannel.lib.backoffice import NOTHING, FoundByIndex, RecordAdmin, chip, moment, table

SHOWN_MESSAGES = 100
STATE_LEVELS = {"open": "warn", "active": "ok"}


@admin.register(Conversation)
class ConversationAdmin(MaskedForOthers, FoundByIndex, RecordAdmin):
    """Work items, their thread, and why they went where they are."""

    masked: ClassVar[dict[str, str]] = {"title": "masked_title", "messages_shown": "masked_messages_shown"}

    list_display = ("title", "shown_state", "work_stream", "queue", "agent", "last_message_at", "created_at")
    list_filter = ("state", "work_stream", "queue")
    list_select_related = ("work_stream", "queue", "agent__user")
    matching = staticmethod(of_customers)
    search_help_text = "The customer's number, or the beginning of their name"
    fieldsets = (
        (
            "Customer",
            {"fields": ("title", "address", "contact", "identification", "number", "work_stream")},
        ),
        ("Where it stands", {"fields": ("shown_state", "queue", "agent", "units", "transfer_count")}),
        ("When", {"fields": ("created_at", "state_changed_at", "last_message_at", "closed_at", "closed_by")}),
        ("Routing", {"fields": ("decisions_shown",), "classes": ("panel",)}),
        ("Sessions", {"fields": ("sessions_shown",), "classes": ("panel",)}),
        ("Messages", {"fields": ("messages_shown",), "classes": ("panel",)}),
    )

    @admin.display(description="state")
    def shown_state(self, conversation: Conversation) -> str:
        """Its word."""
        return chip(conversation.get_state_display(), STATE_LEVELS.get(conversation.state, ""))

    @admin.display(description="why this queue")
    def decisions_shown(self, conversation: Conversation) -> str:
        """Each decision with each rule's verdict."""
        rows = [
            (
                moment(decision.decided_at),
                decision.queue.name,
                decision.reason,
                ", ".join(f"{verdict['name']}: {verdict['result']}" for verdict in decision.verdicts)
                or NOTHING,
            )
            for decision in conversation.decisions.select_related("queue").order_by("id")[:50]
        ]
        return table(["When", "Queue", "Reason", "Rules"], rows, empty="None.")

    @admin.display(description="agents' turns")
    def sessions_shown(self, conversation: Conversation) -> str:
        """Who worked on it, and why their turn ended."""
        sessions = conversation.sessions.select_related("agent__user", "queue").order_by("id")[:50]
        rows = [
            (
                moment(s.created_at),
                str(s.agent),
                s.queue.name,
                moment(s.closed_at),
                s.get_closure_reason_display(),
            )
            for s in sessions
        ]
        return table(["From", "Agent", "Queue", "Until", "Why"], rows, empty="Nobody has taken it yet.")

    @admin.display(description="the last ones, newest first")
    def messages_shown(self, conversation: Conversation) -> str:
        """The thread's end."""
        return self._messages(conversation, lambda text: text)

    @admin.display(description="the last ones, newest first")
    def masked_messages_shown(self, conversation: Conversation) -> str:
        """The same without telephone numbers in it."""
        return self._messages(conversation, redact.numbers)

    @admin.display(description="title")
    def masked_title(self, conversation: Conversation) -> str:
        """A customer may call themselves by a number."""
        return redact.numbers(conversation.title)

    def get_object(self, request: HttpRequest, *args: Any) -> Any:
        """It is only read: the page is headed by its title, which is masked with the rest."""
        found = super().get_object(request, *args)
        if found is not None:
            found.title = shown(found.title, user=request.user)
        return found

    def _messages(self, conversation: Conversation, text: Callable[[str], str]) -> str:
        found = conversation.messages.select_related("author", "delivery").order_by("-seq")[:SHOWN_MESSAGES]
        rows = [
            (
                m.seq,
                moment(m.created_at),
                m.get_direction_display(),
                str(m.author or NOTHING),
                format_html('<span class="pre-line">{}</span>', text(m.text)),
                state_chip(m.delivery.state) if m.delivery else "",
            )
            for m in found
        ]
        made = table(["", "When", "Direction", "Author", "Text", "Delivery"], rows, empty="None.")
        url = reverse("admin:conversations_message_changelist")
        link = format_html('<a href="{}?conversation__id__exact={}">All messages</a>', url, conversation.pk)
        return format_html('{}<p class="panel-links">{}</p>', made, link)


@admin.register(Message)
class MessageAdmin(MaskedForOthers, RecordAdmin):
    """Entries of threads, reached from their conversation."""

    masked: ClassVar[dict[str, str]] = {
        "conversation": "masked_conversation",
        "beginning": "masked_beginning",
    }

    list_display = ("__str__", "created_at", "conversation", "author", "beginning", "delivery")
    list_select_related = ("conversation", "author", "delivery")
    fields = ("conversation", "seq", "direction", "author", "text", "delivery", "created_at")

    @admin.display(description="text")
    def beginning(self, message: Message) -> str:
        """Enough to recognise it."""
        return message.text[:80]

    @admin.display(description="text")
    def masked_beginning(self, message: Message) -> str:
        """The same without telephone numbers in it."""
        return redact.numbers(message.text)[:80]

    @admin.display(description="conversation")
    def masked_conversation(self, message: Message) -> str:
        """The same without telephone numbers in it; it leads there."""
        url = reverse("admin:conversations_conversation_change", args=[message.conversation_id])
        return format_html('<a href="{}">{}</a>', url, redact.numbers(message.conversation.title))
