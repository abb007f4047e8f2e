"""Where providers post. Verify, keep, answer: everything else happens later."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.csrf import csrf_exempt

from channels_app import doors, receipts, refusals
from channels_app.providers.base import WireRequest

LARGEST_BODY = 1_000_000
# Never kept: they are, or would help to make, credentials.
SECRET_HEADERS = frozenset({"authorization", "cookie", "x-ts-authorization", "proxy-authorization"})


@csrf_exempt
def webhook(request: HttpRequest, token: str, delivery_id: str = "") -> HttpResponse:
    """A text or a report for the account behind `token`; what it is, its body says.

    404 unknown token, 405 other method, 413 over a megabyte, 403 wrong signature: nothing of the body is
    kept. Otherwise the request is in the database before the provider gets its answer.
    """
    if request.method not in {"POST", "GET"}:
        return HttpResponse(status=405, headers={"Allow": "GET, POST"})
    door = doors.door(token)
    if door is None:
        return HttpResponseNotFound()
    body = _body(request)
    if body is None:
        return HttpResponse(status=413)
    wire = wire_request(request, body)
    reason = door.provider.verify(wire, door.credentials)
    if reason:
        # A refusal is never decided by what this process remembers: the token may just have been changed.
        fresh = doors.door(token, fresh=True)
        if fresh is None:
            return HttpResponseNotFound()
        reason = door.provider.verify(wire, fresh.credentials)
        if reason:
            refusals.refuse(fresh, wire, reason=reason)
            return HttpResponse(status=403)
    receipts.store(
        account_id=door.account_id,
        raw=receipts.Raw(
            method=wire.method,
            path=_full_path(request),
            content_type=wire.content_type,
            headers={k: v for k, v in wire.headers.items() if k not in SECRET_HEADERS},
            body=body,
            sequence_key=door.provider.sequence_key(wire),
        ),
    )
    ack = door.provider.ack()
    return HttpResponse(ack.body, status=ack.status, content_type=ack.content_type)


def wire_request(request: HttpRequest, body: bytes) -> WireRequest:
    """The request without Django. Signed is the public URL; the URL as it arrived is tried as well."""
    full_path = _full_path(request)
    return WireRequest(
        method=request.method or "",
        urls=(settings.PUBLIC_BASE_URL + full_path, f"{request.scheme}://{_host(request)}{full_path}"),
        query=_query(request),
        content_type=request.headers.get("Content-Type", "").lower().replace("\x00", ""),
        headers={name.lower(): value.replace("\x00", "") for name, value in request.headers.items()},
        body=body,
    )


def _body(request: HttpRequest) -> bytes | None:
    """The raw body, None when it is too large (told by its header, before it is read)."""
    told = str(request.META.get("CONTENT_LENGTH") or "")
    if told.isascii() and told.isdigit() and (len(told) > len(str(LARGEST_BODY)) or int(told) > LARGEST_BODY):
        return None
    if not told and "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        # Django reads nothing without a length; the server has taken the chunks apart and ends the stream.
        body = request.META["wsgi.input"].read(LARGEST_BODY + 1)
    else:
        body = request.read(LARGEST_BODY + 1)
    return None if len(body) > LARGEST_BODY else body


def _host(request: HttpRequest) -> str:
    return str(request.META.get("HTTP_HOST", ""))


def _query(request: HttpRequest) -> str:
    # As it was sent: Django would re-encode it, and the signature covers the bytes on the wire.
    return str(request.META.get("QUERY_STRING", "")).replace("\x00", "")


def _full_path(request: HttpRequest) -> str:
    query = _query(request)
    return request.path + (f"?{query}" if query else "")
