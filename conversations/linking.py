"""Who the customer of a conversation is, said by hand: linked, unlinked, blocked. Writes.

Rows are locked in the order address, contact, conversation, as texts that come in do.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from django.db import transaction

from agents.models import Agent, User
from channels_app import blocks
from contacts import services as contacts
from contacts.models import Address, Contact
from contacts.under_erasure import SENTENCE, being_erased, lock_contacts
from conversations.changes import locked, own, save, say
from conversations.models import Conversation, State
from conversations.transitions import NotAllowed

Found = Conversation.Identification


@transaction.atomic
def link(
    *, conversation_id: int, agent: Agent, contact_id: int, remember: bool, now: datetime
) -> Conversation:
    """Say that an agent's own conversation is this contact's.

    With `remember` the address becomes the contact's as well: later texts from it are recognised. Raises
    NotYours; NotAllowed when the conversation is closed or linked to somebody else, or the contact is gone
    or being erased.
    """
    address = _locked_address(conversation_id)
    contact = _locked_contact(contact_id, address)
    with own(conversation_id, agent) as conversation:
        if conversation.contact_id not in (None, contact.pk):
            raise NotAllowed("This conversation is linked to another contact. Unlink that one first.")
        if remember:
            contacts.link(address=address, contact=contact)
        if conversation.contact_id is None:
            conversation.contact, conversation.identification = contact, Found.ONE
            conversation.title = contact.full_name[:200]
            say(conversation, f"{agent} linked the conversation to {contact}.", now)
            save(conversation, now)
    return conversation


@transaction.atomic
def unlink(*, conversation_id: int, agent: Agent, forget: bool, now: datetime) -> Conversation:
    """Take an agent's own conversation from its contact; with `forget`, the address as well.

    Raises NotYours; NotAllowed when the conversation is closed or linked to nobody, or the contact is being
    erased.
    """
    address = _locked_address(conversation_id)
    contact_id = Conversation.objects.values_list("contact_id", flat=True).get(pk=conversation_id)
    if contact_id is not None:
        _locked_contact(contact_id, address)
    with own(conversation_id, agent) as conversation:
        contact = conversation.contact
        if contact is None or contact.pk != contact_id:
            raise NotAllowed("This conversation is not linked to this contact.")
        if forget and address.contact_id == contact.pk:
            contacts.link(address=address, contact=None)
        conversation.contact = None
        conversation.identification = Found.SEVERAL if contacts.with_mobile(address).exists() else Found.NONE
        conversation.title = address.visitor_name[:200]
        say(conversation, f"{agent} unlinked the conversation from {contact}.", now)
        save(conversation, now)
    return conversation


def _locked_address(conversation_id: int) -> Address:
    return contacts.locked_again(
        Conversation.objects.values_list("address_id", flat=True).get(pk=conversation_id)
    )


def _locked_contact(contact_id: int, address: Address) -> Contact:
    if not lock_contacts([contact_id]):
        raise NotAllowed("This contact is no longer there. Choose another one.")
    if being_erased(contacts=[contact_id], addresses=[address.pk]):
        raise NotAllowed(SENTENCE)
    return Contact.objects.get(pk=contact_id)


# --- blocking --------------------------------------------------------------------------------------


@contextmanager
def _going_on(address_id: int) -> Iterator[tuple[Address, list[Conversation]]]:
    """An address and its conversations that are not closed, all under their locks."""
    address = contacts.locked_again(address_id)
    ids = Conversation.objects.filter(address=address).exclude(state=State.CLOSED).order_by("pk")
    with ExitStack() as stack:
        yield address, [stack.enter_context(locked(pk)) for pk in ids.values_list("pk", flat=True)]


@transaction.atomic
def block(*, address_id: int, user: User, until: datetime | None, reason: str, now: datetime) -> None:
    """Block a customer's address until a moment, or for ever (None); what has not left is cancelled.

    Said in its conversations that are not closed. Raises ValueError when the moment is over.
    """
    with _going_on(address_id) as (address, going_on):
        by = user.get_username()
        blocks.block(address=address, until=until, reason=reason, by=by, now=now)
        for conversation in going_on:
            say(conversation, f"{user} blocked the customer: their texts are kept, and reach nobody.", now)
            save(conversation, now)


@transaction.atomic
def unblock(*, address_id: int, user: User, now: datetime) -> None:
    """Let a customer's texts through again; nothing when they are not blocked."""
    with _going_on(address_id) as (address, going_on):
        if not address.is_blocked(now):
            return
        blocks.unblock(address=address)
        for conversation in going_on:
            say(conversation, f"{user} unblocked the customer.", now)
            save(conversation, now)
