"""What this room keeps of customers, and how it is forgotten. Comes last: others find their rows by these."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet

from contacts import imports
from contacts.models import Address, Contact, ImportJob, ImportRow, Merge, Note
from omnichannel.lib import csvs
from omnichannel.lib.folding import fold
from omnichannel.lib.personal import Step, Subject, mentions

KEPT = {
    "contacts.Account": "companies; a person's company stays when the person goes",
    "contacts.Erasure": "the certificate itself; empties itself when it is done",
}


def _cells_concern(cells: Sequence[str], subject: Subject) -> bool:
    texts = {fold(cell) for cell in cells}
    names = {fold(name) for name in subject.names}
    whole = fold(" ".join(cells))
    return (
        bool(texts & {*names, *subject.emails}) or mentions(cells, subject) or any(n in whole for n in names)
    )


def _row_concerns(row: ImportRow, subject: Subject) -> bool:
    return row.contact_id in subject.contacts or _cells_concern([*row.cells, row.reason, row.number], subject)


def _empty_rows(rows: Sequence[ImportRow], _: Subject) -> None:
    ids = [row.pk for row in rows]
    ImportRow.objects.filter(pk__in=ids).update(cells=[], number="", reason="Erased.", contact=None)


def _file_concerns(job: ImportJob, subject: Subject) -> bool:
    text = csvs.decode(bytes(job.file or b""), job.encoding)
    return any(_cells_concern(cells, subject) for _, cells in csvs.records(text, job.delimiter))


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
        lambda subject: ImportRow.objects.filter(Q(contact__in=subject.contacts) | Q(result="refused")),
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
