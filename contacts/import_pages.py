"""The pages of an import: upload, columns with a preview, progress, report, and the file of what to mend."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from contacts import imports
from contacts.columns import FIELDS
from contacts.import_forms import ImportForm, UploadForm, read
from contacts.models import ImportJob, ImportRow
from contacts.who import full_names
from omnichannel.lib import csvs
from omnichannel.lib.backoffice import page, render_page
from omnichannel.lib.ids import whole_number

RIGHT = "contacts.add_importjob"
SHOWN_JOBS, SHOWN_ROWS = 30, 100
RESULTS = ImportRow.Result


@page("customers/imports/", name="contact-imports", title="Import contacts", permission=RIGHT)
def import_list(request: HttpRequest) -> HttpResponse:
    """Upload a file; earlier imports."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = imports.upload(file_name=file.name, raw=read(file), by=request.user.get_username())
            return _to(job)
        except csvs.Unreadable as error:
            form.add_error("file", str(error))
    jobs = list(ImportJob.objects.defer("file").order_by("-id")[:SHOWN_JOBS])
    return render_page(
        request,
        "admin/contacts/imports.html",
        title="Import contacts",
        trail=[("Contacts", reverse("admin:contacts_contact_changelist"))],
        form=form,
        jobs=jobs,
        people=full_names(job.created_by for job in jobs),
    )


@page("customers/imports/<int:pk>/", name="contact-import", title="Import", permission=RIGHT)
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft's columns, a running one's progress, an ended one's report."""
    job = _job(pk)
    if job.state == ImportJob.State.DRAFT:
        return _draft(request, job)
    wanted = request.GET.get("result", "")
    after = whole_number(request.GET.get("after")) or 0
    rows = job.rows.select_related("contact").filter(line__gt=after)
    if wanted in RESULTS.values:
        rows = rows.filter(result=wanted)
    shown = list(rows.order_by("line")[: SHOWN_ROWS + 1])
    return render_page(
        request,
        "admin/contacts/import.html",
        title=job.file_name,
        trail=_trail(),
        job=job,
        people=full_names([job.created_by]),
        rows=shown[:SHOWN_ROWS],
        next_line=shown[SHOWN_ROWS - 1].line if len(shown) > SHOWN_ROWS else None,
        wanted=wanted,
        results=[(r.value, r.label, getattr(job, imports.COUNTS[r])) for r in RESULTS],
    )


def _draft(request: HttpRequest, job: ImportJob) -> HttpResponse:
    form = ImportForm(request.POST or None, job=job)
    if request.method == "POST" and form.is_valid():
        try:
            if _chosen(form, job, is_start="start" in request.POST):
                messages.success(request, f"The import of {job.total:,} lines has begun.")
            return _to(job)
        except (csvs.Unreadable, imports.NotPossible) as error:
            form.add_error(None, str(error))
    return render_page(
        request,
        "admin/contacts/import_draft.html",
        title=job.file_name,
        trail=_trail(),
        job=job,
        form=form,
        fields=[form[name] for name in FIELDS],
        options=[form[name] for name in ("region", "known", "encoding")],
        rows=imports.preview(job),
    )


def _chosen(form: ImportForm, job: ImportJob, *, is_start: bool) -> bool:
    if form.new_encoding:
        imports.read_again(job, encoding=form.new_encoding)
        return False
    data = form.cleaned_data
    imports.choose(job, mapping=form.mapping, region=data["region"], known=data["known"])
    if is_start:
        imports.start(job)
    return is_start


@page("customers/imports/<int:pk>/cancel/", name="contact-import-cancel", title="Cancel", permission=RIGHT)
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a running import, or throw a draft away."""
    return _cancel(request, pk)


@require_POST
def _cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(pk)
    try:
        imports.cancel(job, now=timezone.now())
        messages.success(request, "Cancelled. What was imported until now stays.")
    except imports.NotPossible as error:
        messages.warning(request, str(error))
    return _to(job)


@page(
    "customers/imports/<int:pk>/progress/", name="contact-import-progress", title="Progress", permission=RIGHT
)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Figures for the progress bar."""
    return JsonResponse(progress(_job(pk)))


@page("customers/imports/<int:pk>/to-mend.csv", name="contact-import-bad", title="To mend", permission=RIGHT)
def import_bad_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The refused lines with a column that says why."""
    answer: HttpResponse = _bad_rows(request, pk)
    return answer


@require_GET
def _bad_rows(request: HttpRequest, pk: int) -> Any:
    return bad_rows_file(_job(pk))


def bad_rows_file(job: ImportJob) -> StreamingHttpResponse:
    """The refused lines as a download; mended, the file can be uploaded as it is."""
    heads = [*job.columns, "Why it was refused"]
    return csvs.download(heads, imports.bad_rows(job), name=f"import-{job.pk}-to-mend.csv")


def progress(job: ImportJob) -> dict[str, Any]:
    """Where an import stands."""
    counts = {result: getattr(job, name) for result, name in imports.COUNTS.items()}
    return {"state": job.state, "position": job.position, "total": job.total, **counts}


def _job(pk: int) -> ImportJob:
    jobs = ImportJob.objects.defer("file")  # read on each poll; the file is large
    return get_object_or_404(jobs, pk=pk if pk < 2**63 else 0)


def _trail() -> list[tuple[str, str]]:
    contacts = ("Contacts", reverse("admin:contacts_contact_changelist"))
    return [contacts, ("Import contacts", reverse("admin:contact-imports"))]


def _to(job: ImportJob) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:contact-import", args=[job.pk]))
