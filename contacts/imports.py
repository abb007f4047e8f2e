"""Files of contacts on their way in: the only place that writes imports.

The job's row is the truth: `position` lines are done. A worker claims the oldest running job with a lease,
takes a bounded number of lines, and writes what became of them and the new position in one transaction, which
closes with a conditional UPDATE: a worker that was killed or taken for dead has changed nothing. As one job
runs at a time, two files cannot make the same person twice.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from contacts import columns, people
from contacts.models import ImportJob, ImportRow
from omnichannel.lib import audit, backoff, csvs
from omnichannel.lib.queue import ring

logger = logging.getLogger(__name__)

BELL = "import.due"
LARGEST_FILE = 10 * 1024 * 1024
MOST_LINES = 200_000
CHUNK = 100
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 5
DRAFTS_KEPT = timedelta(days=1)
State, Result = ImportJob.State, ImportRow.Result
COUNTS = {result: f"{result}_count" for result in Result.values}


class NotPossible(Exception):
    """The import is not in the state for this; nothing was changed."""

    code = "not_allowed"


class LostClaim(Exception):
    """Another worker has this job, or it was cancelled: the transaction must be rolled back."""


# --- until it starts -------------------------------------------------------------------------------


def upload(*, file_name: str, raw: bytes, by: str, encoding: str = "", delimiter: str = "") -> ImportJob:
    """Keep a file as a draft, with guesses of encoding, delimiter and columns. Raises csvs.Unreadable."""
    if len(raw) > LARGEST_FILE:
        raise csvs.Unreadable(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB: split it.")
    encoding = encoding or csvs.guess_encoding(raw)
    text = csvs.decode(raw, encoding)
    delimiter = delimiter or csvs.guess_delimiter(text)
    lines = csvs.records(text, delimiter)
    _, heads = next(lines, (1, []))
    total = sum(1 for _ in lines)
    if not heads or not total:
        raise csvs.Unreadable("The file has no lines below its heads.")
    if total > MOST_LINES:
        raise csvs.Unreadable(f"The file has more than {MOST_LINES:,} lines: split it.")
    return ImportJob.objects.create(
        file_name=file_name[:200],
        file=raw,
        encoding=encoding,
        delimiter=delimiter,
        columns=heads,
        mapping=columns.guess(heads),
        region=settings.DEFAULT_PHONE_REGION,
        total=total,
        created_by=by,
    )


def read_again(job: ImportJob, *, encoding: str) -> None:
    """Read a draft's heads anew in another encoding. Raises csvs.Unreadable, NotPossible."""
    if job.state != State.DRAFT or job.file is None:
        raise NotPossible("This import has started: its file cannot be read anew.")
    text = csvs.decode(bytes(job.file), encoding)
    lines = list(csvs.records(text, csvs.guess_delimiter(text)))
    if len(lines) < 2:
        raise csvs.Unreadable("In this encoding the file has no lines.")
    job.encoding, job.delimiter = encoding, csvs.guess_delimiter(text)
    job.columns, job.total = lines[0][1], len(lines) - 1
    job.mapping = columns.guess(job.columns)
    job.save(update_fields=["encoding", "delimiter", "columns", "total", "mapping"])


def choose(job: ImportJob, *, mapping: dict[str, int], region: str, known: str) -> None:
    """Say what the columns are, and what to do with people who are known. Raises NotPossible."""
    if job.state != State.DRAFT:
        raise NotPossible("This import has started already.")
    job.mapping, job.region, job.known = mapping, region, known
    job.save(update_fields=["mapping", "region", "known"])


@transaction.atomic
def start(job: ImportJob) -> None:
    """Let it run. Raises NotPossible when it is no draft (any more), or nothing can be recognised."""
    if not {"last_name", "full_name"} & job.mapping.keys():
        raise NotPossible("Choose the column with the last name or the full name.")
    if not {"external_id", "mobile_phone", "email"} & job.mapping.keys():
        raise NotPossible("Choose a column for external ID, mobile phone or e-mail.")
    if not ImportJob.objects.filter(pk=job.pk, state=State.DRAFT).update(state=State.RUNNING):
        raise NotPossible("This import has started already.")
    job.state = State.RUNNING
    ring(BELL)


def cancel(job: ImportJob, *, now: datetime) -> None:
    """Stop it; what was imported stays, lines at work at this moment do not. Raises NotPossible."""
    stopped = ImportJob.objects.filter(pk=job.pk, state__in=[State.DRAFT, State.RUNNING])
    if not stopped.update(state=State.CANCELED, file=None, finished_at=now, leased_until=None):
        raise NotPossible("This import has ended already.")
    job.refresh_from_db(fields=["state", "finished_at"])


# --- at work ---------------------------------------------------------------------------------------


def import_chunk(*, now: datetime) -> bool:
    """Take the next lines of the oldest running job; False when there is nothing to do now."""
    job = _claim(now)
    if job is None:
        return False
    try:
        _take(job, now)
    except LostClaim:
        logger.warning("Import %s was cancelled, or taken over by another worker.", job.pk)
    except Exception as error:  # a defect or an outage: the lines stay due, a few times
        logger.exception("Import %s could not go on.", job.pk)
        _postpone(job, type(error).__name__, now)
    return True


