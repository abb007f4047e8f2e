"""Forms with files (multipart/form-data), as browsers send them."""

import re
from dataclasses import dataclass
from email.message import Message


@dataclass(frozen=True)
class Upload:
    """A file of a form."""

    field: str
    name: str
    content_type: str
    content: bytes


def parse(content_type: str, body: bytes) -> tuple[list[tuple[str, str]], list[Upload]]:
    """The fields and the files; a file field left empty is neither. What cannot be read is left out."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if not boundary:
        return [], []
    fields, uploads = [], []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = _headers(head)
        names = dict(re.findall(r'(name|filename)="([^"]*)"', headers.get("content-disposition", "")))
        if "name" not in names:
            continue
        if "filename" not in names:
            fields.append((names["name"], content.decode("utf-8", "replace")))
        elif names["filename"]:
            told = headers.get("content-type", "application/octet-stream")
            uploads.append(Upload(names["name"], names["filename"], told, content))
    return fields, uploads


def _headers(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in lines}
