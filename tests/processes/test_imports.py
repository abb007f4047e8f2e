"""Imports with real workers that are killed: every line once."""

import time
from typing import Any

from contacts import imports
from contacts.models import Contact, ImportJob, ImportRow
from tests.processes.installation import installed, wait_until

LINES = 1500


def test_no_line_is_imported_twice_or_lost_whatever_happens_to_workers(
    settings: Any, times_as_many: int
) -> None:
    lines = [f"Person{n},+1425{5000000 + n}" for n in range(LINES * times_as_many)]
    file = "\n".join(["Last name,Mobile phone", *lines]).encode()
    with installed(settings) as installation:
        job = imports.upload(file_name="people.csv", raw=file, by="ada")
        imports.start(job)
        for second in ("", "again"):
            installation.start_worker()
            installation.processes[f"beside{second}"] = installation.processes["worker"]
            installation.start_worker()
            seen = ImportJob.objects.values_list("position", flat=True).get()
            wait_until(
                lambda seen=seen: ImportJob.objects.values_list("position", flat=True).get() > seen,  # type: ignore[misc]
                seconds=60,
                what="some lines are imported",
            )
            time.sleep(0.05)
            installation.kill_worker()
        installation.start_worker()

        wait_until(lambda: ImportJob.objects.get().state == "done", seconds=120, what="the import is done")

    assert Contact.objects.count() == len(lines)
    assert ImportRow.objects.filter(result="created").count() == len(lines)
    assert ImportJob.objects.get().created_count == len(lines)
