"""The pages of forgetting a person: what will go, confirmed by typing, and the certificate."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from contacts import erasing
from contacts.models import Address, Contact, Erasure
from contacts.services import same_mobile
from contacts.who import full_names
from omnichannel.lib.backoffice import page, render_page
from omnichannel.lib.ids import whole_number
from omnichannel.lib.personal import Subject

RIGHT = "contacts.add_erasure"
SHOWN = 50


@page("customers/erase/", name="customer-erase", title="Erase a person", permission=RIGHT)
def erase_page(request: HttpRequest) -> HttpResponse:
    """What will go; then name or number is typed, and it begins."""
    contact = _found(Contact, request.GET.get("contact", ""))
    address = None if contact else _found(Address, request.GET.get("address", ""))
    if contact is None and address is None:
        return HttpResponseRedirect(reverse("admin:customer-erasures"))
    if address is not None and address.contact_id:
        return HttpResponseRedirect(f"{reverse('admin:customer-erase')}?contact={address.contact_id}")
    subject, error = erasing.subject_of(contact=contact, address=address), ""
    if request.method == "POST":
        made, error = _requested(request, subject)
        if made is not None:
            return HttpResponseRedirect(reverse("admin:customer-erasure", args=[made.reference]))
    counts = erasing.preview(subject)
    return render_page(
        request,
        "admin/contacts/erase.html",
        title="Erase a person",
        trail=[_erasures()],
        person=contact or address,
        shared=contact is not None and same_mobile(contact).exists(),
        counts=[(kind, count) for kind, count in counts if count],
        searched=[kind for kind, count in counts if count is None],
        error=error,
        confirmation=request.POST.get("typed", ""),
    )


def _found(model: Any, pk: str) -> Any:
    number = whole_number(pk)
    return None if number is None else model.objects.filter(pk=number).first()


def _requested(request: HttpRequest, subject: Subject) -> tuple[Erasure | None, str]:
    typed = request.POST.get("typed", "").replace("\x00", "")[:200]
    by = request.user.get_username()
    try:
        return erasing.request(subject=subject, typed=typed, by=by, now=timezone.now()), ""
    except erasing.CannotErase as error:
        return None, str(error)


@page("customers/erasures/", name="customer-erasures", title="Erased people", permission=RIGHT)
def erasure_list(request: HttpRequest) -> HttpResponse:
    """Certificates, newest first; with `stuck` only those that do not go on."""
    only_stuck = "stuck" in request.GET
    found = erasing.stuck() if only_stuck else Erasure.objects.order_by("-id")
    erasures = list(found[:SHOWN])
    return render_page(
        request,
        "admin/contacts/erasures.html",
        title="Erased people",
        erasures=erasures,
        only_stuck=only_stuck,
        people=full_names(erasure.requested_by for erasure in erasures),
    )


@page("customers/erasures/<uuid:reference>/", name="customer-erasure", title="Certificate", permission=RIGHT)
def erasure_page(request: HttpRequest, reference: Any) -> HttpResponse:
    """How far it is, then the certificate: without personal data."""
    erasure = get_object_or_404(Erasure, reference=reference)
    how = {step.kind: step.how for step in erasing.steps()}
    total = len(erasing.steps()) + 1
    return render_page(
        request,
        "admin/contacts/erasure.html",
        title="Certificate of erasure" if erasure.state == "done" else "Erasing",
        trail=[_erasures()],
        erasure=erasure,
        people=full_names([erasure.requested_by]),
        counts=[(kind, count, how.get(kind, "")) for kind, count in erasure.counts.items() if count],
        total=total,
        position=position(erasure),
    )


@page(
    "customers/erasures/<uuid:reference>/progress/",
    name="customer-erasure-progress",
    title="Progress",
    permission=RIGHT,
)
def erasure_progress(request: HttpRequest, reference: Any) -> HttpResponse:
    """Figures for the progress bar."""
    erasure = get_object_or_404(Erasure, reference=reference)
    return JsonResponse({"state": erasure.state, "position": position(erasure)})


def position(erasure: Erasure) -> int:
    """How many kinds of rows have been done."""
    if erasure.state == Erasure.State.DONE:
        return len(erasing.steps()) + 1
    return int(erasure.step) + 1 if erasure.step.isdigit() else int(bool(erasure.step))


def _erasures() -> tuple[str, str]:
    return ("Erased people", reverse("admin:customer-erasures"))
