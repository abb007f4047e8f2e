"""What a file is, by its content, and what becomes of it. Pure.

`filetype` tells the binary formats: it looks at signatures alone and never guesses by a name. (puremagic was
tried beside it: it calls every zip a Word document and knows neither AMR nor M4A.) Office documents, contact
cards and plain text have no signature of their own, so their small checks are here.
"""

import io
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

import filetype

LOOKED_AT = 8192


class Kind(StrEnum):
    """How people look at it."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    CARD = "card"


@dataclass(frozen=True)
class FileType:
    """A content type that is taken: how it is shown, its usual extensions (the first is ours), its word."""

    kind: Kind
    extensions: tuple[str, ...]
    word: str


IMAGE, AUDIO, VIDEO, DOCUMENT, CARD = Kind
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
TAKEN: dict[str, FileType] = {
    "image/jpeg": FileType(IMAGE, ("jpg", "jpeg", "jpe", "jfif"), "JPEG picture"),
    "image/png": FileType(IMAGE, ("png",), "PNG picture"),
    "image/gif": FileType(IMAGE, ("gif",), "GIF picture"),
    "image/webp": FileType(IMAGE, ("webp",), "WebP picture"),
    "image/bmp": FileType(IMAGE, ("bmp",), "BMP picture"),
    "image/tiff": FileType(IMAGE, ("tif", "tiff"), "TIFF picture"),
    "image/heic": FileType(IMAGE, ("heic", "heif"), "HEIC picture"),
    "audio/ogg": FileType(AUDIO, ("ogg", "oga", "opus"), "Ogg audio"),
    "audio/amr": FileType(AUDIO, ("amr",), "AMR audio"),
    "audio/3gpp": FileType(AUDIO, ("3gp", "3gpp"), "3GPP audio"),
    "audio/aac": FileType(AUDIO, ("aac",), "AAC audio"),
    "audio/mpeg": FileType(AUDIO, ("mp3",), "MP3 audio"),
    "audio/mp4": FileType(AUDIO, ("m4a", "mp4"), "MP4 audio"),
    "audio/webm": FileType(AUDIO, ("weba", "webm"), "WebM audio"),
    "audio/wav": FileType(AUDIO, ("wav",), "WAV audio"),
    "video/mp4": FileType(VIDEO, ("mp4", "m4v"), "MP4 video"),
    "video/3gpp": FileType(VIDEO, ("3gp", "3gpp"), "3GPP video"),
    "video/webm": FileType(VIDEO, ("webm",), "WebM video"),
    "video/quicktime": FileType(VIDEO, ("mov",), "QuickTime video"),
    "application/pdf": FileType(DOCUMENT, ("pdf",), "PDF document"),
    "application/msword": FileType(DOCUMENT, ("doc", "dot"), "Word document"),
    "application/vnd.ms-excel": FileType(DOCUMENT, ("xls",), "Excel workbook"),
    "application/vnd.ms-powerpoint": FileType(DOCUMENT, ("ppt",), "PowerPoint presentation"),
    DOCX: FileType(DOCUMENT, ("docx",), "Word document"),
    XLSX: FileType(DOCUMENT, ("xlsx",), "Excel workbook"),
    PPTX: FileType(DOCUMENT, ("pptx",), "PowerPoint presentation"),
    "application/rtf": FileType(DOCUMENT, ("rtf",), "RTF document"),
    "application/zip": FileType(DOCUMENT, ("zip",), "ZIP archive"),
    "text/plain": FileType(DOCUMENT, ("txt", "log", "md"), "Text"),
    "text/csv": FileType(DOCUMENT, ("csv",), "Table (CSV)"),
    "text/calendar": FileType(DOCUMENT, ("ics",), "Calendar entry"),
    "text/vcard": FileType(CARD, ("vcf", "vcard"), "Contact card"),
}
# What is never kept, whatever it is called, in words for people.
NEVER = {
    "text/html": "a web page (HTML)",
    "image/svg+xml": "an SVG drawing, which can hold scripts",
    "text/xml": "XML, which can hold scripts",
    "text/x-script": "a script",
    "application/x-msdownload": "a program",
    "application/x-executable": "a program",
    "application/wasm": "a program",
}
SAME = {"audio/x-wav": "audio/wav", "audio/m4a": "audio/mp4", "text/x-vcard": "text/vcard"}
# One container, two readings: the sender's word decides which.
EITHER = {
    "video/mp4": frozenset({"audio/mp4"}),
    "video/3gpp": frozenset({"audio/3gpp"}),
    "video/webm": frozenset({"audio/webm"}),
    "text/plain": frozenset({"text/csv"}),
}
OFFICE = {"word/": DOCX, "xl/": XLSX, "ppt/": PPTX}
OLD_OFFICE = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069<>:\"/\\|?*]+")
LONGEST_NAME = 120


@dataclass(frozen=True)
class Looked:
    """What a file is; `problem` says why it is not kept, empty when it is."""

    content_type: str
    problem: str = ""


def type_of(data: bytes, *, declared: str = "") -> str:
    """The content type by content; empty when nobody knows. `declared` decides only between two readings."""
    said = bare_type(declared)
    found = _by_signature(data) or _text_type(data)
    return said if said in EITHER.get(found, ()) else found


def bare_type(content_type: str) -> str:
    """Without parameters, in lower case, under its usual name."""
    bare = content_type.partition(";")[0].strip().lower()
    return SAME.get(bare, bare)


def look(data: bytes, *, declared: str = "", name: str = "", blocked: Collection[str] = ()) -> Looked:
    """What it is, and why it is not kept if it is not: empty, forbidden, blocked, or of no type we know."""
    if not data:
        return Looked("", "It is empty.")
    found = type_of(data, declared=declared)
    said = bare_type(declared)
    if found in NEVER:
        other = f"It says that it is {said}, but" if said in TAKEN else "It cannot be kept:"
        return Looked(found, f"{other} its content is {NEVER[found]}.")
    if found not in TAKEN:
        return Looked("", "Nobody can tell what it is by its content.")
    extensions = {extension_of(name)} if extension_of(name) else set(TAKEN[found].extensions[:1])
    if hit := sorted(extensions & set(blocked)):
        return Looked(found, f"Files with the extension .{hit[0]} are blocked here.")
    return Looked(found)


def kind_of(content_type: str) -> Kind:
    """How it is shown, by what is known of its type; a document when nothing is."""
    bare = bare_type(content_type)
    if bare in TAKEN:
        return TAKEN[bare].kind
    family = bare.partition("/")[0]
    return Kind(family) if family in {"image", "audio", "video"} else Kind.DOCUMENT


def word_for(content_type: str) -> str:
    """Its type for people."""
    found = TAKEN.get(bare_type(content_type))
    return found.word if found else "File"


def extension_of(name: str) -> str:
    """The last extension of a file's name, in lower case, without its dot."""
    return PurePosixPath(name.strip().rstrip(". ")).suffix.removeprefix(".").lower()


