"""Files of contacts in and out, by the pages."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from auditlog import get_logentry_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts import columns, imports
from contacts.models import Account, Contact, ImportJob, ImportRow
from tests.world import CUSTOMER, World

FILE = """Vorname;Nachname;Mobile;E-Mail;Firma;Notes
Zoë;Müller;079 123 45 67;zoe@example.com;Keller Interiors;Calls on Mondays
James;Okafor;+1 425 555 0132;;;
;;;;;
Lina;Sandberg;4.25555E+10;;;
Olof;Sandberg;;olof@example;;
Nobody;Known;;;;
"""


def upload(client: Client, content: str | bytes = FILE, *, encoding: str = "utf-8") -> ImportJob:
    raw = content if isinstance(content, bytes) else content.encode(encoding)
    client.post(reverse("admin:contact-imports"), {"file": SimpleUploadedFile("people.csv", raw)})
    return ImportJob.objects.order_by("-id")[0]


def started(client: Client, job: ImportJob, **choices: Any) -> ImportJob:
    mapping = {name: str(n) for name, n in job.mapping.items()}
    encoding = "utf-8" if job.encoding == "utf-8-sig" else job.encoding
    options = {"region": "CH", "known": "update", "encoding": encoding, "start": ""}
    client.post(page_of(job), {**mapping, **options, **choices})
    job.refresh_from_db()
    return job


def page_of(job: ImportJob) -> str:
    return reverse("admin:contact-import", args=[job.pk])


def imported(client: Client, drain: Any, content: str | bytes = FILE, **choices: Any) -> dict[str, int]:
    job = started(client, upload(client, content), **choices)
    drain()
    job.refresh_from_db()
    assert (job.state, job.file, job.position) == ("done", None, job.total)
    return {result: getattr(job, name) for result, name in imports.COUNTS.items() if getattr(job, name)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_columns_and_encoding_are_guessed_and_shown_before_anything_is_written(
    ada: Client, encoding: str
) -> None:
    job = upload(ada, encoding=encoding)
    page = ada.post(page_of(job), {"region": "CH", "known": "update", "encoding": "utf-8", "look": ""})
    page = ada.get(page_of(job)).content.decode()

    assert job.encoding == encoding
    assert job.mapping == {
        "first_name": 0, "last_name": 1, "mobile_phone": 2, "email": 3, "company": 4, "note": 5
    }  # fmt: skip
    assert "Zoë" in page
    assert job.total == 5
    assert not Contact.objects.exists()
    assert not Account.objects.exists()


def test_a_refused_line_is_shown_without_its_empty_cells(ada: Client, drain: Any) -> None:
    imported(ada, drain)
    job = ImportJob.objects.get()
    ImportRow.objects.filter(job=job, result="refused").update(cells=["Bad", " ", "12", "", ""])
    assert "<td>Bad · 12</td>" in ada.get(page_of(job)).content.decode()


def test_every_region_is_offered_by_its_name() -> None:
    assert [label for code, label in columns.regions() if label.startswith(f"{code} (")] == []
    assert ("XK", "Kosovo (+383)") in columns.regions()


def test_each_line_is_accepted_or_refused_with_its_reason(ada: Client, drain: Any) -> None:
    assert imported(ada, drain) == {"created": 2, "refused": 3}

    zoe = Contact.objects.get(last_name="Müller")
    assert (zoe.mobile_phone, zoe.account.name) == ("+41791234567", "Keller Interiors")  # type: ignore[union-attr]
    assert [note.text for note in zoe.notes.all()] == ["Calls on Mondays"]
    rows = {row.line: row for row in ImportRow.objects.all()}
    assert rows[2].number == "+41 79 123 45 67 (Switzerland guessed)"
    assert rows[3].number == "+1 425-555-0132"
    assert "no telephone number" in rows[5].reason
    assert "valid email" in rows[6].reason
    assert "recognised" in rows[7].reason
    page = ada.get(page_of(ImportJob.objects.get())).content.decode()
    assert "(Switzerland guessed)" in page
    assert rows[5].reason.split(".")[1].strip() in page


def test_an_import_is_known_by_who_started_it(ada: Client, drain: Any) -> None:
    imported(ada, drain)

    job = ImportJob.objects.get()
    assert job.created_by == ada.get("/api/v1/imports/").json()["results"][0]["created_by"] == "ada"
    assert "Started by Ada," in ada.get(page_of(job)).content.decode()
    assert "<td>Ada</td>" in ada.get(reverse("admin:contact-imports")).content.decode()
    made = get_logentry_model().objects.filter(content_type__model="contact")
    assert set(made.values_list("actor__username", flat=True)) == {"ada"}


def test_the_same_file_again_changes_nothing(ada: Client, drain: Any) -> None:
    imported(ada, drain)
    before = list(Contact.objects.order_by("pk").values())

    assert imported(ada, drain) == {"unchanged": 2, "refused": 3}
    assert list(Contact.objects.order_by("pk").values()) == before


def test_known_people_are_updated_or_left_as_they_are(ada: Client, drain: Any) -> None:
    imported(ada, drain)
    changed = FILE.replace("zoe@example.com", "zm@example.com")

    assert imported(ada, drain, changed, known="skip") == {"skipped": 2, "refused": 3}
    assert imported(ada, drain, changed) == {"updated": 1, "unchanged": 1, "refused": 3}
    assert Contact.objects.get(last_name="Müller").email == "zm@example.com"


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("X1,Maria,Rossi,,", "updated"),  # by external ID alone
        (",maria,ROSSI,(425) 555-0100,", "updated"),  # by mobile phone and name, however written
        (",Mario,Rossi,(425) 555-0100,", "created"),  # another name: another person
        (",Maria,R.,,MARIA@example.com", "updated"),  # by e-mail
        ("X2,Maria,Rossi,(425) 555-0100,", "created"),  # has another external ID already
    ],
)
def test_the_natural_key_is_id_then_mobile_and_name_then_email(
    ada: Client, drain: Any, line: str, result: str
) -> None:
    Contact.objects.create(
        first_name="maria", last_name="rossi", mobile_phone=CUSTOMER, email="maria@example.com",
        external_id="X1",
    )  # fmt: skip
    heads = "External ID,First name,Last name,Mobile phone,E-mail\n"

    assert imported(ada, drain, heads + line, region="US") == {result: 1}


def test_the_file_of_refused_lines_can_be_mended_and_uploaded_again(ada: Client, drain: Any) -> None:
    imported(ada, drain)
    url = reverse("admin:contact-import-bad", args=[ImportJob.objects.get().pk])

    text = b"".join(ada.get(url).streaming_content).decode()  # type: ignore[attr-defined]

    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert lines[0][-1] == "Why it was refused"
    assert [line[1] for line in lines[1:]] == ["Sandberg", "Sandberg", "Known"]
    mended = text.replace("4.25555E+10", "+14255550133").replace("olof@example", "olof@example.com")
    assert imported(ada, drain, mended.replace("olof@example.com.com", "olof@example.com")) == {
        "created": 2,
        "refused": 1,
    }


def test_no_cell_that_we_write_is_a_formula(ada: Client, drain: Any) -> None:
    bad = 'Last name,E-mail\n"=HYPERLINK(""http://x"")",\n@SUM(1),a@example.com\n'
    imported(ada, drain, bad)
    Contact.objects.create(last_name="+cmd|' /C calc'!A0", mobile_phone=CUSTOMER)
    job = ImportJob.objects.get()

    for url in (reverse("admin:contact-import-bad", args=[job.pk]), reverse("admin:contact-export")):
        text = b"".join(ada.get(url).streaming_content).decode().removeprefix("\ufeff")  # type: ignore[attr-defined]
        cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
        assert not [cell for cell in cells if cell[:1] in "=-@\t\r" and cell[:1] and cell != ""], cells
        assert not [cell for cell in cells if cell.startswith("+") and not cell[1:].isdigit()]


def test_what_was_exported_can_be_imported_and_changes_nothing(ada: Client, drain: Any) -> None:
    Contact.objects.create(last_name="=1+1", mobile_phone=CUSTOMER)
    Contact.objects.create(first_name="Zoë", last_name="Müller", email="z@example.com")

    file = b"".join(ada.get(reverse("admin:contact-export")).streaming_content)  # type: ignore[attr-defined]

    assert imported(ada, drain, file) == {"unchanged": 2}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"Name,Phone\n", "no lines"),
        (b"\x89PNG\x00\x00", "no CSV file"),
        (b'Name\n"a' + b"x" * 200_000, "cannot be read"),
    ],
)
def test_what_is_no_file_of_contacts_is_told(ada: Client, content: bytes, said: str) -> None:
    page = ada.post(reverse("admin:contact-imports"), {"file": SimpleUploadedFile("x.csv", content)})

    assert said in page.content.decode()
    assert not ImportJob.objects.exists()


def test_a_running_import_is_cancelled_and_what_was_imported_stays(
    ada: Client, drain: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1)
    job = started(ada, upload(ada))
    imports.import_chunk(now=timezone.now())

    ada.post(reverse("admin:contact-import-cancel", args=[job.pk]))
    drain()

    job.refresh_from_db()
    assert (job.state, job.position, job.file) == ("canceled", 1, None)
    assert Contact.objects.count() == 1


def test_a_worker_that_was_taken_for_dead_changes_nothing(ada: Client, monkeypatch: Any) -> None:
    job = started(ada, upload(ada))
    claim, now = imports._claim, timezone.now()

    slow = claim(now)
    assert claim(now) is None  # nobody else while the lease runs
    fast = claim(now + imports.LEASE)
    assert fast is not None
    imports._take(fast, now)

    assert slow is not None
    with pytest.raises(imports.LostClaim):
        imports._take(slow, now)
    assert Contact.objects.count() == 2
    assert job.rows.count() == 5


def test_an_import_that_breaks_each_time_is_failed(ada: Client, monkeypatch: Any, drain: Any) -> None:
    job = started(ada, upload(ada))
    monkeypatch.setattr("contacts.people.take_in", lambda *_, **__: 1 / 0)
    now = timezone.now()

    for n in range(10):
        imports.import_chunk(now=now + n * timedelta(hours=1))

    job.refresh_from_db()
    assert (job.state, job.position) == ("failed", 0)


def test_what_a_file_said_is_deleted_after_some_days(ada: Client, drain: Any, settings: Any) -> None:
    imported(ada, drain)
    upload(ada)  # never started
    now = timezone.now()

    assert imports.forget_old(now=now + timedelta(days=settings.IMPORT_KEPT_DAYS, hours=1)) == 1

    job = ImportJob.objects.get()
    assert (job.rows.count(), job.created_count, job.file) == (0, 2, None)


def test_an_export_follows_the_search_needs_the_right_and_is_logged(as_user: Any, world: World) -> None:
    Contact.objects.create(last_name="Rossi", mobile_phone=CUSTOMER)
    Contact.objects.create(last_name="Other")
    url = reverse("admin:contact-export")

    whole = b"".join(as_user("ada").get(url, {"q": "ros"}).streaming_content).decode()
    hidden = b"".join(as_user("sam").get(url, {"q": "ros"}).streaming_content).decode()

    assert CUSTOMER in whole
    assert "Other\r" not in whole.replace("Other numbers", "")
    assert CUSTOMER not in hidden
    assert "Rossi" in hidden
    assert as_user("alice").get(url).status_code in {302, 403}
    entries = get_logentry_model()
    noted = entries.objects.filter(action=entries.Action.EXPORT).order_by("id")
    assert [(e.actor.username, e.additional_data["count"]) for e in noted] == [("ada", 1), ("sam", 1)]


def test_an_export_takes_no_more_memory_for_more_contacts(
    ada: Client, django_assert_max_num_queries: Any
) -> None:
    Contact.objects.bulk_create(Contact(last_name=f"C{n}") for n in range(2500))

    with django_assert_max_num_queries(15):
        sizes = [len(part) for part in ada.get(reverse("admin:contact-export")).streaming_content]  # type: ignore[attr-defined]

    assert len(sizes) == 6
