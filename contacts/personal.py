"""What this room keeps of customers, and how it is forgotten. Comes last: others find their rows by these."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet

from contacts import imports
from contacts.models import Address, Contact, ImportJob, ImportRow, Merge, Note
from omnichannel.lib import csvs, phones
from omnichannel.lib.folding import fold
from omnichannel.lib.personal import Step, Subject, mentions

KEPT = {
    "contacts.Account": "companies; a person's company stays when the person goes",
    "contacts.Erasure": "the certificate itself; empties itself when it is done",
}


def _cells_concern(cells: Sequence[str], job: ImportJob, subject: Subject) -> bool:
    """Whether a line is about the person: their number, or whole cells that are e-mail address or name."""
    texts = {fold(cell) for cell in cells}
    if texts & {*subject.emails} or mentions(cells, subject) or _has_number(cells, job.region, subject):
        return True
    first, last, full = (_cell(cells, job.mapping.get(n)) for n in ("first_name", "last_name", "full_name"))
    names = {fold(name) for name in subject.names}
    return fold(full or f"{first} {last}") in names or any(_is_said(name, texts) for name in names)


def _cell(cells: Sequence[str], n: int | None) -> str:
    return cells[n] if n is not None and 0 <= n < len(cells) else ""


def _is_said(name: str, texts: set[str]) -> bool:
    """Whether first and last name are cells, or one cell; one word alone is the name of many."""
    words = name.split(" ")
    if len(words) == 1:
        return False
    splits = ((" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words)))
    return name in texts or any(first in texts and last in texts for first, last in splits)


def _has_number(cells: Sequence[str], region: str, subject: Subject) -> bool:
    """Whether a cell is one of their numbers in its national form."""
    for cell in cells:
        digits = "".join(c for c in cell if c.isdigit())
        # Cheap first: a national form ends as the whole number does.
        if len(digits) > 5 and any(number.endswith(digits[-6:]) for number in subject.long_numbers):
            try:
                if phones.to_e164(cell, region=region).removeprefix("+") in subject.long_numbers:
                    return True
            except phones.NotANumber:
                continue
    return False


def _row_concerns(row: ImportRow, subject: Subject) -> bool:
    if row.contact_id in subject.contacts or mentions([row.reason, row.number], subject):
        return True
    return _cells_concern(row.cells, row.job, subject)


def _empty_rows(rows: Sequence[ImportRow], _: Subject) -> None:
    ids = [row.pk for row in rows]
    ImportRow.objects.filter(pk__in=ids).update(cells=[], number="", reason="Erased.", contact=None)


def _file_concerns(job: ImportJob, subject: Subject) -> bool:
    text = csvs.decode(bytes(job.file or b""), job.encoding)
    return any(_cells_concern(cells, job, subject) for _, cells in csvs.records(text, job.delimiter))


def _drop_files(jobs: Sequence[ImportJob], _: Subject) -> None:
    for job in jobs:
        imports.cancel(job, now=datetime.now(UTC))
        ImportJob.objects.filter(pk=job.pk).update(reason="Stopped: somebody in the file was erased.")


def _merge_concerns(merge: Merge, subject: Subject) -> bool:
    people = {merge.winner_id, merge.kept.get("winner"), *(row["id"] for row in merge.kept.get("losers", []))}
    return bool(people & set(subject.contacts))


def _empty_merges(merges: Sequence[Merge], _: Subject) -> None:
    Merge.objects.filter(pk__in=[merge.pk for merge in merges]).update(kept={}, moved=[])


def _delete(rows: Sequence[Any], _: Subject) -> None:
    for row in rows:
        row.delete()


def _empty_addresses(rows: Sequence[Address], _: Subject) -> None:
    Address.objects.filter(pk__in=[row.pk for row in rows]).update(contact=None, blocked_texts=0)


def _notes(subject: Subject) -> QuerySet[Note]:
    return Note.objects.filter(contact__in=subject.contacts)


STEPS = [
    Step("notes", Note, _notes, _delete, how="deleted"),
    Step(
        "lines of imported files",
        ImportRow,
        lambda subject: (
            ImportRow.objects.filter(Q(contact__in=subject.contacts) | Q(result="refused"))
            .select_related("job")
            .defer("job__file")
        ),
        _empty_rows,
        _row_concerns,
    ),
    Step(
        "uploaded files",
        ImportJob,
        lambda _: ImportJob.objects.filter(state__in=["draft", "running"], file__isnull=False),
        _drop_files,
        _file_concerns,
        how="deleted",
        at_once=1,
    ),
    Step(
        "records of merging", Merge, lambda _: Merge.objects.exclude(kept={}), _empty_merges, _merge_concerns
    ),
    Step(
        "addresses",
        Address,
        lambda subject: Address.objects.filter(pk__in=subject.addresses),
        _empty_addresses,
    ),
    Step(
        "contacts",
        Contact,
        lambda subject: Contact.objects.filter(pk__in=subject.contacts),
        _delete,
        how="deleted",
    ),
]
