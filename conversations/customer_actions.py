"""Acting on who the customer is: find, link, unlink, add, note, block. No rules here."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from contacts.models import Address
from contacts.services import add_note
from conversations import access, customer, linking
from conversations.actions import SeeOther, acts
from conversations.customer_forms import BlockForm, ContactNoteForm, LinkForm, NewContactForm, UnlinkForm
from conversations.forms import once
from conversations.models import Conversation
from conversations.views import address_of, at_desk, show
from conversations.worklists import Seat, Worklist
from omnichannel.lib.ids import whole_number


def back(worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """To the pane again."""
    return SeeOther(f"{address_of(worklist, conversation.pk)}#customer")


def _again(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation, **forms: Any
) -> HttpResponse:
    """The page with a form, what was typed, and what is wrong with it."""
    current = access.find(seat.user, conversation.pk)
    return show(request, seat, worklist, current, forms=forms, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _needs(seat: Seat, *rights: str) -> None:
    """The same rights as in administration; raises PermissionDenied."""
    if not seat.user.has_perms(rights):
        raise PermissionDenied


# --- who is it? -----------------------------------------------------------------------------------


@require_GET
@at_desk
def find(request: HttpRequest, seat: Seat, *, worklist: Worklist, conversation_id: int) -> HttpResponse:
    """Contacts that are meant; without a script, the page with them."""
    conversation = access.find(seat.user, conversation_id)
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(
            f"{address_of(worklist, conversation_id)}?{request.GET.urlencode()}#customer"
        )
    if not customer.is_own(conversation, seat):
        raise Http404
    _needs(seat, "contacts.view_contact")
    asked = request.GET.get("find", "")
    context = {
        "worklist": worklist,
        "conversation": conversation,
        "asked": asked,
        "found": customer.find(asked, seat.user),
    }
    return render(request, "desk/customer/_found.html", context)


@acts
def link(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Say that it is this contact's."""
    form = LinkForm(request.POST)
    if not form.is_valid():
        raise Http404
    remember = form.cleaned_data["remember"]
    _may_link(seat, remember=remember)
    linking.link(
        conversation_id=conversation.pk,
        agent=seat.agent,
        contact_id=form.cleaned_data["contact"],
        remember=remember,
        now=timezone.now(),
    )
    return back(worklist, conversation)


@acts
def add_contact(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation
) -> HttpResponse:
    """Make a contact, and say that it is theirs: both, or neither (a second press finds it linked)."""
    form = NewContactForm(request.POST)
    if not form.is_valid():
        return _again(request, seat, worklist, conversation, contact_form=form)
    remember = form.cleaned_data["remember"]
    _may_link(seat, remember=remember)
    _needs(seat, "contacts.add_contact", "contacts.add_account")
    with transaction.atomic():
        made = form.save()
        linking.link(
            conversation_id=conversation.pk,
            agent=seat.agent,
            contact_id=made.pk,
            remember=remember,
            now=timezone.now(),
        )
    return back(worklist, conversation)


@acts
def unlink(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Say that it is nobody's for sure."""
    form = UnlinkForm(request.POST)
    forget = form.is_valid() and form.cleaned_data["forget"]
    _may_link(seat, remember=forget)
    linking.unlink(conversation_id=conversation.pk, agent=seat.agent, forget=forget, now=timezone.now())
    return back(worklist, conversation)


def _may_link(seat: Seat, *, remember: bool) -> None:
    _needs(seat, "contacts.view_contact", *(["contacts.change_address"] if remember else []))


# --- what is known of them ------------------------------------------------------------------------


@acts
def contact_note(
    request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation
) -> HttpResponse:
    """Write something down about the linked contact."""
    _needs(seat, "contacts.add_note")
    contact = conversation.contact
    if contact is None:
        messages.error(request, "Link the conversation to a contact first: notes are about people.")
        return back(worklist, conversation)
    form = ContactNoteForm(request.POST)
    if not form.is_valid():
        return _again(request, seat, worklist, conversation, contact_note_form=form)
    once(
        request.session,
        form.cleaned_data["form_id"],
        conversation_id=conversation.pk,
        do=lambda: add_note(contact=contact, text=form.cleaned_data["text"], author=seat.user.get_username()),
    )
    return back(worklist, conversation)


# --- blocking -------------------------------------------------------------------------------------


@acts
def block(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Hold their texts back; what has not left yet is cancelled."""
    _needs(seat, "contacts.change_address")
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _again(request, seat, worklist, conversation, block_form=form)
    linking.block(
        address_id=_theirs(conversation, form.cleaned_data["address"]),
        user=seat.user,
        until=form.cleaned_data["until"],
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    return back(worklist, conversation)


@acts
def unblock(request: HttpRequest, seat: Seat, worklist: Worklist, conversation: Conversation) -> HttpResponse:
    """Let their texts through again."""
    _needs(seat, "contacts.change_address")
    wanted = whole_number(request.POST.get("address", "")) or 0
    linking.unblock(address_id=_theirs(conversation, wanted), user=seat.user, now=timezone.now())
    return back(worklist, conversation)


def _theirs(conversation: Conversation, address_id: int) -> int:
    """The id, if it is one of the customer's addresses; raises Http404."""
    if address_id != conversation.address_id:
        others = Address.objects.filter(contact=conversation.contact_id, contact__isnull=False, pk=address_id)
        if not others.exists():
            raise Http404
    return address_id
