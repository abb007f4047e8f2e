"""What this room keeps of customers, and how it is forgotten: shells and figures stay, words go."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from channels_app.models_deliveries import Delivery
from channels_app.models_media import Media
from channels_app.models_receipts import InboundText
from channels_app.personal import empty_deliveries, empty_files, empty_texts
from conversations import search_index
from conversations.models import Conversation, Message, RoutingDecision, State
from conversations.models_desk import Draft
from conversations.upkeep import close_for_erasure
from omnichannel.lib.personal import Step, Subject

KEPT = {
    "conversations.Session": "agents' turns: who and when, no customer",
    "conversations.Reading": "how far an agent has read: figures",
    "conversations.Viewing": "which agent looked when",
    "conversations.DeskPreference": "how an agent likes the desk",
    "conversations.DeskSettings": "how all desks are set",
    "conversations.SavedView": "filters under a name",
    "conversations.QuickReply": "texts for everybody",
    "conversations.Tag": "words to find them by",
}
TITLE = "Erased customer"


def _conversations(subject: Subject) -> QuerySet[Conversation]:
    return Conversation.objects.filter(Q(address__in=subject.addresses) | Q(contact__in=subject.contacts))


def _in_them(subject: Subject, before: str) -> Q:
    return Q(**{f"{before}conversation__address__in": subject.addresses}) | Q(
        **{f"{before}conversation__contact__in": subject.contacts}
    )


def _close(rows: Sequence[Conversation], _: Subject) -> None:
    for row in rows:
        close_for_erasure(conversation_id=row.pk, now=timezone.now())


def _empty_messages(rows: Sequence[Message], _: Subject) -> None:
    Message.objects.filter(pk__in=[row.pk for row in rows]).update(text="")
    search_index.forget()


def _empty_decisions(rows: Sequence[RoutingDecision], _: Subject) -> None:
    for row in rows:
        row.facts = {}
        row.verdicts = [_bare(verdict) for verdict in row.verdicts]
        row.save(update_fields=["facts", "verdicts"])


def _bare(verdict: dict[str, Any]) -> dict[str, Any]:
    """Which rule, and whether it was true; nothing of what it was true of."""
    return {name: verdict[name] for name in ("rule_id", "name", "result") if name in verdict}


def _empty_conversations(rows: Sequence[Conversation], _: Subject) -> None:
    Conversation.objects.filter(pk__in=[row.pk for row in rows]).update(
        title=TITLE, last_text="", contact=None, identification="none", version=F("version") + 1
    )


def _remove(rows: Sequence[Draft], _: Subject) -> None:
    Draft.objects.filter(pk__in=[row.pk for row in rows]).delete()


STEPS = [
    Step(
        "open conversations",
        Conversation,
        lambda subject: _conversations(subject).exclude(state=State.CLOSED),
        _close,
        how="closed",
        at_once=20,
    ),
    # What was said from an address that is not this customer's any more; the rest is the wire's to empty.
    Step(
        "texts in",
        InboundText,
        lambda subject: InboundText.objects.filter(
            message__conversation__contact__in=subject.contacts
        ).exclude(address__in=subject.addresses),
        empty_texts,
    ),
    Step(
        "texts out",
        Delivery,
        lambda subject: Delivery.objects.filter(message__conversation__contact__in=subject.contacts).exclude(
            address__in=subject.addresses
        ),
        empty_deliveries,
    ),
    # After the texts out: none of them leaves without its files.
    Step(
        "files",
        Media,
        lambda subject: Media.objects.filter(
            Q(inbound_text__message__conversation__contact__in=subject.contacts)
            | Q(delivery__message__conversation__contact__in=subject.contacts)
        ).exclude(
            Q(inbound_text__address__in=subject.addresses) | Q(delivery__address__in=subject.addresses)
        ),
        empty_files,
        how="removed from the storage",
    ),
    Step(
        "drafts", Draft, lambda subject: Draft.objects.filter(_in_them(subject, "")), _remove, how="deleted"
    ),
    Step("messages", Message, lambda subject: Message.objects.filter(_in_them(subject, "")), _empty_messages),
    Step(
        "routing decisions",
        RoutingDecision,
        lambda subject: RoutingDecision.objects.filter(_in_them(subject, "")),
        _empty_decisions,
    ),
    Step("conversations", Conversation, _conversations, _empty_conversations),
]
