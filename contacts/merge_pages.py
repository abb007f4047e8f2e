"""The pages of merging: choose, compare field by field, merge, undo."""

from typing import Any

from django.apps import apps
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from contacts import merging
from contacts.models import Contact, Merge
from contacts.search import contacts_matching
from contacts.who import full_names
from omnichannel.lib.backoffice import page, render_page
from omnichannel.lib.ids import whole_number

RIGHT = "contacts.add_merge"
SHOWN = 30


@page("customers/merge/", name="contact-merge", title="Merge contacts", permission=RIGHT)
def merge_page(request: HttpRequest) -> HttpResponse:
    """Choose contacts, then compare them; nothing is written before the last button."""
    ids = ids_of(request)
    try:
        contacts = merging.together(ids)
    except merging.CannotMerge as error:
        return _choose(request, ids, error=str(error) if len(ids) > 1 else "")
    if request.method == "POST" and (made := _merged(request, ids)):
        return HttpResponseRedirect(reverse("admin:contact-merged", args=[made.pk]))
    return render_page(
        request,
        "admin/contacts/merge.html",
        title="Merge contacts",
        trail=_trail(),
        contacts=contacts,
        choices=merging.choices(contacts),
        moves=merging.what_moves(contacts[1:]),
    )


def _merged(request: HttpRequest, ids: list[int]) -> Merge | None:
    given = {name: whole_number(request.POST.get(name)) for name in merging.FIELDS}
    chosen = {name: pk for name, pk in given.items() if pk is not None}
    try:
        made = merging.merge(ids=ids, chosen=chosen, by=request.user.get_username(), now=timezone.now())
    except merging.CannotMerge as error:
        messages.error(request, str(error))
        return None
    messages.success(request, "Merged: there is one contact now.")
    return made


def _choose(request: HttpRequest, ids: list[int], *, error: str) -> HttpResponse:
    """Contacts that may be the same person: with the same number, e-mail or name; or looked for."""
    term = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    chosen = list(Contact.objects.filter(pk__in=ids).order_by("pk")[: merging.MOST_AT_ONCE])
    found = Contact.objects.exclude(pk__in=ids).select_related("account").order_by("-id")
    if term:
        found = contacts_matching(found, term)
    else:
        alike = Q(pk__in=[])
        for contact in chosen:
            alike |= _alike(contact)
        found = found.filter(alike)
    return render_page(
        request,
        "admin/contacts/merge_choose.html",
        title="Merge contacts",
        trail=_trail(),
        chosen=chosen,
        found=found[:SHOWN],
        term=term,
        error=error,
    )


def _alike(contact: Contact) -> Q:
    alike = Q(last_key=contact.last_key, first_key=contact.first_key)
    if contact.mobile_phone:
        alike |= Q(mobile_phone=contact.mobile_phone)
    return alike | Q(email_key=contact.email_key) if contact.email_key else alike


@page("customers/merges/", name="contact-merges", title="Merged contacts", permission="contacts.view_merge")
def merge_list(request: HttpRequest) -> HttpResponse:
    """What was merged lately."""
    merges = list(Merge.objects.select_related("winner").order_by("-id")[:SHOWN])
    return render_page(
        request,
        "admin/contacts/merges.html",
        title="Merged contacts",
        trail=_trail(),
        merges=merges,
        people=full_names(merge.merged_by for merge in merges),
    )


@page("customers/merges/<int:pk>/", name="contact-merged", title="Merge", permission="contacts.view_merge")
def merged_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One merge: what became of it, and Undo."""
    merge = get_object_or_404(Merge.objects.select_related("winner"), pk=min(pk, 2**62))
    if request.method == "POST" and request.user.has_perm("contacts.change_merge"):
        _undo(request, merge)
        return HttpResponseRedirect(reverse("admin:contact-merged", args=[pk]))
    return render_page(
        request,
        "admin/contacts/merged.html",
        title=f"Merge {merge.pk}",
        trail=[*_trail(), ("Merged contacts", reverse("admin:contact-merges"))],
        merge=merge,
        people=full_names([merge.merged_by, merge.undone_by]),
        refusal=merging.why_not(merge, now=timezone.now()),
        days=merging.UNDONE_WITHIN.days,
        moved=[
            (capfirst(str(apps.get_model(entry["model"])._meta.verbose_name_plural)), len(entry["ids"]))
            for entry in merge.moved
            if "ids" in entry
        ],
    )


def _undo(request: HttpRequest, merge: Merge) -> None:
    try:
        merging.undo(merge, by=request.user.get_username(), now=timezone.now())
        messages.success(request, "Undone: each contact is there again, with what it had.")
    except merging.CannotMerge as error:
        messages.error(request, str(error))


def ids_of(request: HttpRequest) -> list[int]:
    """The ids in the address, the one that stays first."""
    given = [*request.GET.getlist("first"), *request.GET.getlist("ids")]
    words = ",".join(given).split(",")[:50]
    ids = [whole_number(word) for word in words]
    return list(dict.fromkeys(pk for pk in ids if pk is not None))


def _trail() -> list[tuple[str, Any]]:
    return [("Contacts", reverse("admin:contacts_contact_changelist"))]
