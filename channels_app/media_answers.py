"""How a customer's file is answered: never part of a page, never run, kept by the asker's browser alone."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, Any

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header

from channels_app import media_types
from channels_app.media_files import storage
from channels_app.models_media import Media

# What browsers show without running anything; all else is saved. No PDF: a sandboxed one does not open.
INLINE = frozenset(
    {
        *("image/jpeg", "image/png", "image/gif", "image/webp"),
        *("audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/webm"),
        *("video/mp4", "video/webm"),
    }
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
# Kept by the browser for an hour, and only for the log-in that asked.
PRIVATE = {"Cache-Control": "private, max-age=3600", "Vary": "Cookie"}
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
PIECE = 64 * 1024


def for_people(request: HttpRequest, media: Media) -> HttpResponseBase:
    """The file of a row that is ready; `?download` saves it whatever it is. One Range is understood."""
    is_inline = media.content_type in INLINE and "download" not in request.GET
    return _answer(request, media.file, media, is_inline=is_inline, content_type=media.content_type)


def thumbnail(request: HttpRequest, media: Media) -> HttpResponseBase:
    """The small copy of a picture."""
    return _answer(request, media.thumbnail, media, is_inline=True, content_type="image/webp")


def for_provider(request: HttpRequest, media: Media) -> HttpResponseBase:
    """The whole file, exactly its type and length, for whoever has the signed address. HEAD works as well."""
    opened, size = storage().open(media.file), media.size or 0
    response = StreamingHttpResponse(_pieces(request, opened, 0, size), content_type=media.content_type)
    name = media_types.download_name(media.name, media.content_type, number=media.pk)
    return _with(
        response,
        HEADERS
        | {
            "Content-Length": str(media.size),
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "Cache-Control": "private, no-store",
        },
    )


def _answer(
    request: HttpRequest, name: str, media: Media, *, is_inline: bool, content_type: str
) -> HttpResponseBase:
    tag = f'"{media.sha256[:32]}"'
    shared = HEADERS | PRIVATE | {"ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return _with(HttpResponseNotModified(), shared)
    opened = storage().open(name)
    size = int(opened.size)
    saved_as = media_types.download_name(media.name, media.content_type, number=media.pk)
    disposition = content_disposition_header(not is_inline, saved_as)
    shared |= {"Accept-Ranges": "bytes", "Content-Disposition": disposition or "inline"}
    asked = _range(request.headers.get("Range", ""), size)
    if asked is None:
        opened.close()
        return _with(
            HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
            shared | {"Content-Range": f"bytes */{size}"},
        )
    first, last = asked
    pieces = _pieces(request, opened, first, last + 1 - first)
    response = StreamingHttpResponse(pieces, content_type=content_type)
    if (first, last) != (0, size - 1):
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        shared["Content-Range"] = f"bytes {first}-{last}/{size}"
    return _with(response, shared | {"Content-Length": str(last + 1 - first)})


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte; the whole file when nothing (or nothing readable) is asked, None: not there."""
    found = RANGE.fullmatch(asked.strip())
    if not found or found.groups() == ("", ""):
        return 0, size - 1
    first, last = found.groups()
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else None
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if int(first) <= end else None


def _pieces(request: HttpRequest, opened: IO[Any] | Any, first: int, length: int) -> Iterator[bytes]:
    with opened:
        if request.method == "HEAD":
            return
        opened.seek(first)
        while length > 0 and (piece := opened.read(min(PIECE, length))):
            length -= len(piece)
            yield piece


def _with(response: HttpResponseBase, headers: dict[str, str]) -> HttpResponseBase:
    for name, value in headers.items():
        response[name] = value
    return response
