"""Finding conversations by whom they are with."""

from django.db.models import Q, QuerySet

from contacts.search import address_ids, contact_ids
from conversations.models import Conversation


def of_customers(conversations: QuerySet[Conversation], text: str) -> QuerySet[Conversation]:
    """Those with customers of this number (in any written form), or whose name begins so."""
    return conversations.filter(Q(address__in=address_ids(text)) | Q(contact__in=contact_ids(text)))