def clean_name(name: str) -> str:
    """A file's name without folders and without what misleads; empty when nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    tidy = " ".join(NOT_IN_NAMES.sub(" ", last).encode("utf-8", "replace").decode().split()).strip(". ")
    stem, dot, extension = tidy.rpartition(".")
    if not dot:
        return tidy[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(extension[:12]) - 1]}.{extension[:12]}"


def download_name(name: str, content_type: str, *, number: int) -> str:
    """What a saved copy is called: its extension always fits its content."""
    known = TAKEN.get(content_type)
    usual = known.extensions if known else ("bin",)
    base = name or f"file-{number}.{usual[0]}"
    return base if extension_of(base) in usual else f"{base}.{usual[0]}"


# --- by content -----------------------------------------------------------------------------------


def _by_signature(data: bytes) -> str:
    if data.startswith(OLE):
        return _old_office(data)
    if data[4:8] == b"ftyp" and data[8:10] == b"3g":
        return "video/3gpp"
    guessed = filetype.guess_mime(data[:LOOKED_AT])
    found = bare_type(str(guessed)) if guessed else ""
    return _zipped(data) if found == "application/zip" or found in OFFICE.values() else found


def _zipped(data: bytes) -> str:
    """Which office document an archive is: by its members, of which only the list is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ""
    if any(name.endswith("vbaProject.bin") for name in names):
        return "text/x-script"
    if "[Content_Types].xml" in names:
        for folder, content_type in OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return content_type
    # Programs for Java and Android are archives as well.
    if "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names:
        return "application/x-executable"
    return "application/zip"


def _old_office(data: bytes) -> str:
    """Which document a compound file is: by the names in its directory, which are UTF-16."""
    for name, content_type in OLD_OFFICE.items():
        if name.encode("utf-16-le") + b"\0\0" in data:
            return content_type
    return ""


def _text_type(data: bytes) -> str:
    """Text has no control characters; what begins like markup or a script is that."""
    if CONTROL.search(data.replace(b"\x0c", b"")):
        return ""
    start = data[:LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<") or b"<script" in start or b"<html" in start:
        if b"<svg" in start:
            return "image/svg+xml"
        return "text/xml" if start.startswith(b"<?xml") and b"<html" not in start else "text/html"
    if start.startswith(b"#!"):
        return "text/x-script"
    if start.startswith(b"begin:vcard"):
        return "text/vcard"
    return "text/calendar" if start.startswith(b"begin:vcalendar") else "text/plain"
