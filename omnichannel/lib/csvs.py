"""CSV files: read as people's spreadsheets write them, written such that no spreadsheet runs anything."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

# OWASP, "CSV Injection": what makes a cell a formula. A plain E.164 number is left as it is: it computes to
# itself and calls nothing.
FORMULA = re.compile(r"[=+\-@\t\r\n]")
HARMLESS = re.compile(r"\+[0-9]{3,15}", re.ASCII)
ENCODINGS = ("utf-8-sig", "utf-8", "utf-16", "latin-1")
DELIMITERS = ",;\t|"
BOM = "\ufeff"
AT_ONCE = 500


class Unreadable(ValueError):
    """The file is no CSV; the message says what to do."""


def guarded(cell: object) -> str:
    """The cell as text; what a spreadsheet would take for a formula begins with an apostrophe."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if FORMULA.match(text) and not HARMLESS.fullmatch(text) else text


def unguarded(cell: str) -> str:
    """The cell without outer blanks, and without the apostrophe that `guarded` puts before formulas."""
    bare = cell.strip()
    return bare[1:] if bare.startswith("'") and FORMULA.match(bare[1:]) else bare


def stream(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The file bit by bit, in UTF-8 with a mark that spreadsheets know it by; constant memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    writer.writerow([guarded(head) for head in heads])
    for n, row in enumerate(rows, 1):
        writer.writerow([guarded(cell) for cell in row])
        if n % AT_ONCE == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def download(heads: Sequence[str], rows: Iterable[Sequence[object]], *, name: str) -> StreamingHttpResponse:
    """A response that sends the rows as they are read; `name` is the file's."""
    answer = StreamingHttpResponse(stream(heads, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def guess_encoding(raw: bytes) -> str:
    """One of ENCODINGS: by its mark, else UTF-8 when it is, else Latin-1."""
    if raw.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def decode(raw: bytes, encoding: str) -> str:
    """The file's text; raises Unreadable when it is not in this encoding."""
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise Unreadable(f"The file is not in {encoding}. Choose another encoding.") from error
    if "\x00" in text:
        raise Unreadable("This is no CSV file. Save the table as “CSV UTF-8” and upload that.")
    return text


def guess_delimiter(text: str) -> str:
    """The sign that stands most often in the first line outside quotes."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(DELIMITERS, key=first.count)


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line (from 1, where the record begins) and cells; blank lines are left out. Raises Unreadable."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [unguarded(cell) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"Line {line} cannot be read: {error}.") from error
