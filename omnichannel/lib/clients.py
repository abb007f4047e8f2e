"""Where a request came from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The client's IP address; None when there is none (a socket, a command).

    X-Forwarded-For is believed only behind a proxy of ours (TRUST_PROXY), and of it only what that proxy
    added itself: the last entry. All before it can be made up by the client.
    """
    told = request.META.get("REMOTE_ADDR", "")
    if settings.TRUST_PROXY:
        told = request.META.get("HTTP_X_FORWARDED_FOR", told).rpartition(",")[2].strip() or told
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return None
