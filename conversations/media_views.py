"""Customers' and agents' files, for people who may see the conversation. No rules here."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from rest_framework.exceptions import AuthenticationFailed

from agents.tokens import user_of
from channels_app import media_answers
from channels_app.models_media import Media
from conversations import access

logger = logging.getLogger(__name__)


@require_safe
def file(request: HttpRequest, media_id: int) -> HttpResponseBase:
    """The file; saved instead of shown with `?download`, and always when it is not surely harmless."""
    return _answered(request, media_id, media_answers.for_people, needs="file")


@require_safe
def thumbnail(request: HttpRequest, media_id: int) -> HttpResponseBase:
    """The small copy of a picture."""
    return _answered(request, media_id, media_answers.thumbnail, needs="thumbnail")


def _answered(
    request: HttpRequest,
    media_id: int,
    answer: Callable[[HttpRequest, Media], HttpResponseBase],
    *,
    needs: str,
) -> HttpResponseBase:
    """404 alike for what is not there, not ready, or not theirs to see.

    Programs show the API token that told them of the file; one that is not taken is answered 401.
    """
    try:
        user = user_of(request)
    except AuthenticationFailed:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Token"})
    if user is None:
        return redirect_to_login(request.get_full_path())
    try:
        media = access.find_file(user, media_id)
    except access.NotFound as error:
        raise Http404 from error
    if media.state != Media.State.READY or not getattr(media, needs):
        raise Http404
    try:
        return answer(request, media)
    except FileNotFoundError as error:
        logger.warning("The storage has no file for %s.", media)
        raise Http404 from error