def _claim(now: datetime) -> ImportJob | None:
    job = ImportJob.objects.defer("file").filter(state=State.RUNNING).order_by("id").first()
    if job is None or (job.leased_until and job.leased_until > now):
        return None
    free = ImportJob.objects.filter(pk=job.pk, state=State.RUNNING, leased_until=job.leased_until)
    if not free.update(leased_until=now + LEASE, attempts=F("attempts") + 1):
        return None
    job.leased_until, job.attempts = now + LEASE, job.attempts + 1
    return job


def _take(job: ImportJob, now: datetime) -> None:
    if job.attempts > MOST_ATTEMPTS:
        _finish(job, State.FAILED, now, reason="Its worker stopped each time it was tried.")
        return
    lines = parsed(job.pk, job.created_at)[job.position : job.position + CHUNK]
    person = get_user_model().objects.filter(username=job.created_by).first()
    with audit.acting(person), transaction.atomic():
        rows = [_imported(job, line, cells, now) for line, cells in lines]
        counts = {name: F(name) + sum(r.result == result for r in rows) for result, name in COUNTS.items()}
        position = job.position + len(lines)
        _change(job, position=position, leased_until=None, attempts=0, **counts)
        ImportRow.objects.bulk_create(rows)
        if position >= job.total:
            ended = {"state": State.DONE, "file": None, "finished_at": now}
            ImportJob.objects.filter(pk=job.pk).update(**ended)


def _imported(job: ImportJob, line: int, cells: list[str], now: datetime) -> ImportRow:
    """One line: written, or refused with its reason. In the caller's transaction."""
    row = ImportRow(job=job, line=line)
    try:
        if any(cell.strip() for cell in cells[len(job.columns) :]):
            raise columns.Refused("The line has more cells than heads: put a cell with a comma in quotes.")
        person = columns.understand(cells, job.mapping, region=job.region)
        row.number = person.number_note[:80]
        with transaction.atomic():
            row.result, row.contact = people.take_in(person, known=job.known, by=job.created_by)
    except columns.Refused as error:
        row.result, row.reason = Result.REFUSED, str(error)[:300]
    except ValidationError as error:
        row.result, row.reason = Result.REFUSED, " ".join(error.messages)[:300]
    except IntegrityError:
        row.result, row.reason = Result.REFUSED, "Somebody else changed this contact. Import the line again."
    if row.result == Result.REFUSED:
        row.cells = cells
    return row


def _change(job: ImportJob, **values: object) -> None:
    ours = ImportJob.objects.filter(
        pk=job.pk, state=State.RUNNING, position=job.position, leased_until=job.leased_until
    )
    if not ours.update(**values):
        raise LostClaim(job.pk)


def _finish(job: ImportJob, state: str, now: datetime, *, reason: str) -> None:
    _change(job, state=state, file=None, finished_at=now, leased_until=None, reason=reason)


def _postpone(job: ImportJob, reason: str, now: datetime) -> None:
    ours = ImportJob.objects.filter(pk=job.pk, state=State.RUNNING, leased_until=job.leased_until)
    ours.update(leased_until=now + backoff.delay(job.attempts), reason=reason[:300])


@lru_cache(maxsize=1)
def parsed(job_id: int, _uploaded_at: datetime) -> list[tuple[int, list[str]]]:
    """Every line below the heads. A file never changes after its start, so a worker reads it once."""
    job = ImportJob.objects.get(pk=job_id)
    assert job.file is not None
    return list(csvs.records(csvs.decode(bytes(job.file), job.encoding), job.delimiter))[1:]


# --- what is shown ---------------------------------------------------------------------------------


def preview(job: ImportJob, *, most: int = 8) -> list[ImportRow]:
    """What would become of the first lines, without writing anything."""
    lines = list(_head(job, most))
    with audit.unlogged(), transaction.atomic():
        rows = []
        for line, cells in lines:
            row = _imported(job, line, cells, job.created_at)
            row.cells = cells
            rows.append(row)
        transaction.set_rollback(True)
    return rows


def _head(job: ImportJob, most: int) -> Iterator[tuple[int, list[str]]]:
    text = csvs.decode(bytes(job.file or b""), job.encoding)
    for n, record in enumerate(csvs.records(text, job.delimiter)):
        if n > most:
            return
        if n:
            yield record


def bad_rows(job: ImportJob) -> Iterator[list[str]]:
    """The refused lines as they came, each with its reason: to mend and upload again."""
    width = len(job.columns)
    refused = job.rows.filter(result=Result.REFUSED).order_by("line")
    for row in refused.iterator(chunk_size=500):
        yield [*(row.cells + [""] * width)[:width], row.reason]


# --- forgetting ------------------------------------------------------------------------------------


def forget_old(*, now: datetime, most: int = 20) -> int:
    """Delete what files said of people, some days after their import; counts stay. Returns how many jobs."""
    ImportJob.objects.filter(state=State.DRAFT, created_at__lt=now - DRAFTS_KEPT).delete()
    over = now - timedelta(days=settings.IMPORT_KEPT_DAYS)
    jobs = list(ImportJob.objects.filter(finished_at__lt=over, forgotten_at=None).order_by("id")[:most])
    for job in jobs:
        forget(job, now=now)
    return len(jobs)


@transaction.atomic
def forget(job: ImportJob, *, now: datetime) -> None:
    """Delete a job's rows and file; its counts stay."""
    job.rows.all().delete()
    ImportJob.objects.filter(pk=job.pk).update(file=None, forgotten_at=now)
