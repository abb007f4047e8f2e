"""Which texts of ours did not arrive although somebody wanted them to."""

from django.db.models import Q

from channels_app.models_deliveries import Delivery
from conversations.models import Conversation, Message

# Our words on a delivery that was called off on purpose: by its agent, as asked when it was
# written, or with its conversation.
TAKEN_BACK = "taken_back"
CUSTOMER_WROTE = "customer_wrote"
CLOSED = "closed"
ON_PURPOSE = frozenset({TAKEN_BACK, CUSTOMER_WROTE, CLOSED})
DID_NOT_ARRIVE = Q(delivery__state__in=[Delivery.State.FAILED, Delivery.State.UNDELIVERED]) | Q(
    delivery__state=Delivery.State.CANCELED
) & ~Q(delivery__error__in=ON_PURPOSE)


def has_failed(conversation: Conversation) -> bool:
    """Whether a text in it failed and was not tried again. One statement."""
    return Message.objects.filter(DID_NOT_ARRIVE, conversation=conversation).exists()
