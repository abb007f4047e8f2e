"""What the API answers when something is not allowed, not there, or was lost to somebody else."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from channels_app.accounts import Conflict
from channels_app.attachments import NotTaken
from channels_app.outbox import Refused
from channels_app.providers.base import Trouble
from channels_app.tokens import NotKept
from contacts.imports import NotPossible
from contacts.merging import CannotMerge
from conversations.access import NotFound
from conversations.transitions import NotAllowed
from routing.services import Protected, Stale

# Where a refusal to send is told; elsewhere it is about the text.
FIELDS_OF_REFUSALS = {
    "files": "files",
    "template": "template",
    "template_variables": "variables",
    "not_before": "not_before",
    "window_closed_by_then": "not_before",
}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """JSON under /api/, a page elsewhere."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "Not found."}, status=status.HTTP_404_NOT_FOUND)
    return page_not_found(request, exception)


def _provider_says_no(error: Trouble | NotKept) -> Response:
    """409 when a provider did not do what it was asked; 400 at the token that was not kept."""
    code = error.check.outcome.value
    if isinstance(error, Trouble):
        return Response({"code": code, "detail": str(error)}, status=status.HTTP_409_CONFLICT)
    said = f"{error} Try again later, or send keep_unvalidated." if error.may_insist else str(error)
    return Response({error.field: [said], "code": code}, status=status.HTTP_400_BAD_REQUEST)


def _not_sent(error: Refused | NotTaken) -> Response:
    """400 at the text, or with a sentence for each file that cannot go out."""
    if isinstance(error, NotTaken):
        body = {"files": [problem.sentence for problem in error.problems], "code": "files"}
    else:
        field = FIELDS_OF_REFUSALS.get(error.verdict.reason, "text")
        body = {field: [str(error)], "code": error.verdict.reason}
    return Response(body, status=status.HTTP_400_BAD_REQUEST)


def api_exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Our anticipated errors as 404, 409 and 400; all else as the framework does."""
    match error:
        case NotFound():
            return Response({"detail": "Not found."}, status=status.HTTP_404_NOT_FOUND)
        case NotAllowed() | NotPossible() | CannotMerge():
            return Response({"code": error.code, "detail": str(error)}, status=status.HTTP_409_CONFLICT)
        case Refused() | NotTaken():
            return _not_sent(error)
        case Conflict():
            return Response({error.field: [str(error)]}, status=status.HTTP_400_BAD_REQUEST)
        case Trouble() | NotKept():
            return _provider_says_no(error)
        case Protected() | Stale():
            code = "protected" if isinstance(error, Protected) else "stale"
            return Response({"code": code, "detail": str(error)}, status=status.HTTP_409_CONFLICT)
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            said = "The request is too large, or has too many fields or files."
            return Response({"detail": said}, status=status.HTTP_400_BAD_REQUEST)
        case ProtectedError():
            said = "Other records still need this one, so it cannot be deleted."
            return Response({"code": "protected", "detail": said}, status=status.HTTP_409_CONFLICT)
    return exception_handler(error, context)
