"""The file of a text on its way out, for the provider that fetches it. No log-in: the address is signed."""

import logging

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from channels_app import media_answers, media_links

logger = logging.getLogger(__name__)


@csrf_exempt
@require_safe
def out(request: HttpRequest, signed: str) -> HttpResponseBase:
    """The file, or 404 for all that is forged, too old or gone."""
    media = media_links.find(signed)
    if media is None:
        raise Http404
    try:
        return media_answers.for_provider(request, media)
    except FileNotFoundError as error:
        logger.warning("The storage has no file for %s.", media)
        raise Http404 from error
