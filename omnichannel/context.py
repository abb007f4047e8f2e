"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from omnichannel import __version__


def site(request: HttpRequest) -> dict[str, Any]:
    """The product's version, and whether this is a demo."""
    return {"omnichannel_version": __version__, "is_demo": settings.DEMO}
