"""CSV files for people's spreadsheets: streamed, and without cells that a spreadsheet would run."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

# What makes a cell a formula (OWASP, CSV injection, read 2026-11). A quote before it makes it text.
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
BYTE_ORDER_MARK = "\ufeff"  # Excel reads UTF-8 only with it


class _Echo:
    """A file that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def safe(cell: Any) -> Any:
    """The cell, as text that no spreadsheet takes for a formula. Numbers stay numbers."""
    if cell is None or isinstance(cell, int | float):
        return cell
    text = str(cell)
    return f"'{text}" if text.startswith(RUNS) else text


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The file, line by line."""
    writer: Any = csv.writer(_Echo())
    yield BYTE_ORDER_MARK
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])


def download(rows: Iterable[Iterable[Any]], *, name: str) -> StreamingHttpResponse:
    """A response that sends the rows as they are read; `name` is the file's."""
    response = StreamingHttpResponse(lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
